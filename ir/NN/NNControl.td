// Family Control: what runs functions of the module.
#ifndef AOTC_IR_NN_NNCONTROL_TD
#define AOTC_IR_NN_NNCONTROL_TD
include "ir/NN/NNBase.td"
include "mlir/IR/SymbolInterfaces.td"

def NN_WhileOp : NN_Op<"while", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "A loop in which data decides how often it runs";
  let description = [{
    The last of `inputs`, as many as there are results, are the state that goes
    from round to round; those before are the same in every round. While the
    condition holds, which is `goesOn` at first, the function `step` computes it
    anew, and the next state:

    ```mlir
    %count = nn.while @step(%goesOn, %limit, %zero) {maxRounds = 100 : i64} : (tensor<i1>, tensor<i64>, tensor<i64>) -> tensor<i64>
    func.func private @step(%limit: tensor<i64>, %count: tensor<i64>) -> (tensor<i1>, tensor<i64>) attributes {nn.states = 1 : i64}
    ```

    More than `maxRounds` rounds are an error of the call.
    (C1) `goesOn` is a bool scalar. (C2) types of the state and of the results
    agree. (C3) `step` is a function of the module that takes `inputs` and
    yields a bool scalar and the state, which is its state (ir/NN/State.h).
  }];
  let arguments = (ins FlatSymbolRefAttr:$step, NN_Tensor:$goesOn, Variadic<NN_Tensor>:$inputs, I64Attr:$maxRounds);
  let results = (outs Variadic<NN_Tensor>:$results);
  let assemblyFormat = "$step `(` operands `)` attr-dict `:` functional-type(operands, results)";
  let extraClassDeclaration = [{
    mlir::OperandRange getInitial() { return getInputs().take_back(getNumResults()); }
  }];
  let hasVerifier = 1;
}

def NN_CustomOp : NN_Op<"custom"> {
  let summary = "A C function of the user's";
  let description = [{
    The function (aotc/custom_op.h) depends on nothing but its operands and
    `parameters`: arrays of i64 or f64, and strings. `names` has those of the
    operands and results as declared.
    ```mlir
    %y = nn.custom "my_scale"(%x) {axis = array<i64: 1>} ["x", "y"] : (tensor<4xf32>) -> tensor<4xf32>
    ```
    (C1) `callee` is a C identifier. (C2) `names` has one entry an operand and a
    result; there is a result.
  }];
  let arguments = (ins StrAttr:$callee, Variadic<NN_Tensor>:$inputs, DictionaryAttr:$parameters, StrArrayAttr:$names);
  let results = (outs Variadic<NN_Tensor>:$results);
  let assemblyFormat = "$callee `(` $inputs `)` $parameters $names attr-dict `:` functional-type($inputs, $results)";
  let hasVerifier = 1;
}
#endif
