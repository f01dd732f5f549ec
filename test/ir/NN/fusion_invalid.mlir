// RUN: aotc-opt %s --verify-diagnostics --split-input-file

func.func @fusion_c1(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{has a body whose argument or yielded types differ from the operands or results}}
  %0 = nn.fusion loop(%x) : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<3xf32>):
    nn.yield %a : tensor<3xf32>
  }
  return %0 : tensor<4xf32>
}
