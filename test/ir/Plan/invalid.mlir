// RUN: aotc-opt --split-input-file --verify-diagnostics %s

func.func @one_place_a_result(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{needs one place a result}}
  %0 = plan.region 0 loop(%x) {places = []} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    nn.yield %a : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}

// -----

func.func @place_too_small(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{has a place smaller than its result}}
  %0 = plan.region 0 loop(%x) {places = [#plan.at<output, 0, 0, 8>]} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    nn.yield %a : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}

// -----

func.func @arguments_differ(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{has a body whose arguments differ from the operands}}
  %0 = plan.region 0 loop(%x) {places = [#plan.at<output, 0, 0, 16>]} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>, %b: tensor<4xf32>):
    nn.yield %a : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}

// -----

func.func @yield_differs(%x: tensor<4xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{has a body whose yielded values differ from the results}}
  %0 = plan.region 0 loop(%x) {places = [#plan.at<output, 0, 0, 16>]} : (tensor<4xf32>) -> tensor<2xf32> {
  ^bb0(%a: tensor<4xf32>):
    nn.yield %a : tensor<4xf32>
  }
  return %0 : tensor<2xf32>
}

// -----

func.func @view_outside(%x: tensor<4xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{reaches outside its operand}}
  %0 = plan.view %x {byteOffset = 12 : i64} : tensor<4xf32> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @join_gap(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = plan.view %x {byteOffset = 0 : i64} : tensor<4xf32> -> tensor<2xf32>
  %1 = plan.view %x {byteOffset = 4 : i64} : tensor<4xf32> -> tensor<2xf32>
  // expected-error @+1 {{has operands that do not lie side by side}}
  %2 = plan.join %0, %1 <input, 0, 0, 16> : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>
  return %2 : tensor<4xf32>
}
