// The nn dialect: static tensor operations, the compiler's view of a network.
#ifndef AOTC_IR_NN_NNBASE_TD
#define AOTC_IR_NN_NNBASE_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def NN_Dialect : Dialect {
  let name = "nn";
  let cppNamespace = "::aotc::nn";
  let summary = "Operations on statically shaped tensors";
  let description = [{
    Few, general operations in SSA form. Frontends normalise into them:
    broadcasting is decided at import (`nn.broadcast`), images are channels
    last (`[N, spatial..., C]`), every padding, stride and dilation is an
    explicit attribute. All operations are pure. Element types: `f64 f32 f16
    bf16 i1`, signed integers as signless `i8 i16 i32 i64`, unsigned ones as
    `ui8 ui16 ui32 ui64`. Rules are numbered (C1), (C2)... in each
    description; the verifier names the rule that a violation breaks.
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
}

class NN_Op<string mnemonic, list<Trait> traits = []>
    : Op<NN_Dialect, mnemonic, !listconcat([Pure], traits)>;

// Marks operations that compute each result element from the elements of the
// operands at the same position. Fusion, folding and lowering treat them alike.
def NN_Elementwise : NativeOpTrait<"Elementwise"> { let cppNamespace = "::aotc::nn"; }

def NN_Tensor : StaticShapeTensorOf<[F64, F32, F16, BF16, I1, I8, I16, I32, I64, UI8, UI16, UI32, UI64]>;

class NN_Enum<string name, string mnemonic, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, mnemonic, cases> {
  let genSpecializedAttr = 0;
  let cppNamespace = "::aotc::nn";
}
class NN_EnumAttr<EnumAttrInfo info, string mnemonic> : EnumAttr<NN_Dialect, info, mnemonic>;

#endif
