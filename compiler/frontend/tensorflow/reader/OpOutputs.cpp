#include "compiler/frontend/tensorflow/reader/OpOutputs.h"

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "compiler/frontend/tensorflow/reader/Limits.h"

namespace aotc::tf {
namespace {

// Operations that do not have exactly one output. "name*attr" is a list of
// tensors whose length is the value of an integer attribute, or the length of
// a list of types.
struct Row {
  absl::string_view op, outputs;
};
constexpr Row kRows[] = {
    {"ApproxTopK", "values indices"},
    {"BlockLSTM", "i cs f o ci co h"},
    {"BlockLSTMV2", "i cs f o ci co h"},
    {"BroadcastGradientArgs", "r0 r1"},
    {"CTCBeamSearchDecoder",
     "decoded_indices*top_paths decoded_values*top_paths decoded_shape*top_paths log_probability"},
    {"CTCGreedyDecoder", "decoded_indices decoded_values decoded_shape log_probability"},
    {"CTCLoss", "loss gradient"},
    {"CTCLossV2", "loss gradient"},
    {"Case", "output*Tout"},
    {"CombinedNonMaxSuppression", "nmsed_boxes nmsed_scores nmsed_classes valid_detections"},
    {"ConcatOffset", "offset*N"},
    {"CudnnRNN", "output output_h output_c reserve_space"},
    {"CudnnRNNV2", "output output_h output_c reserve_space host_reserved"},
    {"CudnnRNNV3", "output output_h output_c reserve_space host_reserved"},
    {"DecodeCSV", "output*OUT_TYPE"},
    {"DecodeWav", "audio sample_rate"},
    {"DynamicPartition", "outputs*num_partitions"},
    {"Eig", "e v"},
    {"FakeQuantWithMinMaxVarsGradient", "backprops_wrt_input backprop_wrt_min backprop_wrt_max"},
    {"FractionalAvgPool", "output row_pooling_sequence col_pooling_sequence"},
    {"FractionalMaxPool", "output row_pooling_sequence col_pooling_sequence"},
    {"FusedBatchNorm", "y batch_mean batch_variance reserve_space_1 reserve_space_2"},
    {"FusedBatchNormGrad", "x_backprop scale_backprop offset_backprop reserve_space_3 reserve_space_4"},
    {"FusedBatchNormGradV2", "x_backprop scale_backprop offset_backprop reserve_space_3 reserve_space_4"},
    {"FusedBatchNormGradV3", "x_backprop scale_backprop offset_backprop reserve_space_4 reserve_space_5"},
    {"FusedBatchNormV2", "y batch_mean batch_variance reserve_space_1 reserve_space_2"},
    {"FusedBatchNormV3", "y batch_mean batch_variance reserve_space_1 reserve_space_2 reserve_space_3"},
    {"GRUBlockCell", "r u c h"},
    {"GenerateBoundingBoxProposals", "rois roi_probabilities"},
    {"IdentityN", "output*T"},
    {"If", "output*Tout"},
    {"IteratorGetNext", "components*output_types"},
    {"IteratorGetNextSync", "components*output_types"},
    {"LSTMBlockCell", "i cs f o ci co h"},
    {"ListDiff", "out idx"},
    {"LogMatrixDeterminant", "sign log_abs_determinant"},
    {"LookupTableExportV2", "keys values"},
    {"Lu", "lu p"},
    {"MapUnstage", "values*dtypes"},
    {"MaxPoolWithArgmax", "output argmax"},
    {"Merge", "output value_index"},
    {"NonMaxSuppressionV4", "selected_indices valid_outputs"},
    {"NonMaxSuppressionV5", "selected_indices selected_scores valid_outputs"},
    {"ParseExample",
     "sparse_indices*Nsparse sparse_values*sparse_types sparse_shapes*Nsparse dense_values*Tdense"},
    {"ParseExampleV2",
     "sparse_indices*num_sparse sparse_values*sparse_types sparse_shapes*num_sparse "
     "dense_values*Tdense ragged_values*ragged_value_types ragged_row_splits*ragged_split_types"},
    {"PartitionedCall", "output*Tout"},
    {"PyFunc", "output*Tout"},
    {"PyFuncStateless", "output*Tout"},
    {"Qr", "q r"},
    {"QuantizeDownAndShrinkRange", "output output_min output_max"},
    {"QuantizeV2", "output output_min output_max"},
    {"QuantizedAdd", "z min_z max_z"},
    {"QuantizedAvgPool", "output min_output max_output"},
    {"QuantizedBatchNormWithGlobalNormalization", "result result_min result_max"},
    {"QuantizedBiasAdd", "output min_out max_out"},
    {"QuantizedConcat", "output output_min output_max"},
    {"QuantizedConcatV2", "output output_min output_max"},
    {"QuantizedConv2D", "output min_output max_output"},
    {"QuantizedConv2DPerChannel", "output min_output max_output"},
    {"QuantizedInstanceNorm", "y y_min y_max"},
    {"QuantizedMatMul", "out min_out max_out"},
    {"QuantizedMaxPool", "output min_output max_output"},
    {"QuantizedMul", "z min_z max_z"},
    {"QuantizedRelu", "activations min_activations max_activations"},
    {"QuantizedRelu6", "activations min_activations max_activations"},
    {"QuantizedReluX", "activations min_activations max_activations"},
    {"QuantizedReshape", "output output_min output_max"},
    {"QuantizedResizeBilinear", "resized_images out_min out_max"},
    {"QueueDequeueManyV2", "components*component_types"},
    {"QueueDequeueUpToV2", "components*component_types"},
    {"QueueDequeueV2", "components*component_types"},
    {"RefMerge", "output value_index"},
    {"RefSwitch", "output_false output_true"},
    {"RemoteCall", "output*Tout"},
    {"RequantizationRange", "output_min output_max"},
    {"Requantize", "output output_min output_max"},
    {"RestoreV2", "tensors*dtypes"},
    {"SampleDistortedBoundingBoxV2", "begin size bboxes"},
    {"SelfAdjointEigV2", "e v"},
    {"ShapeN", "output*N"},
    {"SoftmaxCrossEntropyWithLogits", "loss backprop"},
    {"SparseAdd", "sum_indices sum_values sum_shape"},
    {"SparseConcat", "output_indices output_values output_shape"},
    {"SparseCross", "output_indices output_values output_shape"},
    {"SparseFillEmptyRows", "output_indices output_values empty_row_indicator reverse_index_map"},
    {"SparseReorder", "output_indices output_values"},
    {"SparseReshape", "output_indices output_shape"},
    {"SparseSlice", "output_indices output_values output_shape"},
    {"SparseSoftmaxCrossEntropyWithLogits", "loss backprop"},
    {"SparseSplit", "output_indices*num_split output_values*num_split output_shape*num_split"},
    {"Split", "output*num_split"},
    {"SplitV", "output*num_split"},
    {"StatefulPartitionedCall", "output*Tout"},
    {"StatelessCase", "output*Tout"},
    {"StatelessIf", "output*Tout"},
    {"StatelessRandomGetKeyCounter", "key counter"},
    {"StatelessRandomGetKeyCounterAlg", "key counter alg"},
    {"StatelessWhile", "output*T"},
    {"StringSplit", "indices values shape"},
    {"StringSplitV2", "indices values shape"},
    {"Svd", "s u v"},
    {"Switch", "output_false output_true"},
    {"TensorArrayConcatV3", "value lengths"},
    {"TensorArrayGradV3", "grad_handle flow_out"},
    {"TensorArrayV3", "handle flow"},
    {"TensorListConcat", "tensor lengths"},
    {"TensorListConcatV2", "tensor lengths"},
    {"TensorListPopBack", "output_handle tensor"},
    {"TopK", "values indices"},
    {"TopKV2", "values indices"},
    {"UnicodeDecode", "row_splits char_values"},
    {"Unique", "y idx"},
    {"UniqueV2", "y idx"},
    {"UniqueWithCounts", "y idx count"},
    {"UniqueWithCountsV2", "y idx count"},
    {"Unpack", "output*num"},
    {"Unstage", "values*dtypes"},
    {"While", "output*T"},
    {"XlaVariadicReduceV2", "outputs*T"},
    {"XlaVariadicSort", "outputs*T"},
};

absl::string_view outputsOf(absl::string_view op) {
  static const auto &table = *[] {
    auto *map = new absl::flat_hash_map<absl::string_view, absl::string_view>;
    for (const Row &row : kRows)
      map->emplace(row.op, row.outputs);
    return map;
  }();
  auto found = table.find(op);
  return found == table.end() ? absl::string_view() : found->second;
}

// The length that an attribute gives to a list of tensors.
int64_t listLength(const proto::AttrValue *attr) {
  int64_t length = -1;
  if (attr && attr->value_case() == proto::AttrValue::kI)
    length = attr->i();
  else if (attr && attr->value_case() == proto::AttrValue::kList)
    length = attr->list().type_size();
  return length >= 0 && length <= kMaxPorts ? length : -1;
}

} // namespace

const proto::AttrValue *findAttr(const proto::NodeDef &node, const std::string &name,
                                 const Environment *environment) {
  auto found = node.attr().find(name);
  if (found == node.attr().end())
    return nullptr;
  if (found->second.value_case() != proto::AttrValue::kPlaceholder)
    return &found->second;
  if (!environment)
    return nullptr;
  auto value = environment->find(found->second.placeholder());
  return value == environment->end() ? nullptr : value->second;
}

std::vector<OutputArg> outputArgs(const proto::NodeDef &node, const Environment *environment) {
  absl::string_view row = outputsOf(node.op());
  if (row.empty())
    return {{"", node.op() == "NoOp" || node.op() == "Assert" ? 0 : 1}};
  std::vector<OutputArg> args;
  for (absl::string_view item : absl::StrSplit(row, ' ')) {
    std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(item, absl::MaxSplits('*', 1));
    int64_t ports =
        parts.second.empty() ? 1 : listLength(findAttr(node, std::string(parts.second), environment));
    args.push_back({parts.first, ports});
  }
  return args;
}

int64_t portsOf(const proto::OpDef::ArgDef &arg, const Environment &environment) {
  const std::string &attr = arg.number_attr().empty() ? arg.type_list_attr() : arg.number_attr();
  if (attr.empty())
    return 1;
  auto found = environment.find(attr);
  return found == environment.end() ? -1 : listLength(found->second);
}

bool isAssignment(absl::string_view op) {
  static constexpr absl::string_view kPrefixes[] = {"Assign", "ResourceScatter", "ResourceApply",
                                                    "ResourceSparseApply"};
  for (absl::string_view prefix : kPrefixes)
    if (absl::StartsWith(op, prefix))
      return true;
  return false;
}

bool isBookkeeping(absl::string_view op) {
  static constexpr absl::string_view kExact[] = {"NoOp",
                                                 "Assert",
                                                 "MergeV2Checkpoints",
                                                 "ShardedFilename",
                                                 "ShardedFilespec",
                                                 "VariableV2",
                                                 "Variable",
                                                 "VarHandleOp",
                                                 "VarIsInitializedOp",
                                                 "IsVariableInitialized",
                                                 "ReadVariableOp",
                                                 "DestroyResourceOp",
                                                 "PrintV2"};
  static constexpr absl::string_view kPrefixes[] = {"Save",
                                                    "Restore",
                                                    "Assign",
                                                    "Apply",
                                                    "SparseApply",
                                                    "ResourceApply",
                                                    "ResourceSparseApply",
                                                    "QueueEnqueue",
                                                    "QueueClose",
                                                    "InitializeTable",
                                                    "LookupTableImport"};
  for (absl::string_view name : kExact)
    if (op == name)
      return true;
  for (absl::string_view prefix : kPrefixes)
    if (absl::StartsWith(op, prefix))
      return true;
  return absl::StrContains(op, "Summary");
}

} // namespace aotc::tf
