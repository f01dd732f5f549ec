// Attribute values, above all tensors.
#include "compiler/frontend/tensorflow/reader/Decode.h"
#include "test/compiler/frontend/tensorflow/reader_testing.h"

#include "gtest/gtest.h"

namespace aotc::tf {
namespace {

Attr decode(const std::string &tensor, const std::string &dtype = "") {
  ReadResult r = read(node("c", "Const", "", absl::StrCat("value { tensor { ", tensor, " } }", dtype)) +
                      node("y", "Neg", "c"));
  return r.model ? r.attr("c", "value") : Attr(r.errors());
}

std::string dims(std::initializer_list<int64_t> sizes) {
  std::string text = " tensor_shape {";
  for (int64_t size : sizes)
    absl::StrAppend(&text, " dim { size: ", size, " }");
  return text + " } ";
}

// "f32[2] 1 2", or the reason of a bad tensor.
std::string show(const Attr &attr) {
  if (const auto *bad = std::get_if<BadTensor>(&attr))
    return bad->reason;
  const auto *tensor = std::get_if<Tensor>(&attr);
  if (!tensor)
    return "no tensor";
  std::string text = typeString(*tensor);
  for (int64_t i = 0; i < tensor->size(); ++i)
    absl::StrAppend(&text, " ", tensor->f(i));
  return text;
}

TEST(ReaderTensors, EveryType) {
  for (auto [tensor, expected] : std::initializer_list<std::pair<const char *, const char *>>{
           {"dtype: DT_FLOAT float_val: 1.5 float_val: -2", "f32[2] 1.5 -2"},
           {"dtype: DT_DOUBLE double_val: 1.5 double_val: 3", "f64[2] 1.5 3"},
           {"dtype: DT_HALF half_val: 15360 half_val: 49152", "f16[2] 1 -2"},
           {"dtype: DT_BFLOAT16 half_val: 16256 half_val: 49152", "bf16[2] 1 -2"},
           {"dtype: DT_BOOL bool_val: true bool_val: false", "bool[2] 1 0"},
           {"dtype: DT_INT8 int_val: -3 int_val: 4", "i8[2] -3 4"},
           {"dtype: DT_INT16 int_val: -300 int_val: 4", "i16[2] -300 4"},
           {"dtype: DT_INT32 int_val: -70000 int_val: 4", "i32[2] -70000 4"},
           {"dtype: DT_INT64 int64_val: -5000000000 int64_val: 4", "i64[2] -5e+09 4"},
           {"dtype: DT_UINT8 int_val: 200 int_val: 4", "u8[2] 200 4"},
           {"dtype: DT_UINT16 int_val: 60000 int_val: 4", "u16[2] 60000 4"},
           {"dtype: DT_UINT32 uint32_val: 4000000000 uint32_val: 4", "u32[2] 4e+09 4"},
           {"dtype: DT_UINT64 uint64_val: 1 uint64_val: 4", "u64[2] 1 4"},
           {"dtype: DT_INT32_REF int_val: 1 int_val: 4", "i32[2] 1 4"}})
    EXPECT_EQ(show(decode(tensor + dims({2}))), expected);
}

TEST(ReaderTensors, ShortListsRepeatTheirLastValue) {
  EXPECT_EQ(show(decode("dtype: DT_INT32 int_val: 1 int_val: 7" + dims({2, 2}))), "i32[2,2] 1 7 7 7");
  EXPECT_EQ(show(decode("dtype: DT_FLOAT float_val: 3" + dims({3}))), "f32[3] 3 3 3");
  EXPECT_EQ(show(decode("dtype: DT_FLOAT" + dims({2}))), "f32[2] 0 0");
  EXPECT_EQ(show(decode("dtype: DT_FLOAT float_val: 3" + dims({}))), "f32[] 3");
  EXPECT_EQ(show(decode("dtype: DT_FLOAT" + dims({0, 4}))), "f32[0,4]");
  EXPECT_EQ(show(decode("dtype: DT_FLOAT float_val: 1" + dims({0}))),
            "lists 1 values for f32[0], which has 0");
}

TEST(ReaderTensors, RawBytes) {
  EXPECT_EQ(show(decode("dtype: DT_INT16 tensor_content: '\\001\\000\\377\\377'" + dims({2}))),
            "i16[2] 1 -1");
  EXPECT_EQ(show(decode("dtype: DT_BOOL tensor_content: '\\007\\000\\001'" + dims({3}))), "bool[3] 1 0 1");
  EXPECT_EQ(show(decode("dtype: DT_FLOAT tensor_content: 'abcde'" + dims({2}))),
            "has 5 bytes, but f32[2] takes 8");
}

TEST(ReaderTensors, WhatNeedsNoMemory) {
  EXPECT_EQ(show(decode("dtype: DT_FLOAT float_val: 1" + dims({1000000, 1000000}))),
            "is f32[1000000,1000000] but lists only 1 values; a file's repeated values may take 1024 MiB");
  EXPECT_EQ(show(decode("dtype: DT_FLOAT" + dims({int64_t(1) << 62, 4}))),
            "has the impossible shape [4611686018427387904,4]");
  EXPECT_EQ(show(decode("dtype: DT_FLOAT" + dims({-1}))), "has the impossible shape [-1]");
  EXPECT_EQ(show(decode("dtype: DT_FLOAT tensor_shape { unknown_rank: true }")), "has no known shape");
}

TEST(ReaderTensors, RepeatedValuesShareOneLimit) {
  proto::TensorProto tensors[3];
  for (proto::TensorProto &tensor : tensors) {
    tensor.set_dtype(proto::DT_FLOAT);
    tensor.mutable_tensor_shape()->add_dim()->set_size(100);
  }
  Decoder decoder(/*expandable=*/800);
  for (int again = 0; again < 2; ++again) { // decoding again costs nothing
    EXPECT_TRUE(std::holds_alternative<Tensor>(decoder.tensor(tensors[0])));
    EXPECT_TRUE(std::holds_alternative<Tensor>(decoder.tensor(tensors[1])));
    EXPECT_TRUE(std::holds_alternative<BadTensor>(decoder.tensor(tensors[2])));
  }
}

TEST(ReaderTensors, UnsupportedTypes) {
  EXPECT_EQ(show(decode("dtype: DT_STRING string_val: 'x'" + dims({1}))),
            "holds DT_STRING elements, which are not supported");
  EXPECT_EQ(show(decode("dtype: 77" + dims({1}))), "holds type 77 elements, which are not supported");
  EXPECT_EQ(show(decode("dtype: DT_FLOAT float_val: 1" + dims({1}), ";dtype { type: DT_INT32 }")),
            "holds f32 elements, but the attribute 'dtype' is DT_INT32");
}

TEST(ReaderTensors, OtherAttributes) {
  ReadResult r = read(placeholder("x") +
                      node("y", "Op", "x",
                           "i { i: -3 };f { f: 0.5 };b { b: true };s { s: 'SAME' };t { type: DT_INT32_REF };"
                           "shape { shape { dim { size: 2 } } };none { shape { unknown_rank: true } };"
                           "li { list { i: 1 i: 2 } };lf { list { f: 1 } };lb { list { b: true b: false } };"
                           "ls { list { s: 'a' } };lt { list { type: DT_BOOL } };lsh { list { shape { } } };"
                           "e { list { } };fn { func { name: 'g' } };_private { i: 1 }"));
  ASSERT_EQ(r.errors(), "");
  EXPECT_EQ(std::get<int64_t>(r.attr("y", "i")), -3);
  EXPECT_EQ(std::get<float>(r.attr("y", "f")), 0.5f);
  EXPECT_EQ(std::get<bool>(r.attr("y", "b")), true);
  EXPECT_EQ(std::get<std::string>(r.attr("y", "s")), "SAME");
  EXPECT_EQ(std::get<TypeCode>(r.attr("y", "t")).value, 3);
  EXPECT_EQ(*std::get<PartialShape>(r.attr("y", "shape")), std::vector<int64_t>{2});
  EXPECT_FALSE(std::get<PartialShape>(r.attr("y", "none")));
  EXPECT_EQ(std::get<std::vector<int64_t>>(r.attr("y", "li")), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(std::get<std::vector<float>>(r.attr("y", "lf")).size(), 1u);
  EXPECT_EQ(std::get<std::vector<bool>>(r.attr("y", "lb")).size(), 2u);
  EXPECT_EQ(std::get<std::vector<std::string>>(r.attr("y", "ls")), std::vector<std::string>{"a"});
  EXPECT_EQ(std::get<std::vector<TypeCode>>(r.attr("y", "lt"))[0].value, 10);
  EXPECT_EQ(std::get<std::vector<PartialShape>>(r.attr("y", "lsh")).size(), 1u);
  EXPECT_TRUE(std::get<std::vector<int64_t>>(r.attr("y", "e")).empty());
  EXPECT_EQ(std::get<FunctionName>(r.attr("y", "fn")).name, "g");
  EXPECT_EQ(r.model->graph.nodes[1].attrs.count("_private"), 0u);
}

} // namespace
} // namespace aotc::tf
