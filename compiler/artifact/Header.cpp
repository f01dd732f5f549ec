#include "compiler/artifact/Header.h"
#include "absl/strings/ascii.h"
#include "ir/Plan/Plan.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "compiler/artifact/AbiText.h" // kAbiText: the bytes of aotc/abi.h, made by the build

namespace aotc {
namespace {

const char *cType(DType type) {
  switch (type) {
  case DType::F64:
    return "double";
  case DType::F32:
    return "float";
  case DType::I1:
  case DType::U8:
    return "uint8_t";
  case DType::F16:
  case DType::BF16:
  case DType::U16:
    return "uint16_t";
  case DType::I8:
    return "int8_t";
  case DType::I16:
    return "int16_t";
  case DType::I32:
    return "int32_t";
  case DType::I64:
    return "int64_t";
  case DType::U32:
    return "uint32_t";
  case DType::U64:
    return "uint64_t";
  }
  return "void";
}

// 16384 -> "16,384"
std::string grouped(int64_t number) {
  std::string digits = absl::StrCat(number), result;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i && (digits.size() - i) % 3 == 0)
      result += ',';
    result += digits[i];
  }
  return result;
}

// Text from the model or the command line as a comment may hold it: nothing
// that ends a comment, opens one, splices lines or is not ASCII.
std::string commentText(const std::string &text) {
  std::string result;
  for (char c : text)
    result += absl::ascii_isprint(c) && c != '*' && c != '\\' && c != '?' ? c : '_';
  return result;
}

// "const float x[1*49*10*1]"; an array of no elements is not C, so that is a pointer, and so is one whose extent the
// call chooses.
std::string parameter(const TensorInfo &tensor, const std::string &name, bool input, const std::string &extents) {
  std::string text = absl::StrCat(input ? "const " : "", cType(tensor.dtype), " ");
  if (!extents.empty())
    return absl::StrCat(text, "*", name, " /* ", extents, " */");
  if (tensor.shape.empty())
    return absl::StrCat(text, name, "[1]");
  if (*elementCount(tensor.shape) == 0)
    return absl::StrCat(text, "*", name);
  return absl::StrCat(text, name, "[", absl::StrJoin(tensor.shape, "*"), "]");
}

// "[batch,29]" where an extent has the symbol, else "".
std::string symbolicShape(const ModelInfo &model, bool output, size_t number, const std::string &symbol) {
  if (!model.symbol)
    return "";
  const Shape &shape = (output ? model.outputs : model.inputs)[number].shape;
  std::vector<std::string> extents;
  for (int64_t extent : shape)
    extents.push_back(absl::StrCat(extent));
  bool any = false;
  for (const SymbolicDim::Axis &axis : model.symbol->axes)
    if (axis.output == output && axis.tensor == static_cast<int64_t>(number)) {
      extents[axis.axis] = absl::StrCat(axis.factor == 1 ? "" : absl::StrCat(axis.factor, "*"), symbol);
      any = true;
    }
  return any ? absl::StrCat("[", absl::StrJoin(extents, ","), "]") : "";
}

std::string signature(const ModelInfo &model, const std::vector<TensorInfo> &tensors, std::optional<bool> output) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < tensors.size(); ++i) {
    std::string symbolic = output ? symbolicShape(model, *output, i, model.symbol ? model.symbol->name : "") : "";
    texts.push_back(absl::StrCat(commentText(tensors[i].name), ": ",
                                 symbolic.empty() ? typeString(tensors[i].dtype, tensors[i].shape)
                                                  : absl::StrCat(std::string(name(tensors[i].dtype)), symbolic)));
  }
  return absl::StrCat("(", absl::StrJoin(texts, ", "), ")");
}

// "((batch) > 16 ? 4096u : (batch) > 8 ? 2048u : 1024u)": the most that a call for this size needs.
std::string arenaMacro(const ModelInfo &model) {
  const SymbolicDim &symbol = *model.symbol;
  std::vector<std::pair<int64_t, int64_t>> steps; // sizes from first on need second bytes; ascending
  for (size_t k = symbol.sizes.size(); k-- > 0;) {
    int64_t bytes = model.symbolArenaBytes[k];
    // Put together of smaller sizes, a call needs what the largest of those needs.
    if (symbol.pieces && !steps.empty())
      bytes = std::max(bytes, steps.back().second);
    if (steps.empty() || bytes != steps.back().second)
      steps.emplace_back(symbol.sizes[k], bytes);
  }
  std::string text;
  for (size_t k = steps.size(); k-- > 1;)
    absl::StrAppend(&text, "(", symbol.name, ") >= ", steps[k].first, " ? ", steps[k].second, "u : ");
  return absl::StrCat("(", text, steps[0].second, "u)");
}

