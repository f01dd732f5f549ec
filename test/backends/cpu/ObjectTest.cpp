// What an object looks like from outside: symbols, bytes, the entry's checks.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "compiler/artifact/Loader.h"
#include "test/backends/cpu/CodegenHarness.h"
#include "llvm/Object/ELFObjectFile.h"

namespace aotc::test {
namespace {

// Functions and conversions for which LLVM would like to call its own run-time library.
std::string demandingProgram() {
  std::vector<std::string> body, results;
  auto add = [&](const std::string &operation, const std::string &type) {
    body.push_back(absl::StrCat("%r", results.size(), " = ", operation));
    results.push_back(type);
  };
  for (const char *type : {"f32", "f64", "f16", "bf16"})
    for (const char *fn :
         {"exp", "sin", "cos", "tan", "tanh", "erf", "lgamma", "round_even", "floor", "log1p"})
      add(absl::Substitute("nn.unary $0 %$1 : tensor<37x$1> -> tensor<37x$1>", fn, type),
          absl::StrCat("tensor<37x", type, ">"));
  const char *const types[] = {"f32", "f64", "f16", "bf16", "i64", "ui64", "i32", "ui32", "i8", "i1"};
  for (const char *from : types)
    for (const char *to : types)
      add(absl::Substitute("nn.cast %$0 : tensor<37x$0> -> tensor<37x$1>", from, to),
          absl::StrCat("tensor<37x", to, ">"));
  for (const char *type : {"f32", "f64"})
    for (const char *fn : {"pow", "floor_mod", "atan2"})
      add(absl::Substitute("nn.binary $0 %$1, %$1 : tensor<37x$1>", fn, type),
          absl::StrCat("tensor<37x", type, ">"));
  for (const char *type : {"i64", "ui64", "i32"})
    for (const char *fn : {"div", "floor_mod", "pow"})
      add(absl::Substitute("nn.binary $0 %$1, %$1 : tensor<37x$1>", fn, type),
          absl::StrCat("tensor<37x", type, ">"));
  std::string text = "func.func @f(", returned, returnedTypes;
  for (const char *type : types)
    absl::StrAppend(&text, type == types[0] ? "" : ", ", "%", type, ": tensor<37x", type, ">");
  for (size_t i = 0; i < results.size(); ++i) {
    absl::StrAppend(&returned, i ? ", " : "", "%r", i);
    absl::StrAppend(&returnedTypes, i ? ", " : "", results[i]);
  }
  absl::StrAppend(&text, ") -> (", returnedTypes, ") {\n");
  for (const std::string &line : body)
    absl::StrAppend(&text, line, "\n");
  absl::StrAppend(&text, "return ", returned, " : ", returnedTypes, "\n}\n");
  return text;
}

constexpr char kLayer[] =
    R"(func.func @f(%x: tensor<2x8xf32> {nn.name = "x"}) -> (tensor<2x4xf32> {nn.name = "y"}) {
  %w = nn.constant dense<0.5> : tensor<8x4xf32>
  %b = nn.constant dense<[[1.0, 2.0, 3.0, 4.0]]> : tensor<1x4xf32>
  %m = nn.matmul %x, %w : (tensor<2x8xf32>, tensor<8x4xf32>) -> tensor<2x4xf32>
  %bb = nn.broadcast %b : tensor<1x4xf32> -> tensor<2x4xf32>
  %y = nn.binary add %m, %bb : tensor<2x4xf32>
  return %y : tensor<2x4xf32>
})";

TEST(Object, NeedsC99AloneOnEveryTarget) {
  Program program(demandingProgram());
  ASSERT_TRUE(program.module);
  for (const char *cpu : {"x86-64", "x86-64-v3", "x86-64-v4", "aarch64", "riscv64"}) {
    auto result = compile(program, cpu);
    ASSERT_TRUE(result.ok()) << cpu << ": " << result.status();
    for (const std::string &name : undefinedSymbols(result->object))
      EXPECT_TRUE(isAllowedExternal(name)) << cpu << " needs " << name;
  }
}

