// SPDX-License-Identifier: Apache-2.0
#include "io/npy.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "io/file.hpp"
#include "io/npy_header.hpp"

namespace spud::io {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A version 1 file with this header text and these element bytes.
Bytes file_of(const std::string& header, const std::string& elements) {
  std::string file = std::string("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(header.size() & 255);
  file += static_cast<char>(header.size() >> 8);
  file += header + elements;
  auto view = as_bytes(file);
  return {view.begin(), view.end()};
}

std::string header_of(const std::string& descr, const std::string& shape,
                      const std::string& fortran = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
}

Error refusal(const Bytes& file) {
  auto array = read_npy(file, "x.npy");
  EXPECT_FALSE(array.has_value());
  if (array) return {};
  EXPECT_THAT(array.error().message(), HasSubstr("x.npy"));
  return array.error();
}

TEST(Npy, EveryTypeAndShapeComesBack) {
  for (int d = 0; d <= static_cast<int>(DType::kF64); ++d) {
    auto dtype = static_cast<DType>(d);
    if (dtype == DType::kBF16) continue;
    for (const Shape& shape : {Shape{}, Shape{0}, Shape{5}, Shape{2, 3}, Shape{3, 0, 2}, Shape{2, 1, 3, 2}}) {
      Literal x(TensorType{dtype, shape});
      for (std::int64_t i = 0; i < x.elements(); ++i) {
        is_float(dtype) ? x.set_float(i, static_cast<double>(i) - 1.5) : x.set_int(i, i % 2);
      }
      Bytes file = write_npy(x);
      auto back = read_npy(file, "x.npy");
      ASSERT_TRUE(back.has_value()) << back.error().message();
      EXPECT_EQ(back->type(), x.type());
      EXPECT_TRUE(std::ranges::equal(back->bytes(), x.bytes()));
    }
  }
}

TEST(Npy, ElementsStartAtAMultipleOf64) {
  Literal x(TensorType{DType::kF32, {7}});
  EXPECT_EQ((write_npy(x).size() - x.bytes().size()) % 64, 0u);
}

TEST(Npy, WritesBfloatAsFloat) {
  Literal x(TensorType{DType::kBF16, {1}});
  x.set_float(0, -2.5);
  auto back = read_npy(write_npy(x), "x.npy");
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->type(), (TensorType{DType::kF32, {1}}));
  EXPECT_EQ(back->float_at(0), -2.5);
}

TEST(Npy, ReadsFortranOrderAsRowMajor) {
  // [[0, 1, 2], [3, 4, 5]] column by column.
  auto x = read_npy(file_of(header_of("|u1", "(2, 3)", "True"), std::string("\0\3\1\4\2\5", 6)), "x.npy");
  ASSERT_TRUE(x.has_value()) << x.error().message();
  EXPECT_THAT(x->as<std::uint8_t>(), ElementsAre(0, 1, 2, 3, 4, 5));
  // Dimensions of three sizes, against the definition.
  std::string bytes(24, '\0');
  for (int i = 0; i < 24; ++i) bytes[static_cast<std::size_t>(i)] = static_cast<char>(i);
  auto y = read_npy(file_of(header_of("|u1", "(2, 3, 4)", "True"), bytes), "y.npy");
  ASSERT_TRUE(y.has_value());
  for (int a = 0; a < 2; ++a) {
    for (int b = 0; b < 3; ++b) {
      for (int c = 0; c < 4; ++c) EXPECT_EQ(y->int_at((a * 3 + b) * 4 + c), a + 2 * (b + 3 * c));
    }
  }
}

TEST(Npy, ReadsVersions2And3) {
  for (char version : {'\2', '\3'}) {
    std::string header = header_of("<u2", "(1,)");
    std::string file = std::string("\x93NUMPY", 6) + version + '\0';
    file += static_cast<char>(header.size());
    file += std::string(3, '\0') + header + std::string("\x34\x12", 2);
    auto x = read_npy(as_bytes(file), "x.npy");
    ASSERT_TRUE(x.has_value()) << x.error().message();
    EXPECT_EQ(x->int_at(0), 0x1234);
  }
}

TEST(Npy, HeaderKeysMayStandInAnyOrder) {
  auto header = parse_npy_header("{\"shape\":(3L,),'fortran_order':False,'descr':'=f8'}");
  ASSERT_TRUE(header.has_value()) << header.error().message();
  EXPECT_EQ(header->type, (TensorType{DType::kF64, {3}}));
}

TEST(Npy, RefusesTypesThatItCannotHold) {
  auto code = [](const std::string& header) { return refusal(file_of(header, std::string(8, '\0'))).code; };
  EXPECT_EQ(code(header_of(">f4", "(2,)")), ErrorCode::kUnsupported);
  EXPECT_EQ(code(header_of("|O", "(1,)")), ErrorCode::kUnsupported);
  EXPECT_EQ(code(header_of("<c8", "(1,)")), ErrorCode::kUnsupported);
  EXPECT_EQ(code(header_of("<U2", "(1,)")), ErrorCode::kUnsupported);
  EXPECT_EQ(code(header_of("|V8", "(1,)")), ErrorCode::kUnsupported);
  EXPECT_EQ(code("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }\n"),
            ErrorCode::kUnsupported);
}

TEST(Npy, RefusesShapesThatTheBytesDoNotCoverBeforeAllocating) {
  for (const char* shape : {"(3,)", "(1,)", "(2147483648,)", "()", "(0,)"}) {
    EXPECT_EQ(refusal(file_of(header_of("<f4", shape), std::string(8, '\0'))).code, ErrorCode::kBadInput)
        << shape;
  }
  for (const char* shape : {"(-2,)", "(4611686018427387904, 4)", "(99999999999999999999,)", "(2147483649,)",
                            "(0, 9223372036854775807, 9223372036854775807)"}) {
    refusal(file_of(header_of("<f4", shape), std::string(8, '\0')));
  }
  std::string many = "(";
  for (std::size_t i = 0; i <= limits::kTensorRank; ++i) many += "1,";
  refusal(file_of(header_of("<f4", many + ")"), std::string(4, '\0')));
}

TEST(Npy, RefusesMalformedHeaders) {
  for (const char* header : {"", "{", "{}", "[]", "{'descr': '<f4'}",
                             "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}",
                             "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
                             "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,)}",
                             "{'descr': '<f4', 'fortran_order': False, 'shape': 1}",
                             "{'descr': '<f4', 'fortran_order': False, 'shape': (1 2)}",
                             "{'descr': '<f4', 'fortran_order': False, 'shape': (1,",
                             "{'descr': <f4, 'fortran_order': False, 'shape': (1,)}",
                             "{'descr': '\\x3cf4', 'fortran_order': False, 'shape': (1,)}",
                             "{'descr': '', 'fortran_order': False, 'shape': (1,)}",
                             "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x"}) {
    EXPECT_EQ(refusal(file_of(header, std::string(4, '\0'))).code, ErrorCode::kBadInput) << header;
  }
}

TEST(Npy, RefusesEveryTruncation) {
  Literal x(TensorType{DType::kF32, {3}});
  Bytes file = write_npy(x);
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_FALSE(read_npy(ByteView(file).first(size), "x.npy").has_value()) << size;
  }
  file.push_back(std::byte{0});
  EXPECT_FALSE(read_npy(file, "x.npy").has_value());
}

