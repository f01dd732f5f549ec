// RUN: aotc-opt %s --aotc-verify-fusion --verify-diagnostics --split-input-file

func.func @yields_another(%x: tensor<1x8x8x4xf32>, %w: tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32> {
  // expected-error @+1 {{must yield the result of its last group}}
  %r = nn.fusion strips(%x, %w) : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32> {
  ^bb0(%i: tensor<1x8x8x4xf32>, %f: tensor<1x1x4x4xf32>):
    %p = nn.fusion contraction(%i, %f) : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32> {
    ^bb0(%a: tensor<1x8x8x4xf32>, %b: tensor<1x1x4x4xf32>):
      %m = nn.conv %a, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>} : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32>
      nn.yield %m : tensor<1x8x8x4xf32>
    }
    nn.yield %i : tensor<1x8x8x4xf32>
  }
  return %r : tensor<1x8x8x4xf32>
}

// -----

func.func @skips(%x: tensor<1x8x8x4xf32>, %w: tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32> {
  %r = nn.fusion strips(%x, %w) : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32> {
  ^bb0(%i: tensor<1x8x8x4xf32>, %f: tensor<1x1x4x4xf32>):
    %p = nn.fusion contraction(%i, %f) : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32> {
    ^bb0(%a: tensor<1x8x8x4xf32>, %b: tensor<1x1x4x4xf32>):
      %m = nn.conv %a, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>} : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32>
      nn.yield %m : tensor<1x8x8x4xf32>
    }
    // expected-error @+1 {{must read the result of the group before}}
    %q = nn.fusion contraction(%i, %f) : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32> {
    ^bb0(%a: tensor<1x8x8x4xf32>, %b: tensor<1x1x4x4xf32>):
      %m = nn.conv %a, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>} : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32>
      nn.yield %m : tensor<1x8x8x4xf32>
    }
    nn.yield %q : tensor<1x8x8x4xf32>
  }
  return %r : tensor<1x8x8x4xf32>
}

// -----

func.func @reads_twice(%x: tensor<1x8x8x4xf32>, %w: tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32> {
  %r = nn.fusion strips(%x, %w) : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32> {
  ^bb0(%i: tensor<1x8x8x4xf32>, %f: tensor<1x1x4x4xf32>):
    %p = nn.fusion contraction(%i, %f) : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32> {
    ^bb0(%a: tensor<1x8x8x4xf32>, %b: tensor<1x1x4x4xf32>):
      %m = nn.conv %a, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>} : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32>
      nn.yield %m : tensor<1x8x8x4xf32>
    }
    // expected-error @+1 {{may read results of others only as its image}}
    %q = nn.fusion contraction(%p, %f, %p) : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>, tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32> {
    ^bb0(%a: tensor<1x8x8x4xf32>, %b: tensor<1x1x4x4xf32>, %c: tensor<1x8x8x4xf32>):
      %m = nn.conv %a, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>} : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32>
      %s = nn.binary add %m, %c : tensor<1x8x8x4xf32>
      nn.yield %s : tensor<1x8x8x4xf32>
    }
    nn.yield %q : tensor<1x8x8x4xf32>
  }
  return %r : tensor<1x8x8x4xf32>
}

// -----

func.func @other_kinds(%x: tensor<1x8x8x4xf32>, %w: tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32> {
  %r = nn.fusion strips(%x, %w) : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32> {
  ^bb0(%i: tensor<1x8x8x4xf32>, %f: tensor<1x1x4x4xf32>):
    // expected-error @+1 {{may not be in a group of kind strips}}
    %p = nn.unary relu %i : tensor<1x8x8x4xf32> -> tensor<1x8x8x4xf32>
    %q = nn.fusion contraction(%p, %f) : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32> {
    ^bb0(%a: tensor<1x8x8x4xf32>, %b: tensor<1x1x4x4xf32>):
      %m = nn.conv %a, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>} : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32>
      nn.yield %m : tensor<1x8x8x4xf32>
    }
    nn.yield %q : tensor<1x8x8x4xf32>
  }
  return %r : tensor<1x8x8x4xf32>
}