TEST(Object, ExportsTwoSymbols) {
  auto result = compile(Program(kLayer), "native");
  ASSERT_TRUE(result.ok());
  auto file =
      cantFail(llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(result->object, "m.o")));
  std::vector<std::string> global;
  for (const llvm::object::SymbolRef &symbol : file->symbols()) {
    uint32_t flags = cantFail(symbol.getFlags());
    if ((flags & llvm::object::SymbolRef::SF_Global) && !(flags & llvm::object::SymbolRef::SF_Undefined))
      global.push_back(cantFail(symbol.getName()).str());
  }
  std::sort(global.begin(), global.end());
  EXPECT_EQ(global, (std::vector<std::string>{"m_call", "m_info"}));
  for (const llvm::object::SectionRef &section : file->sections()) {
    llvm::StringRef name = cantFail(section.getName());
    EXPECT_FALSE(name.contains("eh_frame")) << name.str();
  }
}

TEST(Object, SameModelSameBytes) {
  for (const char *cpus : {"native", "x86-64,x86-64-v3,x86-64-v4"}) {
    auto first = compile(Program(kLayer), cpus), second = compile(Program(kLayer), cpus);
    ASSERT_TRUE(first.ok() && second.ok());
    EXPECT_EQ(first->object, second->object);
  }
}

// Nothing runs before the first call, and the loader relocates the pointers of NAME_info alone.
TEST(Object, StartsNothing) {
  auto result = compile(Program(kLayer), "x86-64,x86-64-v3,x86-64-v4");
  ASSERT_TRUE(result.ok());
  auto file = cantFail(llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(result->object, "m.o")));
  for (llvm::object::ELFSectionRef section : file->sections()) {
    llvm::StringRef name = cantFail(section.getName());
    EXPECT_FALSE(name.contains("init") || name.contains("ctors")) << name.str();
    if (!(section.getFlags() & llvm::ELF::SHF_WRITE) || section.getSize() == 0)
      continue;
    EXPECT_TRUE(name == ".data.rel.ro" || (name == ".bss" && section.getSize() == 4)) << name.str();
  }
}

TEST(Object, EqualRegionsShareTheirFunction) {
  std::string text = "func.func @f(%x0: tensor<40xf32>) -> tensor<40xf32> {\n";
  for (int i = 0; i < 4; ++i)
    absl::StrAppend(&text,
                    absl::Substitute("%s$0 = nn.softmax %x$0 {axis = 0 : i64} : tensor<40xf32>\n"
                                     "%x$1 = nn.cumulative sum %s$0 {axis = 0 : i64} : tensor<40xf32>\n",
                                     i, i + 1));
  auto result = compile(Program(text + "return %x4 : tensor<40xf32>\n}"), "native");
  ASSERT_TRUE(result.ok());
  std::vector<std::string> functions;
  for (const RegionReport &region : result->regions)
    functions.push_back(region.function);
  ASSERT_GE(functions.size(), 8u);
  std::sort(functions.begin(), functions.end());
  functions.erase(std::unique(functions.begin(), functions.end()), functions.end());
  EXPECT_LE(functions.size(), 6u); // in-place and other variants
}

TEST(Object, ReportsWhatOnlyMoves) {
  auto result = compile(Program(R"(func.func @f(%x: tensor<1x9x9x8xf32>) -> (tensor<8x81xf32>, tensor<1x9x9x8xf32>) {
  %r = nn.reshape %x : tensor<1x9x9x8xf32> -> tensor<81x8xf32>
  %t = nn.transpose %r [1, 0] : tensor<81x8xf32> -> tensor<8x81xf32>
  %y = nn.unary exp %x : tensor<1x9x9x8xf32> -> tensor<1x9x9x8xf32>
  return %t, %y : tensor<8x81xf32>, tensor<1x9x9x8xf32>
})"),
                        "native");
  ASSERT_TRUE(result.ok()) << result.status();
  int64_t moved = 0;
  for (const RegionReport &region : result->regions)
    moved += region.movedBytes;
  EXPECT_EQ(moved, 2 * 81 * 8 * 4);
}

class Entry : public testing::Test {
protected:
  void load(const std::string &text, const std::string &cpus = "native") {
    auto result = compile(Program(text), cpus);
    ASSERT_TRUE(result.ok()) << result.status();
    auto loaded = LoadedModel::load(result->object, "m");
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    model = *std::move(loaded);
    call.struct_bytes = sizeof(call);
    call.inputs = inputs;
    call.outputs = outputs;
    call.error = &error;
    call.arena = arena;
    ASSERT_LE(model->info().arena_bytes, sizeof(arena));
  }
  aotc_status run() { return model->info().call(&call); }

