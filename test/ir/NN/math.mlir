// RUN: aotc-opt %s | aotc-opt | FileCheck %s
// RUN: aotc-opt %s --mlir-print-op-generic | aotc-opt | FileCheck %s


// CHECK-LABEL: @constants
func.func @constants() -> (tensor<2xf32>, tensor<2xui8>, tensor<2xi1>) {
  // CHECK: nn.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
  %0 = nn.constant dense<[1.0, 2.0]> : tensor<2xf32>
  // CHECK: nn.constant dense<255> : tensor<2xui8>
  %1 = nn.constant dense<255> : tensor<2xui8>
  // CHECK: nn.constant dense<[true, false]> : tensor<2xi1>
  %2 = nn.constant dense<[true, false]> : tensor<2xi1>
  return %0, %1, %2 : tensor<2xf32>, tensor<2xui8>, tensor<2xi1>
}

// CHECK-LABEL: @unary
func.func @unary(%x: tensor<4xf32>, %i: tensor<4xi32>) {
  // CHECK: nn.unary neg %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %0 = nn.unary neg %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary abs %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %1 = nn.unary abs %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary sign %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %2 = nn.unary sign %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary floor %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %3 = nn.unary floor %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary ceil %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %4 = nn.unary ceil %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary round_even %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %5 = nn.unary round_even %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary trunc %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %6 = nn.unary trunc %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary sqrt %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %7 = nn.unary sqrt %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary rsqrt %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %8 = nn.unary rsqrt %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary reciprocal %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %9 = nn.unary reciprocal %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary exp %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %10 = nn.unary exp %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary expm1 %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %11 = nn.unary expm1 %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary log %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %12 = nn.unary log %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary log1p %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %13 = nn.unary log1p %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary sin %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %14 = nn.unary sin %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary cos %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %15 = nn.unary cos %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary tan %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %16 = nn.unary tan %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary asin %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %17 = nn.unary asin %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary acos %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %18 = nn.unary acos %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary atan %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %19 = nn.unary atan %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary sinh %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %20 = nn.unary sinh %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary cosh %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %21 = nn.unary cosh %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary tanh %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %22 = nn.unary tanh %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary asinh %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %23 = nn.unary asinh %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary acosh %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %24 = nn.unary acosh %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary atanh %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %25 = nn.unary atanh %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary erf %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %26 = nn.unary erf %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary erfc %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %27 = nn.unary erfc %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary lgamma %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %28 = nn.unary lgamma %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary sigmoid %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %29 = nn.unary sigmoid %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary softplus %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %30 = nn.unary softplus %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary relu %{{.*}} : tensor<4xf32> -> tensor<4xf32>
  %31 = nn.unary relu %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK: nn.unary not %{{.*}} : tensor<4xi32> -> tensor<4xi32>
  %32 = nn.unary not %i : tensor<4xi32> -> tensor<4xi32>
  // CHECK: nn.unary is_nan %{{.*}} : tensor<4xf32> -> tensor<4xi1>
  %33 = nn.unary is_nan %x : tensor<4xf32> -> tensor<4xi1>
  // CHECK: nn.unary is_inf %{{.*}} : tensor<4xf32> -> tensor<4xi1>
  %34 = nn.unary is_inf %x : tensor<4xf32> -> tensor<4xi1>
  // CHECK: nn.unary is_finite %{{.*}} : tensor<4xf32> -> tensor<4xi1>
  %35 = nn.unary is_finite %x : tensor<4xf32> -> tensor<4xi1>
  // CHECK: nn.unary pop_count %{{.*}} : tensor<4xi32> -> tensor<4xui8>
  %36 = nn.unary pop_count %i : tensor<4xi32> -> tensor<4xui8>
  return
}

