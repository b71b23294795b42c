// SPDX-License-Identifier: Apache-2.0
#include "io/table.hpp"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "io/csv.hpp"
#include "system/crypto/sha256.hpp"

namespace spud::io {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Result<Table> table(const std::string& text, const TableOptions& options = {}) {
  std::istringstream in(text);
  return read_table(in, "t.csv", options);
}

Error refusal(const std::string& text, const TableOptions& options = {}) {
  auto got = table(text, options);
  EXPECT_FALSE(got.has_value()) << text;
  if (got) return {};
  EXPECT_THAT(got.error().message(), HasSubstr("t.csv"));
  return got.error();
}

TEST(TableFile, ReadsAllColumnsAsRowsAndColumns) {
  auto got = table("a,b\n1,2.5\n-3,1e2\n");
  ASSERT_TRUE(got.has_value()) << got.error().message();
  EXPECT_EQ(got->values.type(), (TensorType{DType::kF32, {2, 2}}));
  EXPECT_THAT(got->values.as<float>(), ElementsAre(1, 2.5f, -3, 100));
  EXPECT_THAT(got->columns, ElementsAre("a", "b"));
  EXPECT_FALSE(got->row_ids.has_value());
}

TEST(TableFile, SelectsColumnsByNameInTheOrderAskedFor) {
  auto got = table("id,a,b,text\nx,1,2,hello\ny,3,4,\n", {.columns = {"b", "a"}, .id_column = "id"});
  ASSERT_TRUE(got.has_value()) << got.error().message();
  EXPECT_THAT(got->values.as<float>(), ElementsAre(2, 1, 4, 3));
  EXPECT_EQ(got->row_ids, row_id_digest(std::vector<std::string>{"x", "y"}));
}

TEST(TableFile, TheIdColumnIsNoValue) {
  auto got = table("id,a\nx,1\n", {.id_column = "id"});
  ASSERT_TRUE(got.has_value());
  EXPECT_THAT(got->columns, ElementsAre("a"));
  refusal("id,a\n1,1\n", {.columns = {"id"}, .id_column = "id"});
  refusal("id\n1\n", {.id_column = "id"});
}

TEST(TableFile, RowIdDigestSeesOrderAndBoundaries) {
  auto digest = [](std::vector<std::string> ids) { return row_id_digest(ids); };
  EXPECT_NE(digest({"a", "b"}), digest({"b", "a"}));
  EXPECT_NE(digest({"ab", "c"}), digest({"a", "bc"}));
  EXPECT_EQ(digest({"ab"}), crypto::sha256(*from_hex("00000000000000026162")));
}

TEST(TableFile, UnderstandsQuotesCrlfAndByteOrderMark) {
  auto got = table("\xef\xbb\xbf\"a,1\",\"b\"\"q\"\r\n\"1\", 2 \r\n3,\"4\"", {});
  ASSERT_TRUE(got.has_value()) << got.error().message();
  EXPECT_THAT(got->columns, ElementsAre("a,1", "b\"q"));
  EXPECT_THAT(got->values.as<float>(), ElementsAre(1, 2, 3, 4));
}

TEST(TableFile, NumbersOfEveryTypeAreChecked) {
  EXPECT_THAT(table("a\n127\n-128\n", {.dtype = DType::kS8})->values.as<std::int8_t>(),
              ElementsAre(127, -128));
  EXPECT_THAT(table("a\n18446744073709551615\n", {.dtype = DType::kU64})->values.as<std::uint64_t>(),
              ElementsAre(~0ull));
  EXPECT_THAT(table("a\n1\nfalse\nTrue\n", {.dtype = DType::kPred})->values.as<std::uint8_t>(),
              ElementsAre(1, 0, 1));
  EXPECT_EQ(table("a\n+0.1\n", {.dtype = DType::kF64})->values.float_at(0), 0.1);
  EXPECT_EQ(table("a\n1e-400\n", {.dtype = DType::kF64})->values.float_at(0), 0);
  EXPECT_EQ(table("a\n1e-60\n")->values.float_at(0), 0);
  EXPECT_EQ(table("a\n65504\n", {.dtype = DType::kF16})->values.float_at(0), 65504);
  for (const char* text : {"128", "-129", "1.5", "", "x", "1e2", "--1", "+-1"}) {
    refusal(std::string("a,b\n0,") + text + "\n", {.dtype = DType::kS8});
  }
  refusal("a\n-1\n", {.dtype = DType::kU8});
  refusal("a\n2\n", {.dtype = DType::kPred});
  refusal("a\n65520\n", {.dtype = DType::kF16});
  refusal("a\n1e39\n");
  refusal("a\n1e400\n", {.dtype = DType::kF64});
}

TEST(TableFile, RefusesMissingAndNonFiniteValuesByLineAndColumn) {
  for (const char* bad : {"", " ", "nan", "NaN", "inf", "-Infinity", "NA", "0x10", "1,000", "1 2"}) {
    auto text = std::string("id,age\na,1\n\"b\nc\",2\nd,\"") + bad + "\"\n";
    EXPECT_THAT(refusal(text, {.id_column = "id"}).where, HasSubstr("line 5, column 'age'")) << bad;
  }
}

TEST(TableFile, ErrorsShowNeitherValuesNorIds) {
  EXPECT_THAT(refusal("a\nsecret17\n").message(), Not(HasSubstr("secret17")));
  EXPECT_THAT(refusal("id,a\nname17,1\nname17,2\n", {.id_column = "id"}).message(), Not(HasSubstr("name17")));
}

TEST(TableFile, RefusesRepeatedIdsAndNamesBothLines) {
  auto error = refusal("id,a\nx,1\ny,2\nz,3\ny,4\n", {.id_column = "id"});
  EXPECT_THAT(error.where, HasSubstr("line 5"));
  EXPECT_THAT(error.what, HasSubstr("line 3"));
  EXPECT_THAT(refusal("id,a\n,1\n", {.id_column = "id"}).where, HasSubstr("line 2"));
}

TEST(TableFile, RefusesRepeatedAndUnknownColumns) {
  EXPECT_THAT(refusal("a,b,a\n1,2,3\n").message(), HasSubstr("column 'a'"));
  EXPECT_THAT(refusal("a,b\n1,2\n", {.columns = {"c"}}).message(), HasSubstr("column 'c'"));
  EXPECT_THAT(refusal("a,b\n1,2\n", {.columns = {"a", "a"}}).message(), HasSubstr("column 'a'"));
  EXPECT_THAT(refusal("a,b\n1,2\n", {.id_column = "c"}).message(), HasSubstr("column 'c'"));
}

TEST(TableFile, RefusesRowsOfAnotherWidth) {
  EXPECT_THAT(refusal("a,b\n1,2\n3\n").where, HasSubstr("line 3"));
  EXPECT_THAT(refusal("a,b\n1,2,3\n").where, HasSubstr("line 2"));
}

TEST(TableFile, BlankLinesAreForTheEndOnly) {
  EXPECT_EQ(table("a\n1\n\n")->values.elements(), 1);
  EXPECT_THAT(refusal("a\n1\n\n2\n").where, HasSubstr("line 3"));
}

TEST(TableFile, AHeaderAloneIsAnEmptyTableAndNothingIsRefused) {
  EXPECT_EQ(table("a,b\n")->values.shape(), (Shape{0, 2}));
  refusal("");
  refusal("\xef\xbb\xbf");
}

TEST(TableFile, RefusesBrokenQuotingAndBytes) {
  EXPECT_THAT(refusal("a\n\"1\n2\n").where, HasSubstr("line 2"));
  refusal("a\n\"1\"2\n");
  refusal("a\n1\"2\n");
  refusal("a\n1\r2\n");
  refusal(std::string("a\n1\0\n", 5));
  refusal(
      "\xff\xfe"
      "a");
  refusal(
      "\xef\xbb"
      "a");
}

TEST(TableFile, RefusesFieldsAndRecordsBeyondTheLimits) {
  EXPECT_EQ(refusal("a\n" + std::string(limits::kBytesPerTableField + 1, '1')).code, ErrorCode::kResource);
  EXPECT_EQ(refusal(std::string(limits::kColumnsPerTable + 1, ',')).code, ErrorCode::kResource);
}

TEST(TableFile, StreamsManyRowsAcrossItsBuffer) {
  std::string text = "id,v\r\n";
  for (int i = 0; i < 50'000; ++i) text += "row-" + std::to_string(i) + ",\"" + std::to_string(i) + "\"\r\n";
  auto got = table(text, {.id_column = "id", .dtype = DType::kS32});
  ASSERT_TRUE(got.has_value()) << got.error().message();
  ASSERT_EQ(got->values.shape(), (Shape{50'000, 1}));
  for (int i = 0; i < 50'000; ++i) ASSERT_EQ(got->values.int_at(i), i);
}

TEST(TableFile, MissingFilesAreNotFoundAndFoldersAreNotRead) {
  auto missing = read_table_file("/nonexistent/t.csv", {});
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(read_table_file(testing::TempDir(), {}).has_value());
}

TEST(Csv, NeverCrashesOnNoise) {
  const std::string alphabet = "a,\"\r\n\xef\xbb\xbf 1";
  std::uint32_t state = 1;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (int i = 0; i < 24; ++i) text += alphabet[(state = state * 1664525 + 1013904223) >> 16 & 7];
    std::istringstream in(text);
    CsvReader reader(in);
    CsvRecord record;
    int records = 0;
    while (true) {
      auto more = reader.next(record);
      if (!more || !*more) break;
      ++records;
    }
    EXPECT_LE(records, 24);
  }
}

}  // namespace
}  // namespace spud::io
