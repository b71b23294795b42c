// SPDX-License-Identifier: Apache-2.0
#include "io/meta.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spud::io {
namespace {

using testing::HasSubstr;

Result<Meta> meta(const std::string& json) {
  return read_meta(json, "m.json", 3);
}

Error refusal(const std::string& json) {
  auto got = meta(json);
  EXPECT_FALSE(got.has_value()) << json;
  if (got) return {};
  EXPECT_THAT(got.error().where, testing::StartsWith("m.json"));
  return got.error();
}

std::string with_input(const std::string& fields) {
  return R"({"inputs": [{"name": "in0", )" + fields + "}]}";
}

TEST(Meta, ReadsInputsInOrder) {
  auto got =
      meta(R"({"name": "x", "future": {"a": [1]}, "tolerance": {"atol": 0.001, "rtol": 1, "bool": "exact"},
    "inputs": [{"name": "b", "visibility": "secret", "dtype": "float32", "shape": [2, 3], "what": "?"},
               {"name": "a", "visibility": "public", "range": [-1, 2.5]},
               {"name": "c", "visibility": "private:2"}]})");
  ASSERT_TRUE(got.has_value()) << got.error().message();
  ASSERT_EQ(got->inputs.size(), 3u);
  EXPECT_EQ(got->inputs[0].name, "b");
  EXPECT_EQ(got->inputs[0].visibility, InputVisibility::kSecret);
  EXPECT_EQ(got->inputs[0].dtype, DType::kF32);
  EXPECT_EQ(got->inputs[0].shape, (Shape{2, 3}));
  EXPECT_EQ(got->inputs[1].visibility, InputVisibility::kPublic);
  EXPECT_EQ(got->inputs[1].range, (std::pair{-1.0, 2.5}));
  EXPECT_FALSE(got->inputs[1].dtype.has_value());
  EXPECT_EQ(got->inputs[2].visibility, InputVisibility::kPrivate);
  EXPECT_EQ(got->inputs[2].owner, Rank{2});
  ASSERT_TRUE(got->tolerance.has_value());
  EXPECT_EQ(got->tolerance->absolute, 0.001);
  EXPECT_EQ(got->tolerance->relative, 1);
}

TEST(Meta, ToleranceIsOptional) {
  EXPECT_FALSE(meta(R"({"inputs": []})")->tolerance.has_value());
}

TEST(Meta, RefusesRanksThatDoNotExistAndNamesTheField) {
  for (const char* rank : {"3", "4294967296", "99999999999999999999", "-1", "", "1x", " 1"}) {
    auto error = refusal(with_input(std::string(R"("visibility": "private:)") + rank + "\""));
    EXPECT_EQ(error.code, ErrorCode::kBadInput) << rank;
    EXPECT_EQ(error.where, "m.json: inputs[0].visibility") << rank;
  }
}

TEST(Meta, RefusesFieldsOfTheWrongKindAndNamesThem) {
  auto where = [](const std::string& json) { return refusal(json).where; };
  EXPECT_EQ(where(R"({"inputs": [{"visibility": "secret"}]})"), "m.json: inputs[0].name");
  EXPECT_EQ(where(R"({"inputs": [{"name": 3, "visibility": "secret"}]})"), "m.json: inputs[0].name");
  EXPECT_EQ(where(R"({"inputs": [{"name": "in0"}]})"), "m.json: inputs[0].visibility");
  EXPECT_EQ(where(with_input(R"("visibility": "hidden")")), "m.json: inputs[0].visibility");
  EXPECT_EQ(where(with_input(R"("visibility": 1)")), "m.json: inputs[0].visibility");
  EXPECT_EQ(where(with_input(R"("visibility": "secret", "dtype": "float31")")), "m.json: inputs[0].dtype");
  EXPECT_EQ(where(with_input(R"("visibility": "secret", "dtype": {})")), "m.json: inputs[0].dtype");
  for (const char* shape :
       {"3", "[-1]", "[1.5]", "[\"2\"]", "[18446744073709551615]", "[4294967296, 4294967296]"}) {
    EXPECT_EQ(where(with_input(std::string(R"("visibility": "secret", "shape": )") + shape)),
              "m.json: inputs[0].shape");
  }
  EXPECT_EQ(where(with_input(R"("visibility": "secret", "range": [2, 1])")), "m.json: inputs[0].range");
  EXPECT_EQ(where(R"({"inputs": [3]})"), "m.json: inputs[0]");
  EXPECT_EQ(where(R"({"inputs": {}})"), "m.json: inputs");
  EXPECT_EQ(where("{}"), "m.json: inputs");
  EXPECT_EQ(where(R"({"inputs": [], "tolerance": {"atol": -1}})"), "m.json: tolerance.atol");
  EXPECT_EQ(where(R"({"inputs": [], "tolerance": {"rtol": "1"}})"), "m.json: tolerance.rtol");
  EXPECT_EQ(where(R"({"inputs": [], "tolerance": 1})"), "m.json: tolerance");
  EXPECT_EQ(
      where(R"({"inputs": [{"name": "a", "visibility": "secret"}, {"name": "a", "visibility": "public"}]})"),
      "m.json: inputs[1].name");
}

TEST(Meta, RefusesWhatIsNoJsonObject) {
  for (const char* text :
       {"", "{", "[]", "3", "null", "{\"inputs\": [}", "{'inputs': []}", "\xff\xfe", "{\"inputs\": []} x"}) {
    refusal(text);
  }
}

TEST(Meta, RefusesDeepNesting) {
  refusal(std::string(100'000, '['));
  refusal(R"({"inputs": [], "x": )" + std::string(100'000, '[') + std::string(100'000, ']') + "}");
}

TEST(Meta, RefusesTooManyInputs) {
  std::string list;
  for (int i = 0; i < 5000; ++i)
    list += (i ? "," : "") + std::string(R"({"name": "i)") + std::to_string(i) + R"("})";
  EXPECT_EQ(refusal(R"({"inputs": [)" + list + "]}").code, ErrorCode::kResource);
}

TEST(Meta, ChecksArraysAgainstTypeAndShape) {
  auto got = meta(with_input(R"("visibility": "secret", "dtype": "f32", "shape": [2])"));
  ASSERT_TRUE(got.has_value());
  std::vector<Literal> good{Literal(TensorType{DType::kF32, {2}})};
  EXPECT_TRUE(check_inputs(*got, good, "x.npz").has_value());
  for (const TensorType& type :
       {TensorType{DType::kF64, {2}}, TensorType{DType::kF32, {3}}, TensorType{DType::kF32, {2, 1}}}) {
    std::vector<Literal> bad{Literal(type)};
    auto refused = check_inputs(*got, bad, "x.npz");
    ASSERT_FALSE(refused.has_value());
    EXPECT_THAT(refused.error().message(), HasSubstr("in0"));
  }
  EXPECT_FALSE(check_inputs(*got, {}, "x.npz").has_value());
}

}  // namespace
}  // namespace spud::io