  std::unique_ptr<LoadedModel> model;
  alignas(64) char arena[4096];
  const void *inputs[4] = {};
  void *outputs[4] = {};
  aotc_error error{};
  aotc_call call{};
};

TEST_F(Entry, InfoDescribesTheModel) {
  load(kLayer);
  const aotc_model_info &info = model->info();
  EXPECT_EQ(info.struct_bytes, sizeof(aotc_model_info));
  EXPECT_EQ(info.abi_version, AOTC_ABI_VERSION);
  EXPECT_STREQ(info.name, "m");
  ASSERT_EQ(info.num_inputs, 1u);
  EXPECT_STREQ(info.inputs[0].name, "x");
  EXPECT_EQ(info.inputs[0].rank, 2);
  EXPECT_EQ(info.inputs[0].shape[1], 8);
  EXPECT_EQ(info.inputs[0].bytes, 64u);
  EXPECT_STREQ(info.outputs[0].name, "y");
  EXPECT_EQ(info.outputs[0].dtype, AOTC_F32);
  EXPECT_GT(info.weights_bytes, 0u);
}

TEST_F(Entry, ChecksItsPointers) {
  load(kLayer);
  alignas(64) float x[32] = {}, y[8];
  inputs[0] = x;
  outputs[0] = y;
  EXPECT_EQ(run(), AOTC_OK);
  EXPECT_FLOAT_EQ(y[3], 4);
  EXPECT_EQ(model->info().call(nullptr), AOTC_INVALID_ARGUMENT);
  inputs[0] = nullptr;
  EXPECT_EQ(run(), AOTC_INVALID_ARGUMENT);
  EXPECT_EQ(error.code, AOTC_INVALID_ARGUMENT);
  EXPECT_EQ(error.region, -1);
  inputs[0] = reinterpret_cast<char *>(x) + 1;
  EXPECT_EQ(run(), AOTC_INVALID_ARGUMENT);
  inputs[0] = x + 1; // aligned to the element alone
  EXPECT_EQ(run(), AOTC_OK);
  outputs[0] = nullptr;
  EXPECT_EQ(run(), AOTC_INVALID_ARGUMENT);
  outputs[0] = y;
  call.struct_bytes = 8;
  EXPECT_EQ(run(), AOTC_INVALID_ARGUMENT);
  call.struct_bytes = sizeof(call) + 8; // a newer caller
  EXPECT_EQ(run(), AOTC_OK);
  call.inputs = nullptr;
  EXPECT_EQ(run(), AOTC_INVALID_ARGUMENT);
  call.inputs = inputs;
  call.error = nullptr;
  inputs[0] = nullptr;
  EXPECT_EQ(run(), AOTC_INVALID_ARGUMENT);
}

TEST_F(Entry, TakesOtherWeights) {
  load(kLayer);
  float x[16] = {}, y[8];
  inputs[0] = x;
  outputs[0] = y;
  std::vector<char> memory(model->info().weights_bytes + 64);
  void *weights = memory.data();
  size_t space = memory.size();
  call.weights = std::align(64, model->info().weights_bytes, weights, space);
  EXPECT_EQ(run(), AOTC_OK);
  EXPECT_EQ(y[3], 0); // all weights are 0 now
}

TEST_F(Entry, ReportsBadIndices) {
  load(R"(func.func @f(%x: tensor<5x3xf32>, %i: tensor<2xi64>) -> tensor<2x3xf32> {
    %y = nn.gather %x, %i {axis = 0 : i64} : (tensor<5x3xf32>, tensor<2xi64>) -> tensor<2x3xf32>
    return %y : tensor<2x3xf32>
  })");
  float x[15] = {}, y[6];
  int64_t indices[2] = {4, 0};
  inputs[0] = x;
  inputs[1] = indices;
  outputs[0] = y;
  EXPECT_EQ(run(), AOTC_OK);
  for (int64_t bad : {int64_t{5}, int64_t{-1}, INT64_MIN}) {
    indices[1] = bad;
    EXPECT_EQ(run(), AOTC_INDEX_OUT_OF_RANGE);
    EXPECT_EQ(error.code, AOTC_INDEX_OUT_OF_RANGE);
    EXPECT_EQ(error.region, 0);
    EXPECT_EQ(error.detail, bad);
  }
}

