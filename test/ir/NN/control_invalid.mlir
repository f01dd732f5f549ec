// RUN: aotc-opt %s -split-input-file -verify-diagnostics

func.func @while_c1(%go: tensor<1xi1>, %x: tensor<i64>) -> tensor<i64> {
  // expected-error @+1 {{needs a bool scalar as its condition}}
  %0 = nn.while @step(%go, %x) {maxRounds = 9 : i64} : (tensor<1xi1>, tensor<i64>) -> tensor<i64>
  return %0 : tensor<i64>
}

// -----

func.func @while_c2(%go: tensor<i1>, %x: tensor<i64>) -> tensor<i32> {
  // expected-error @+1 {{yields other types than its state has}}
  %0 = nn.while @step(%go, %x) {maxRounds = 9 : i64} : (tensor<i1>, tensor<i64>) -> tensor<i32>
  return %0 : tensor<i32>
}

// -----

func.func private @step(%x: tensor<i64>) -> (tensor<i1>, tensor<i64>) {
  %0 = nn.constant dense<false> : tensor<i1>
  return %0, %x : tensor<i1>, tensor<i64>
}
func.func @while_c3(%go: tensor<i1>, %x: tensor<i64>) -> tensor<i64> {
  // expected-error @+1 {{has no function that takes its inputs and yields a condition and its state}}
  %0 = nn.while @step(%go, %x) {maxRounds = 9 : i64} : (tensor<i1>, tensor<i64>) -> tensor<i64>
  return %0 : tensor<i64>
}

// -----

func.func @custom_c1(%x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{calls what is no C identifier}}
  %0 = nn.custom "2f"(%x) {} ["x", "y"] : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @custom_c2(%x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{needs results, and a name for each operand and result}}
  %0 = nn.custom "f"(%x) {} ["x"] : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