// Definition of the array behind aotc_call.inputs or .outputs.
std::string pointerArray(const char *type, const char *array, const std::vector<std::string> &names) {
  if (names.empty())
    return "";
  return absl::StrCat("  ", type, array, "[", names.size(), "] = {", absl::StrJoin(names, ", "), "};\n");
}

// What bytes stand for, of each tensor that has a scale.
std::string scaleMacros(const std::string &model, const std::vector<TensorInfo> &tensors, const std::vector<std::string> &names) {
  std::vector<std::string> upper;
  for (const std::string &name : names)
    upper.push_back(absl::AsciiStrToUpper(name));
  upper = makeIdentifiers(upper, {}); // x and X are one
  std::string text;
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (!tensors[i].scale)
      continue;
    const std::string prefix = absl::StrCat("#define ", model, "_", upper[i]);
    std::string scale = absl::StrFormat("%.9g", tensors[i].scale->scale);
    if (scale.find_first_of(".e") == std::string::npos)
      absl::StrAppend(&scale, ".0");
    absl::StrAppend(&text, prefix, "_SCALE ", scale, "f\n", prefix, "_ZERO_POINT ", tensors[i].scale->zero, "\n");
  }
  return text.empty() ? "" : absl::StrCat("/* A real number is (code - ZERO_POINT) * SCALE. */\n", text, "\n");
}

} // namespace