TEST_F(Entry, ReportsDivisionByZero) {
  load(R"(func.func @f(%x: tensor<19xi32>, %y: tensor<19xi32>) -> tensor<19xi32> {
    %z = nn.binary div %x, %y : tensor<19xi32>
    return %z : tensor<19xi32>
  })");
  int32_t x[19], y[19], z[19];
  std::fill_n(x, 19, INT32_MIN);
  std::fill_n(y, 19, -1);
  inputs[0] = x;
  inputs[1] = y;
  outputs[0] = z;
  EXPECT_EQ(run(), AOTC_OK);
  EXPECT_EQ(z[18], INT32_MIN); // wraps
  y[18] = 0;
  EXPECT_EQ(run(), AOTC_DIVISION_BY_ZERO);
}

// bdver4 has instructions (XOP, FMA4) that only AMD's processors of 2011 to 2017 had.
TEST_F(Entry, RefusesOtherMachines) {
  load(kLayer, "bdver4");
  for (int i = 0; i < 2; ++i) { // asked and remembered
    EXPECT_EQ(run(), AOTC_UNSUPPORTED_CPU);
    EXPECT_EQ(error.code, AOTC_UNSUPPORTED_CPU);
  }
}

// The variants' sums are rounded in different ways, which tells them apart.
TEST_F(Entry, RunsTheBestOfItsTargets) {
  constexpr char kProduct[] = R"(func.func @f(%x: tensor<4x32xf32>, %w: tensor<32x8xf32>) -> tensor<4x8xf32> {
    %y = nn.matmul %x, %w : (tensor<4x32xf32>, tensor<32x8xf32>) -> tensor<4x8xf32>
    return %y : tensor<4x8xf32>
  })";
  float x[4 * 32], w[32 * 8];
  std::mt19937 random(1);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::generate(std::begin(x), std::end(x), [&] { return uniform(random); });
  std::generate(std::begin(w), std::end(w), [&] { return uniform(random); });
  auto resultFor = [&](const char *cpus) {
    std::vector<float> y(4 * 8);
    load(kProduct, cpus);
    inputs[0] = x;
    inputs[1] = w;
    outputs[0] = y.data();
    for (int i = 0; i < 2; ++i) // asked and remembered
      EXPECT_EQ(run(), AOTC_OK) << cpus;
    return y;
  };
  std::vector<float> base = resultFor("x86-64");
  EXPECT_EQ(resultFor("x86-64,bdver4"), base);
  EXPECT_EQ(std::string(model->info().cpu), "x86-64,bdver4");
  if (targetsFor("native")[0].features.find("+avx2") == std::string::npos)
    GTEST_SKIP() << "this machine runs x86-64 only";
  std::vector<float> v3 = resultFor("x86-64-v3");
  EXPECT_NE(v3, base);
  EXPECT_EQ(resultFor("x86-64-v3,x86-64"), v3);
  EXPECT_EQ(resultFor("bdver4,x86-64-v3"), v3);
}

TEST(Target, MakesNamesExplicit) {
  TargetSpec v3 = targetsFor("x86-64-v3")[0];
  EXPECT_EQ(v3.cpu, "x86-64-v3");
  EXPECT_NE(v3.features.find("+avx2"), std::string::npos);
  EXPECT_EQ(v3.features.find("+avx512f"), std::string::npos);
  TargetSpec native = targetsFor("native")[0];
  EXPECT_NE(native.cpu, "native");
  const Backend *cpu = findBackend({});
  EXPECT_EQ((*cpu->resolve(native))[0].features, native.features); // resolving again changes nothing
  EXPECT_EQ((*cpu->resolve({"", "generic", ""}))[0].cpu, "x86-64");
  EXPECT_NE((*cpu->resolve({"", "x86-64-v4", "-avx512f"}))[0].features.find("-avx512f"), std::string::npos);
}

TEST(Target, NamesTheAlternatives) {
  const Backend *cpu = findBackend({});
  EXPECT_NE(cpu->resolve({"", "znver33", ""}).status().message().find("znver3"), std::string::npos);
  EXPECT_NE(cpu->resolve({"", "", "+avx22"}).status().message().find("avx2"), std::string::npos);
  EXPECT_FALSE(cpu->resolve({"", "", "avx2"}).ok());
  EXPECT_FALSE(cpu->resolve({"aarch64-linux-gnu", "native", ""}).ok());
  EXPECT_EQ(findBackend({"nonsense", "", ""}), nullptr);
}

} // namespace
} // namespace aotc::test
