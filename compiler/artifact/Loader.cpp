#include "compiler/artifact/Loader.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "ir/Plan/Plan.h"
#include "llvm/ExecutionEngine/JITLink/JITLinkMemoryManager.h"
#include "llvm/ExecutionEngine/Orc/Core.h"
#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/ExecutorProcessControl.h"
#include "llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cstdlib>

namespace orc = llvm::orc;

namespace aotc {
namespace {

constexpr char kExternals[] = "memcpy memset memmove "
                              "acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc "
                              "exp exp2 expm1 fabs fdim floor "
                              "fma fmax fmin fmod frexp hypot ilogb ldexp lgamma llrint llround log log10 "
                              "log1p log2 logb lrint lround modf "
                              "nan nearbyint nextafter nexttoward pow remainder remquo rint round scalbln "
                              "scalbn sin sinh sqrt tan tanh "
                              "tgamma trunc";

absl::Status toStatus(llvm::Error error) {
  return absl::InternalError(absl::StrCat("the object does not load: ", llvm::toString(std::move(error))));
}

DType dtypeOf(int32_t code) {
  switch (code) {
  case AOTC_F64:
    return DType::F64;
  case AOTC_F16:
    return DType::F16;
  case AOTC_BF16:
    return DType::BF16;
  case AOTC_BOOL:
    return DType::I1;
  case AOTC_I8:
    return DType::I8;
  case AOTC_I16:
    return DType::I16;
  case AOTC_I32:
    return DType::I32;
  case AOTC_I64:
    return DType::I64;
  case AOTC_U8:
    return DType::U8;
  case AOTC_U16:
    return DType::U16;
  case AOTC_U32:
    return DType::U32;
  case AOTC_U64:
    return DType::U64;
  default:
    return DType::F32;
  }
}

Shape shapeOf(const aotc_tensor_info &t) { return Shape(t.shape, t.shape + t.rank); }

} // namespace

bool isAllowedExternal(const std::string &symbol) {
  static const auto *names = [] {
    auto *set = new absl::flat_hash_set<std::string>;
    for (absl::string_view name : absl::StrSplit(kExternals, ' ')) {
      set->insert(std::string(name));
      if (name != "memcpy" && name != "memset" && name != "memmove")
        set->insert(absl::StrCat(name, "f"));
    }
    return set;
  }();
  return names->contains(symbol);
}

std::string statusName(aotc_status status) {
  static const char *const names[] = {"AOTC_OK",
                                      "AOTC_INVALID_ARGUMENT",
                                      "AOTC_INDEX_OUT_OF_RANGE",
                                      "AOTC_DIVISION_BY_ZERO",
                                      "AOTC_UNSUPPORTED_CPU",
                                      "AOTC_DIMENSION_OUT_OF_RANGE",
                                      "AOTC_LOOP_LIMIT"};
  if (status >= 0 && status < static_cast<aotc_status>(std::size(names)))
    return names[status];
  return absl::StrCat("status ", status);
}

struct LoadedModel::Linked {
  explicit Linked(std::unique_ptr<orc::ExecutorProcessControl> control)
      : session(std::move(control)), layer(session), dylib(session.createBareJITDylib("model")) {
    // A failed lookup is reported through the returned error alone.
    session.setErrorReporter([](llvm::Error error) { llvm::consumeError(std::move(error)); });
  }
  ~Linked() { llvm::consumeError(session.endSession()); }

  orc::ExecutionSession session;
  orc::ObjectLinkingLayer layer;
  orc::JITDylib &dylib;
};

LoadedModel::LoadedModel(std::unique_ptr<Linked> linked) : linked(std::move(linked)) {}
LoadedModel::~LoadedModel() = default;

absl::StatusOr<std::unique_ptr<LoadedModel>> LoadedModel::load(const std::string &object, const std::string &name,
                                                               const std::vector<std::string> &libraries) {
  auto control = orc::SelfExecutorProcessControl::Create();
  if (!control)
    return toStatus(control.takeError());
  auto linked = std::make_unique<Linked>(std::move(*control));
  auto process = orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
      '\0', [](const orc::SymbolStringPtr &symbol) { return isAllowedExternal((*symbol).str()); });
  if (!process)
    return toStatus(process.takeError());
  linked->dylib.addGenerator(std::move(*process));
  for (const std::string &path : libraries) {
    auto library = orc::DynamicLibrarySearchGenerator::Load(path.c_str(), '\0');
    if (!library)
      return toStatus(library.takeError());
    linked->dylib.addGenerator(std::move(*library));
  }
  if (llvm::Error error =
          linked->layer.add(linked->dylib, llvm::MemoryBuffer::getMemBufferCopy(object, name)))
    return toStatus(std::move(error));
  auto symbol = linked->session.lookup({&linked->dylib}, linked->session.intern(name + "_info"));
  if (!symbol)
    return toStatus(symbol.takeError());

  std::unique_ptr<LoadedModel> model(new LoadedModel(std::move(linked)));
  model->modelInfo = symbol->getAddress().toPtr<const aotc_model_info *>();
  if (model->modelInfo->struct_bytes < sizeof(aotc_model_info) ||
      model->modelInfo->abi_version != AOTC_ABI_VERSION)
    return absl::InternalError("the object was made for another version of the ABI");
  return model;
}

static std::unique_ptr<void, void (*)(void *)> allocate(size_t bytes, size_t align) {
  align = std::max(align, alignof(std::max_align_t));
  return {bytes ? std::aligned_alloc(align, (bytes + align - 1) / align * align) : nullptr, std::free};
}