// CHECK-LABEL: @binary
func.func @binary(%x: tensor<4xf32>, %i: tensor<4xi32>) {
  // CHECK: nn.binary add %{{.*}}, %{{.*}} : tensor<4xf32>
  %0 = nn.binary add %x, %x : tensor<4xf32>
  // CHECK: nn.binary sub %{{.*}}, %{{.*}} : tensor<4xf32>
  %1 = nn.binary sub %x, %x : tensor<4xf32>
  // CHECK: nn.binary mul %{{.*}}, %{{.*}} : tensor<4xf32>
  %2 = nn.binary mul %x, %x : tensor<4xf32>
  // CHECK: nn.binary div %{{.*}}, %{{.*}} : tensor<4xf32>
  %3 = nn.binary div %x, %x : tensor<4xf32>
  // CHECK: nn.binary floor_div %{{.*}}, %{{.*}} : tensor<4xf32>
  %4 = nn.binary floor_div %x, %x : tensor<4xf32>
  // CHECK: nn.binary floor_mod %{{.*}}, %{{.*}} : tensor<4xf32>
  %5 = nn.binary floor_mod %x, %x : tensor<4xf32>
  // CHECK: nn.binary trunc_mod %{{.*}}, %{{.*}} : tensor<4xf32>
  %6 = nn.binary trunc_mod %x, %x : tensor<4xf32>
  // CHECK: nn.binary pow %{{.*}}, %{{.*}} : tensor<4xf32>
  %7 = nn.binary pow %x, %x : tensor<4xf32>
  // CHECK: nn.binary max %{{.*}}, %{{.*}} : tensor<4xf32>
  %8 = nn.binary max %x, %x : tensor<4xf32>
  // CHECK: nn.binary min %{{.*}}, %{{.*}} : tensor<4xf32>
  %9 = nn.binary min %x, %x : tensor<4xf32>
  // CHECK: nn.binary atan2 %{{.*}}, %{{.*}} : tensor<4xf32>
  %10 = nn.binary atan2 %x, %x : tensor<4xf32>
  // CHECK: nn.binary and %{{.*}}, %{{.*}} : tensor<4xi32>
  %11 = nn.binary and %i, %i : tensor<4xi32>
  // CHECK: nn.binary or %{{.*}}, %{{.*}} : tensor<4xi32>
  %12 = nn.binary or %i, %i : tensor<4xi32>
  // CHECK: nn.binary xor %{{.*}}, %{{.*}} : tensor<4xi32>
  %13 = nn.binary xor %i, %i : tensor<4xi32>
  // CHECK: nn.binary shift_left %{{.*}}, %{{.*}} : tensor<4xi32>
  %14 = nn.binary shift_left %i, %i : tensor<4xi32>
  // CHECK: nn.binary shift_right %{{.*}}, %{{.*}} : tensor<4xi32>
  %15 = nn.binary shift_right %i, %i : tensor<4xi32>
  return
}

// CHECK-LABEL: @compare
func.func @compare(%x: tensor<4xf32>) {
  // CHECK: nn.compare eq %{{.*}}, %{{.*}} : tensor<4xf32> -> tensor<4xi1>
  %0 = nn.compare eq %x, %x : tensor<4xf32> -> tensor<4xi1>
  // CHECK: nn.compare ne %{{.*}}, %{{.*}} : tensor<4xf32> -> tensor<4xi1>
  %1 = nn.compare ne %x, %x : tensor<4xf32> -> tensor<4xi1>
  // CHECK: nn.compare lt %{{.*}}, %{{.*}} : tensor<4xf32> -> tensor<4xi1>
  %2 = nn.compare lt %x, %x : tensor<4xf32> -> tensor<4xi1>
  // CHECK: nn.compare le %{{.*}}, %{{.*}} : tensor<4xf32> -> tensor<4xi1>
  %3 = nn.compare le %x, %x : tensor<4xf32> -> tensor<4xi1>
  // CHECK: nn.compare gt %{{.*}}, %{{.*}} : tensor<4xf32> -> tensor<4xi1>
  %4 = nn.compare gt %x, %x : tensor<4xf32> -> tensor<4xi1>
  // CHECK: nn.compare ge %{{.*}}, %{{.*}} : tensor<4xf32> -> tensor<4xi1>
  %5 = nn.compare ge %x, %x : tensor<4xf32> -> tensor<4xi1>
  return
}

// CHECK-LABEL: @others
func.func @others(%c: tensor<4xi1>, %x: tensor<4xf32>) {
  // CHECK: nn.select %{{.*}}, %{{.*}}, %{{.*}} : tensor<4xi1>, tensor<4xf32>
  %0 = nn.select %c, %x, %x : tensor<4xi1>, tensor<4xf32>
  // CHECK: nn.clamp %{{.*}} {high = 6.000000e+00 : f64, low = 0.000000e+00 : f64} : tensor<4xf32>
  %1 = nn.clamp %x {low = 0.0 : f64, high = 6.0 : f64} : tensor<4xf32>
  // CHECK: nn.cast %{{.*}} : tensor<4xf32> -> tensor<4xi64>
  %2 = nn.cast %x : tensor<4xf32> -> tensor<4xi64>
  // CHECK: nn.bitcast %{{.*}} : tensor<4xf32> -> tensor<4xui32>
  %3 = nn.bitcast %x : tensor<4xf32> -> tensor<4xui32>
  // CHECK: nn.random uniform {seed = 1 : i64, stream = 0 : i64} : tensor<4xf32>
  %4 = nn.random uniform {seed = 1 : i64, stream = 0 : i64} : tensor<4xf32>
  // CHECK: nn.random uniform_int {high = 6 : i64, low = -1 : i64, seed = 1 : i64, stream = 2 : i64} : tensor<4xi32>
  %5 = nn.random uniform_int {seed = 1 : i64, stream = 2 : i64, low = -1 : i64, high = 6 : i64} : tensor<4xi32>
  return
}
