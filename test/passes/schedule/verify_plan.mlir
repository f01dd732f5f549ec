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

// -----

func.func @part_that_was_written(%x: tensor<2x2xf32>) -> tensor<2x2xf32> attributes {plan.arena_bytes = 64 : i64} {
  %0 = plan.region 0 loop(%x) {places = [#plan.at<arena, 0, 0, 32>]} : (tensor<2x2xf32>) -> tensor<2x4xf32> {
  ^bb0(%a: tensor<2x2xf32>):
    %1 = nn.insert %a {start = 0 : i64} : (tensor<2x2xf32>) -> tensor<2x4xf32>
    nn.yield %1 : tensor<2x4xf32>
  }
  %2 = plan.region 1 loop(%0) {places = [#plan.at<output, 0, 0, 16>]} : (tensor<2x4xf32>) -> tensor<2x2xf32> {
  ^bb0(%a: tensor<2x4xf32>):
    %1 = nn.slice %a {starts = array<i64: 0, 0>, strides = array<i64: 1, 1>} : tensor<2x4xf32> -> tensor<2x2xf32>
    nn.yield %1 : tensor<2x2xf32>
  }
  return %2 : tensor<2x2xf32>
}


// -----

func.func @part_that_was_not_written(%x: tensor<2x2xf32>) -> tensor<2x2xf32> attributes {plan.arena_bytes = 64 : i64} {
  %0 = plan.region 0 loop(%x) {places = [#plan.at<arena, 0, 0, 32>]} : (tensor<2x2xf32>) -> tensor<2x4xf32> {
  ^bb0(%a: tensor<2x2xf32>):
    %1 = nn.insert %a {start = 0 : i64} : (tensor<2x2xf32>) -> tensor<2x4xf32>
    nn.yield %1 : tensor<2x4xf32>
  }
  // expected-error @+1 {{reads more of operand 0 than was written}}
  %2 = plan.region 1 loop(%0) {places = [#plan.at<output, 0, 0, 16>]} : (tensor<2x4xf32>) -> tensor<2x2xf32> {
  ^bb0(%a: tensor<2x4xf32>):
    %1 = nn.slice %a {starts = array<i64: 0, 1>, strides = array<i64: 1, 1>} : tensor<2x4xf32> -> tensor<2x2xf32>
    nn.yield %1 : tensor<2x2xf32>
  }
  return %2 : tensor<2x2xf32>
}


// -----

func.func @both_parts(%x: tensor<2x2xf32>) -> tensor<2x4xf32> attributes {plan.arena_bytes = 64 : i64} {
  %0 = plan.region 0 loop(%x) {places = [#plan.at<arena, 0, 0, 32>]} : (tensor<2x2xf32>) -> tensor<2x4xf32> {
  ^bb0(%a: tensor<2x2xf32>):
    %1 = nn.insert %a {start = 0 : i64} : (tensor<2x2xf32>) -> tensor<2x4xf32>
    nn.yield %1 : tensor<2x4xf32>
  }
  %2 = plan.region 1 loop(%x, %0) {places = [#plan.at<arena, 0, 0, 32>]} : (tensor<2x2xf32>, tensor<2x4xf32>) -> tensor<2x4xf32> {
  ^bb0(%a: tensor<2x2xf32>, %b: tensor<2x4xf32>):
    %1 = nn.insert %a into %b {start = 2 : i64} : (tensor<2x2xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
    nn.yield %1 : tensor<2x4xf32>
  }
  %3 = plan.region 2 loop(%2) {places = [#plan.at<output, 0, 0, 32>]} : (tensor<2x4xf32>) -> tensor<2x4xf32> {
  ^bb0(%a: tensor<2x4xf32>):
    nn.yield %a : tensor<2x4xf32>
  }
  return %3 : tensor<2x4xf32>
}


// -----

func.func @before_the_other_part(%x: tensor<2x2xf32>) -> tensor<2x4xf32> attributes {plan.arena_bytes = 64 : i64} {
  %0 = plan.region 0 loop(%x) {places = [#plan.at<arena, 0, 0, 32>]} : (tensor<2x2xf32>) -> tensor<2x4xf32> {
  ^bb0(%a: tensor<2x2xf32>):
    %1 = nn.insert %a {start = 0 : i64} : (tensor<2x2xf32>) -> tensor<2x4xf32>
    nn.yield %1 : tensor<2x4xf32>
  }
  %2 = plan.region 1 loop(%x, %0) {places = [#plan.at<arena, 0, 0, 32>]} : (tensor<2x2xf32>, tensor<2x4xf32>) -> tensor<2x4xf32> {
  ^bb0(%a: tensor<2x2xf32>, %b: tensor<2x4xf32>):
    %1 = nn.insert %a into %b {start = 2 : i64} : (tensor<2x2xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
    nn.yield %1 : tensor<2x4xf32>
  }
  // expected-error @+1 {{reads operand 0 after it was overwritten}}
  %3 = plan.region 2 loop(%0) {places = [#plan.at<output, 0, 0, 32>]} : (tensor<2x4xf32>) -> tensor<2x4xf32> {
  ^bb0(%a: tensor<2x4xf32>):
    nn.yield %a : tensor<2x4xf32>
  }
  return %3 : tensor<2x4xf32>
}


// -----

func.func @elsewhere(%x: tensor<2x2xf32>) -> tensor<2x4xf32> attributes {plan.arena_bytes = 64 : i64} {
  %0 = plan.region 0 loop(%x) {places = [#plan.at<arena, 0, 0, 32>]} : (tensor<2x2xf32>) -> tensor<2x4xf32> {
  ^bb0(%a: tensor<2x2xf32>):
    %1 = nn.insert %a {start = 0 : i64} : (tensor<2x2xf32>) -> tensor<2x4xf32>
    nn.yield %1 : tensor<2x4xf32>
  }
  // expected-error @+1 {{writes a part of another tensor than it reads}}
  %2 = plan.region 1 loop(%x, %0) {places = [#plan.at<arena, 0, 32, 32>]} : (tensor<2x2xf32>, tensor<2x4xf32>) -> tensor<2x4xf32> {
  ^bb0(%a: tensor<2x2xf32>, %b: tensor<2x4xf32>):
    %1 = nn.insert %a into %b {start = 2 : i64} : (tensor<2x2xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
    nn.yield %1 : tensor<2x4xf32>
  }
  %3 = plan.region 2 loop(%2) {places = [#plan.at<output, 0, 0, 32>]} : (tensor<2x4xf32>) -> tensor<2x4xf32> {
  ^bb0(%a: tensor<2x4xf32>):
    nn.yield %a : tensor<2x4xf32>
  }
  return %3 : tensor<2x4xf32>
}
