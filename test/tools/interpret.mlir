// aotc-opt --interpret: arguments by name and by position, results as text and as .npy.
// RUN: rm -rf %t && mkdir %t
// RUN: %python %S/Inputs/npy.py %t/x.npy "<f4" 2,2 1,2,3,4
// RUN: %python %S/Inputs/npy.py %t/y.npy "<f4" 2,2 10,20,30,40
// RUN: aotc-opt --interpret %s --input y=%t/y.npy --input %t/x.npy --output-dir %t/out | FileCheck %s
// RUN: test -f %t/out/a_difference.npy
// RUN: not aotc-opt --interpret %s --input x=%t/x.npy 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: not aotc-opt --interpret %s --input z=%t/x.npy 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: %python %S/Inputs/npy.py %t/w.npy "<i4" 3 1,2,3
// RUN: not aotc-opt --interpret %s --input %t/w.npy --input %t/y.npy 2>&1 | FileCheck %s --check-prefix=TYPE

// CHECK: a/difference: f32[2,2] -9 -18 -27 -36
// CHECK-NEXT: result1: i32[2] 0 1
// MISSING: aotc-opt: error: argument y needs --input y=FILE.npy
// UNKNOWN: aotc-opt: error: --input z={{.*}}: the function has no such argument (it takes 2)
// TYPE: aotc-opt: error: argument x is f32[2,2], the file holds i32[3]
func.func @main(%x: tensor<2x2xf32> {nn.name = "x"}, %y: tensor<2x2xf32> {nn.name = "y"}) -> (tensor<2x2xf32> {nn.name = "a/difference"}, tensor<2xi32>) {
  %0 = nn.binary sub %x, %y : tensor<2x2xf32>
  %1 = nn.iota {axis = 0 : i64} : tensor<2xi32>
  return %0, %1 : tensor<2x2xf32>, tensor<2xi32>
}