std::string writeHeader(const ModelInfo &model, const HeaderOptions &options) {
  std::vector<TensorInfo> tensors = model.inputs;
  tensors.insert(tensors.end(), model.outputs.begin(), model.outputs.end());
  std::vector<std::string> tensorNames;
  for (const TensorInfo &t : tensors)
    tensorNames.push_back(t.name);
  const std::string &n = model.name;
  std::vector<std::string> names = makeIdentifiers(
      tensorNames, {"arena", "state", "out_dims", model.symbol ? model.symbol->name : "arena", "aotc_dims", "aotc_inputs", "aotc_outputs", "aotc_this_call", "aotc_call", "aotc_status",
                    absl::StrCat(n, "_call"), absl::StrCat(n, "_run"), absl::StrCat(n, "_info"),
                    absl::StrCat(n, "_state_init")});
  std::vector<std::string> inputs(names.begin(), names.begin() + model.inputs.size());
  std::vector<std::string> outputs(names.begin() + model.inputs.size(), names.end());
  std::vector<std::string> parameters;
  for (size_t i = 0; i < names.size(); ++i) {
    bool input = i < inputs.size();
    parameters.push_back(
        parameter(tensors[i], names[i], input,
                  symbolicShape(model, !input, input ? i : i - inputs.size(), model.symbol ? model.symbol->name : "")));
  }
  if (model.symbol)
    parameters.push_back(absl::StrCat("int64_t ", model.symbol->name));
  const bool hasState = model.stateBytes > 0, hasOutDims = !model.outDims.empty();
  if (hasOutDims)
    parameters.push_back(absl::StrCat("int64_t out_dims[", model.outDims.size(), "]"));
  if (hasState)
    parameters.push_back("void *state");
  parameters.push_back("void *arena");

  const std::string upper = absl::AsciiStrToUpper(n), guard = absl::StrCat("AOTC_MODEL_", upper, "_H");
  std::string h;
  absl::StrAppend(&h, "/* ", commentText(options.fileName), ": generated by aotc ", kVersion, " from ",
                  commentText(model.modelFile), ". Do not edit.\n");
  absl::StrAppend(&h, " * model sha256 ", model.modelHash, "\n");
  absl::StrAppend(&h, " * ", signature(model, model.inputs, false), " -> ", signature(model, model.outputs, true), "\n");
  if (hasState)
    absl::StrAppend(&h, " * state ", signature(model, model.states, std::nullopt), ", ", grouped(model.stateBytes), " B aligned to ",
                    plan::kStateAlignment, "; one block per stream\n");
  absl::StrAppend(&h, " * target ", commentText(model.targets[0].triple), ", ",
                  commentText(cpuNames(model.targets)), "\n");
  absl::StrAppend(&h, " * weights ", grouped(model.weightsBytes), " B, code ", grouped(model.codeBytes),
                  " B, arena ", grouped(model.arenaBytes), " B aligned to ", model.arenaAlign,
                  "; reentrant: one arena per", " concurrent call */\n");
  absl::StrAppend(&h, "#ifndef ", guard, "\n#define ", guard, "\n\n");
  absl::StrAppend(&h, options.selfContained ? kAbiText : "#include <aotc/abi.h>\n", "\n");
  if (model.symbol) {
    const SymbolicDim &symbol = *model.symbol;
    const std::string name = absl::StrCat(upper, "_", absl::AsciiStrToUpper(symbol.name));
    absl::StrAppend(&h, "/* Each call chooses ", symbol.name, ". */\n#define ", name, "_MIN ", symbol.low, "\n#define ", name, "_MAX ",
                    symbol.high, "\n#define ", upper, "_ARENA_BYTES(", symbol.name, ") ", arenaMacro(model), "\n#define ", upper,
                    "_ARENA_BYTES_MAX ", model.arenaBytes, "u\n");
  } else {
    absl::StrAppend(&h, "#define ", upper, "_ARENA_BYTES ", model.arenaBytes, "u\n");
  }
  absl::StrAppend(&h, "#define ", upper, "_ARENA_ALIGN ", model.arenaAlign, "u\n\n");
  if (hasState) {
    h.pop_back(); // the four belong together
    absl::StrAppend(&h, "#define ", upper, "_STATE_BYTES ", model.stateBytes, "u\n");
    absl::StrAppend(&h, "#define ", upper, "_STATE_ALIGN ", plan::kStateAlignment, "u\n\n");
  }
  if (hasOutDims)
    absl::StrAppend(&h, "#define ", upper, "_OUT_DIMS ", model.outDims.size(), "u /* ",
                    absl::StrJoin(model.outDims, ", ",
                                  [&](std::string *out, const ModelInfo::OutDim &dim) {
                                    absl::StrAppend(out, "of ", outputs[dim.output], ": dimension ", dim.axis, ", at most ",
                                                    model.outputs[dim.output].shape[dim.axis]);
                                  }),
                    " */\n\n");
  absl::StrAppend(&h, scaleMacros(upper, tensors, names));
  absl::StrAppend(&h, "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
  absl::StrAppend(&h, "/* Names, types and sizes for generic callers. */\nextern const aotc_model_info ", n,
                  "_info;\n\n");
  if (hasState)
    absl::StrAppend(&h, "/* What the model keeps between calls: ", upper, "_STATE_BYTES of the caller's, aligned to\n * ",
                    upper, "_STATE_ALIGN. Call this before the first call, and to start anew. */\nvoid ", n,
                    "_state_init(void *state);\n\n");
  absl::StrAppend(&h, "/* The entry; see aotc/abi.h. */\nAOTC_NODISCARD aotc_status ", n,
                  "_call(const aotc_call *call);\n\n");
  absl::StrAppend(
      &h, "/* Tensors are dense and row-major; inputs are not written. `arena` is scratch memory of\n * ",
      upper, model.symbol ? absl::StrCat("_ARENA_BYTES(", model.symbol->name, ")") : "_ARENA_BYTES", " aligned to ", upper, "_ARENA_ALIGN.",
      hasState ? absl::StrCat(" `state` is what ", n, "_state_init() has filled;\n * a call that fails leaves it as it was.")
               : "",
      hasOutDims ? absl::StrCat(" `out_dims` receives the extents that depend on\n * data, ", upper,
                                "_OUT_DIMS of them; outputs hold the largest and are filled densely in the actual ones.")
                 : "",
      " Returns AOTC_OK (0) on success. */\n");
  std::string head = absl::StrCat("AOTC_NODISCARD static inline aotc_status ", n, "_run(");
  bool fits = head.size() + absl::StrJoin(parameters, ", ").size() < 108;
  absl::StrAppend(&h, head, fits ? "" : "\n    ", absl::StrJoin(parameters, fits ? ", " : ",\n    "),
                  ") {\n");
  absl::StrAppend(&h, pointerArray("const void *const ", "aotc_inputs", inputs));
  absl::StrAppend(&h, pointerArray("void *const ", "aotc_outputs", outputs));
  if (model.symbol)
    absl::StrAppend(&h, "  const int64_t aotc_dims[1] = {", model.symbol->name, "};\n");
  absl::StrAppend(
      &h, "  const aotc_call aotc_this_call = {(uint32_t)sizeof(aotc_call), 0, ",
      inputs.empty() ? "NULL" : "aotc_inputs", ", ", outputs.empty() ? "NULL" : "aotc_outputs",
      ",\n                                    ", model.symbol ? "aotc_dims" : "NULL", ", ", hasOutDims ? "out_dims" : "NULL", ", ", hasState ? "state" : "NULL",
      ", arena, NULL, NULL, 0, NULL, NULL};\n");
  absl::StrAppend(&h, "  return ", n, "_call(&aotc_this_call);\n}\n\n");
  absl::StrAppend(&h, "#ifdef __cplusplus\n}\n#endif\n#endif\n");
  return h;
}

} // namespace aotc