TEST(Npy, SurvivesEveryFlippedByteOfItsHeader) {
  Bytes file = write_npy(Literal(TensorType{DType::kS32, {2, 2}}));
  for (std::size_t i = 0; i < file.size(); ++i) {
    for (int flip : {1, 2, 4, 8, 16, 32, 64, 128}) {
      Bytes hostile = file;
      hostile[i] ^= static_cast<std::byte>(flip);
      auto x = read_npy(hostile, "x.npy");
      if (x) {
        EXPECT_LE(x->bytes().size(), file.size());
      }
    }
  }
}

TEST(Npy, RefusesABoolThatIsNeitherZeroNorOne) {
  EXPECT_THAT(refusal(file_of(header_of("|b1", "(3,)"), std::string("\1\0\2", 3))).message(),
              HasSubstr("element 2"));
}

TEST(Npy, FilesRoundTripAndMissingOnesAreNotFound) {
  std::string path = testing::TempDir() + "/spud_npy_test.npy";
  Literal x = Literal::scalar<float>(DType::kF32, 3);
  ASSERT_TRUE(write_npy_file(path, x).has_value());
  auto back = read_npy_file(path);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->float_at(0), 3);
  std::remove(path.c_str());
  auto missing = read_npy_file(path);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message(), HasSubstr(path));
}

TEST(File, RefusesWhatIsTooLargeOrNoFile) {
  std::string path = testing::TempDir() + "/spud_file_test";
  ASSERT_TRUE(write_file(path, as_bytes("four")).has_value());
  EXPECT_TRUE(read_file(path, 4).has_value());
  auto large = read_file(path, 3);
  ASSERT_FALSE(large.has_value());
  EXPECT_EQ(large.error().code, ErrorCode::kResource);
  std::remove(path.c_str());
  EXPECT_FALSE(read_file(testing::TempDir(), 1000).has_value());
  EXPECT_FALSE(write_file(testing::TempDir() + "/no/such/folder/x", as_bytes("x")).has_value());
}

}  // namespace
}  // namespace spud::io
