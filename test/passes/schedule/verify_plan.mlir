// RUN: aotc-opt --split-input-file --aotc-verify-plan --verify-diagnostics %s

func.func @in_place(%x: tensor<4xf32>) -> tensor<4xf32> attributes {plan.arena_bytes = 64 : i64} {
  %0 = plan.region 0 loop(%x) {places = [#plan.at<arena, 0, 0, 16>]} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    %2 = nn.unary relu %a : tensor<4xf32> -> tensor<4xf32>
    nn.yield %2 : tensor<4xf32>
  }
  %1 = plan.region 1 loop(%0) {places = [#plan.at<arena, 0, 0, 16>]} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    %2 = nn.unary exp %a : tensor<4xf32> -> tensor<4xf32>
    nn.yield %2 : tensor<4xf32>
  }
  %2 = plan.region 2 loop(%1) {places = [#plan.at<output, 0, 0, 16>]} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    nn.yield %a : tensor<4xf32>
  }
  return %2 : tensor<4xf32>
}

// -----

func.func @overwritten(%x: tensor<4xf32>) -> tensor<4xf32> attributes {plan.arena_bytes = 64 : i64} {
  %0 = plan.region 0 loop(%x) {places = [#plan.at<arena, 0, 0, 16>]} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    nn.yield %a : tensor<4xf32>
  }
  %1 = plan.region 1 loop(%x) {places = [#plan.at<arena, 0, 8, 16>]} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    nn.yield %a : tensor<4xf32>
  }
  // expected-error @+1 {{reads operand 0 after it was overwritten}}
  %2 = plan.region 2 loop(%0, %1) {places = [#plan.at<output, 0, 0, 16>]} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>, %b: tensor<4xf32>):
    %3 = nn.binary add %a, %b : tensor<4xf32>
    nn.yield %3 : tensor<4xf32>
  }
  return %2 : tensor<4xf32>
}

// -----

func.func @reversed_in_place(%x: tensor<4xf32>) -> tensor<4xf32> attributes {plan.arena_bytes = 64 : i64} {
  %0 = plan.region 0 loop(%x) {places = [#plan.at<output, 0, 0, 16>]} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    nn.yield %a : tensor<4xf32>
  }
  // expected-error @+1 {{writes over operand 0 while it is read}}
  %1 = plan.region 1 loop(%0) {places = [#plan.at<output, 0, 0, 16>]} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    %2 = nn.reverse %a [0] : tensor<4xf32>
    nn.yield %2 : tensor<4xf32>
  }
  return %1 : tensor<4xf32>
}

// -----

func.func @outside(%x: tensor<4xf32>) -> tensor<4xf32> attributes {plan.arena_bytes = 8 : i64} {
  // expected-error @+1 {{has a place outside its space}}
  %0 = plan.region 0 loop(%x) {places = [#plan.at<arena, 0, 0, 16>]} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    nn.yield %a : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}

// -----

func.func @wrong_output(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) attributes {plan.arena_bytes = 0 : i64} {
  %0 = plan.region 0 loop(%x) {places = [#plan.at<output, 0, 0, 16>]} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    nn.yield %a : tensor<4xf32>
  }
  // expected-error @+1 {{returns operand 1 from another place than its output}}
  return %0, %0 : tensor<4xf32>, tensor<4xf32>
}

// -----

func.func @scratch_overlaps(%x: tensor<4xf32>) -> tensor<4xf32> attributes {plan.arena_bytes = 64 : i64} {
  %0 = plan.region 0 loop(%x) {places = [#plan.at<arena, 0, 0, 16>]} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    nn.yield %a : tensor<4xf32>
  }
  // expected-error @+1 {{writes over operand 0 while it is read}}
  %1 = plan.region 1 loop(%0) {places = [#plan.at<output, 0, 0, 16>], scratch = #plan.at<arena, 0, 0, 16>} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    nn.yield %a : tensor<4xf32>
  }
  return %1 : tensor<4xf32>
}