LoadedModel::State LoadedModel::newState() const {
  State state = allocate(modelInfo->state_bytes, plan::kStateAlignment);
  if (state)
    modelInfo->state_init(state.get());
  return state;
}

// Of a tensor, counting inputs and then outputs, for these sizes of the symbolic dimensions.
static Shape shapeFor(const aotc_model_info &info, uint32_t tensor, absl::Span<const int64_t> dims) {
  Shape shape = shapeOf(tensor < info.num_inputs ? info.inputs[tensor] : info.outputs[tensor - info.num_inputs]);
  for (uint32_t k = 0; k < info.num_dim_axes; ++k)
    if (const aotc_dim_axis &axis = info.dim_axes[k]; axis.tensor == tensor)
      shape[axis.axis] = axis.factor * dims[axis.dim];
  return shape;
}

absl::StatusOr<std::vector<int64_t>> LoadedModel::dimsOf(absl::Span<const Tensor> inputs) const {
  const aotc_model_info &model = *modelInfo;
  std::vector<int64_t> dims;
  for (uint32_t d = 0; d < model.num_dims; ++d) {
    dims.push_back(model.dims[d].max);
    for (uint32_t k = model.num_dim_axes; k-- > 0;) // the first input that has it decides
      if (const aotc_dim_axis &axis = model.dim_axes[k];
          axis.dim == d && axis.tensor < inputs.size() && axis.axis < inputs[axis.tensor].shape().size())
        dims.back() = inputs[axis.tensor].shape()[axis.axis] / axis.factor;
    if (dims.back() < model.dims[d].min || dims.back() > model.dims[d].max)
      return absl::InvalidArgumentError(absl::StrCat("'", model.dims[d].name, "' is ", dims.back(), ", which is not from ",
                                                     model.dims[d].min, " to ", model.dims[d].max));
  }
  for (uint32_t i = 0; i < inputs.size(); ++i) {
    const aotc_tensor_info &expected = model.inputs[i];
    const Shape shape = shapeFor(model, i, dims);
    if (inputs[i].dtype() != dtypeOf(expected.dtype) || inputs[i].shape() != shape)
      return absl::InvalidArgumentError(absl::StrCat("input '", expected.name, "' is ", typeString(dtypeOf(expected.dtype), shape),
                                                     ", not ", typeString(inputs[i])));
  }
  return dims;
}

PreparedCall::PreparedCall(const LoadedModel &model, absl::Span<const Tensor> arguments,
                           const LoadedModel::CallOptions &options)
    : inputs(arguments.begin(), arguments.end()), arena(allocate(model.info().arena_bytes, model.info().arena_align)),
      state(options.state ? LoadedModel::State(nullptr, std::free) : model.newState()), errorInfo(new aotc_error{}), modelInfo(model.info()),
      call{}, entry(model.info().call) {
  const aotc_model_info &info = model.info();
  for (const Tensor &t : inputs)
    inputPointers.push_back(t.data());
  if (absl::StatusOr<std::vector<int64_t>> given = model.dimsOf(inputs); given.ok())
    dims = *std::move(given);
  else
    dims.assign(info.num_dims, 0); // which the call refuses
  for (uint32_t i = 0; i < info.num_outputs; ++i)
    outputs.emplace_back(dtypeOf(info.outputs[i].dtype), shapeFor(info, info.num_inputs + i, dims));
  call.dims = dims.data();
  for (Tensor &t : outputs)
    outputPointers.push_back(t.mutableData());
  call.struct_bytes = sizeof(aotc_call);
  call.inputs = inputPointers.data();
  call.outputs = outputPointers.data();
  outDims.resize(info.num_out_dims);
  call.out_dims = outDims.data();
  call.state = options.state ? options.state : state.get();
  call.arena = arena.get();
  call.parallel = options.parallel;
  call.seed = options.seed;
  call.error = errorInfo.get();
}

std::vector<Tensor> PreparedCall::takeOutputs() {
  std::vector<Shape> shapes;
  for (const Tensor &output : outputs)
    shapes.push_back(output.shape());
  for (size_t k = 0; k < outDims.size(); ++k) {
    int64_t &extent = shapes[modelInfo.out_dims[k].output][modelInfo.out_dims[k].axis];
    extent = std::clamp<int64_t>(outDims[k], 0, extent);
  }
  for (size_t i = 0; i < outputs.size(); ++i)
    if (shapes[i] != outputs[i].shape())
      outputs[i] = outputs[i].leading(shapes[i]);
  return std::move(outputs);
}

absl::StatusOr<std::vector<Tensor>> LoadedModel::run(absl::Span<const Tensor> inputs,
                                                     const CallOptions &options) const {
  if (inputs.size() != modelInfo->num_inputs)
    return absl::InvalidArgumentError(
        absl::StrCat("the model has ", modelInfo->num_inputs, " inputs, ", inputs.size(), " were given"));
  if (absl::StatusOr<std::vector<int64_t>> dims = dimsOf(inputs); !dims.ok())
    return dims.status();
  PreparedCall call(*this, inputs, options);
  if (aotc_status status = call())
    return absl::AbortedError(absl::StrCat("the model returned ", statusName(status), " (region ",
                                           call.error().region, ", value ", call.error().detail, ")"));
  return call.takeOutputs();
}

} // namespace aotc
