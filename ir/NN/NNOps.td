// All families; what TableGen reads.
#ifndef AOTC_IR_NN_NNOPS_TD
#define AOTC_IR_NN_NNOPS_TD
include "ir/NN/NNMath.td"
include "ir/NN/NNShape.td"
include "ir/NN/NNConv.td"
include "ir/NN/NNReduce.td"
include "ir/NN/NNQuant.td"
include "ir/NN/NNControl.td"
include "ir/NN/NNFusion.td"
#endif
