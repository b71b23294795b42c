// SPDX-License-Identifier: Apache-2.0
#include "io/npz.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "io/npy.hpp"

namespace spud::io {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::size_t kLimit = 1u << 20;

// Written by numpy: savez(in0 = float32 [[1.5, -2], [3, 4]], in1 = bool [True, False]).
constexpr const char* kStoredByNumpy =
    "504b03042d000000000000002100f00ccc52ffffffffffffffff07001400696e302e6e707901001000900000000000000090"
    "00000000000000934e554d5059010076007b276465736372273a20273c6634272c2027666f727472616e5f6f72646572273a"
    "2046616c73652c20277368617065273a2028322c2032292c207d202020202020202020202020202020202020202020202020"
    "202020202020202020202020202020202020202020202020202020202020202020200a0000c03f000000c000004040000080"
    "40504b03042d000000000000002100ee19bb5dffffffffffffffff07001400696e312e6e7079010010008200000000000000"
    "8200000000000000934e554d5059010076007b276465736372273a20277c6231272c2027666f727472616e5f6f7264657227"
    "3a2046616c73652c20277368617065273a2028322c292c207d20202020202020202020202020202020202020202020202020"
    "20202020202020202020202020202020202020202020202020202020202020202020200a0100504b01022d032d0000000000"
    "00002100f00ccc529000000090000000070000000000000000000000800100000000696e302e6e7079504b01022d032d0000"
    "00000000002100ee19bb5d82000000820000000700000000000000000000008001c9000000696e312e6e7079504b05060000"
    "0000020002006a000000840100000000";

// Written by numpy: savez_compressed(in0 = int16 [[0, 1, 2], [3, 4, 5]] in Fortran order).
constexpr const char* kDeflatedByNumpy =
    "504b03042d00000008000000210068c6180fffffffffffffffff07001400696e302e6e7079010010008c0000000000000051"
    "000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9369a4aea3a09e965f54529498179f5f94920a120f"
    "292a4d050a17672416a402b91a463a0ac69a3a0ab50ae4032e06066606460616062606560600504b01022d032d0000000800"
    "0000210068c6180f510000008c000000070000000000000000000000800100000000696e302e6e7079504b05060000000001"
    "000100350000008a0000000000";

Literal counted(DType dtype, std::int64_t size) {
  Literal x(TensorType{dtype, {size}});
  for (std::int64_t i = 0; i < size; ++i)
    is_float(dtype) ? x.set_float(i, static_cast<double>(i)) : x.set_int(i, i);
  return x;
}

Bytes archive_of(const NamedLiterals& arrays, Compression compression = Compression::kDeflated) {
  auto file = write_npz(arrays, compression);
  EXPECT_TRUE(file.has_value()) << (file ? "" : file.error().message());
  return file.value_or(Bytes{});
}

Error refusal(const Bytes& file, std::size_t max_bytes = kLimit) {
  auto arrays = read_npz(file, "x.npz", max_bytes);
  EXPECT_FALSE(arrays.has_value());
  if (arrays) return {};
  EXPECT_THAT(arrays.error().message(), HasSubstr("x.npz"));
  return arrays.error();
}

/// Replaces every occurrence, such as a name in the local header and in the directory.
Bytes replaced(Bytes file, std::string_view from, std::string_view to) {
  EXPECT_EQ(from.size(), to.size());
  std::size_t found = 0;
  for (std::size_t i = 0; i + from.size() <= file.size(); ++i) {
    if (as_text(ByteView(file).subspan(i, from.size())) != from) continue;
    std::ranges::copy(as_bytes(to), file.begin() + static_cast<std::ptrdiff_t>(i));
    ++found;
  }
  EXPECT_GT(found, 0u);
  return file;
}

std::string little_endian(std::uint32_t value) {
  std::string out;
  for (int i = 0; i < 4; ++i) out += static_cast<char>(value >> (8 * i) & 255);
  return out;
}

TEST(Npz, ReadsWhatNumpyWrites) {
  auto stored = read_npz(*from_hex(kStoredByNumpy), "x.npz", kLimit);
  ASSERT_TRUE(stored.has_value()) << stored.error().message();
  ASSERT_EQ(stored->size(), 2u);
  EXPECT_EQ(stored->at("in0").type(), (TensorType{DType::kF32, {2, 2}}));
  EXPECT_THAT(stored->at("in0").as<float>(), ElementsAre(1.5f, -2, 3, 4));
  EXPECT_THAT(stored->at("in1").as<std::uint8_t>(), ElementsAre(1, 0));
  auto deflated = read_npz(*from_hex(kDeflatedByNumpy), "x.npz", kLimit);
  ASSERT_TRUE(deflated.has_value()) << deflated.error().message();
  EXPECT_THAT(deflated->at("in0").as<std::int16_t>(), ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST(Npz, ArraysComeBackStoredOrDeflated) {
  for (auto compression : {Compression::kStored, Compression::kDeflated}) {
    Bytes file = archive_of({{"a", counted(DType::kS32, 1000)}, {"b", counted(DType::kF64, 0)}}, compression);
    auto back = read_npz(file, "x.npz", kLimit);
    ASSERT_TRUE(back.has_value()) << back.error().message();
    EXPECT_EQ(back->size(), 2u);
    EXPECT_TRUE(std::ranges::equal(back->at("a").bytes(), counted(DType::kS32, 1000).bytes()));
    EXPECT_EQ(back->at("b").type(), (TensorType{DType::kF64, {0}}));
  }
}

TEST(Npz, EqualArraysGiveEqualFiles) {
  NamedLiterals arrays{{"a", counted(DType::kS32, 10)}};
  EXPECT_EQ(archive_of(arrays), archive_of(arrays));
}

TEST(Npz, ReadsAnArchiveWithoutArraysButWritesNone) {
  Bytes empty(22);
  std::ranges::copy(as_bytes("PK\5\6"), empty.begin());
  auto arrays = read_npz(empty, "x.npz", kLimit);
  ASSERT_TRUE(arrays.has_value()) << arrays.error().message();
  EXPECT_TRUE(arrays->empty());
  EXPECT_FALSE(write_npz({}, Compression::kStored).has_value());
}

TEST(Npz, NumbersAndOrdersArrays) {
  std::vector<Literal> twelve;
  for (int i = 0; i < 12; ++i) twelve.push_back(Literal::scalar<std::int32_t>(DType::kS32, i));
  auto ordered = in_order(numbered(twelve, "in"), "in", "x.npz");
  ASSERT_TRUE(ordered.has_value());
  for (int i = 0; i < 12; ++i) EXPECT_EQ((*ordered)[static_cast<std::size_t>(i)].int_at(0), i);
  auto gap = numbered(twelve, "in");
  gap.erase("in3");
  EXPECT_THAT(in_order(gap, "in", "x.npz").error().message(), HasSubstr("in3"));
  auto other = numbered(twelve, "in");
  other.emplace("label", twelve[0]);
  EXPECT_FALSE(in_order(other, "in", "x.npz").has_value());
}

TEST(Npz, RefusesMoreThanTheLimitByWhatIsDeclared) {
  Bytes file = archive_of({{"a", counted(DType::kS32, 1000)}, {"b", counted(DType::kS32, 1000)}});
  EXPECT_EQ(refusal(file, 8000).code, ErrorCode::kResource);
  EXPECT_TRUE(read_npz(file, "x.npz", 8256).has_value());
}

TEST(Npz, RefusesADeclaredSizeThatDeflateCannotReach) {
  Literal zeros(TensorType{DType::kS32, {1000}});
  Bytes file = replaced(archive_of({{"a", zeros}}), little_endian(4128), little_endian(0x7fffffff));
  EXPECT_THAT(refusal(file, std::size_t{1} << 32).message(), HasSubstr("declared size"));
}

TEST(Npz, RefusesAMemberThatIsLongerOrShorterThanDeclared) {
  Literal zeros(TensorType{DType::kS32, {1000}});
  Bytes file = archive_of({{"a", zeros}});
  refusal(replaced(file, little_endian(4128), little_endian(4127)));
  refusal(replaced(file, little_endian(4128), little_endian(4129)));
}

TEST(Npz, RefusesMembersThatAreNoArrays) {
  Bytes file = archive_of({{"a", counted(DType::kS32, 4)}});
  EXPECT_THAT(refusal(replaced(file, "a.npy", "a.txt")).message(), HasSubstr("a.txt"));
}

TEST(Npz, RefusesANameThatStandsTwice) {
  Bytes file = archive_of({{"aa", counted(DType::kS32, 4)}, {"bb", counted(DType::kS32, 4)}});
  refusal(replaced(file, "bb.npy", "aa.npy"));
}

TEST(Npz, RefusesOtherCompressionAndEncryption) {
  Bytes file = archive_of({{"a", counted(DType::kS32, 4)}});
  // The directory's entry: flags at 8, method at 10.
  auto directory =
      static_cast<std::size_t>(std::ranges::search(file, as_bytes("PK\1\2")).begin() - file.begin());
  Bytes bzip = file;
  bzip[directory + 10] = bzip[10 - 2] = std::byte{12};
  refusal(bzip);
  Bytes encrypted = file;
  encrypted[directory + 8] |= std::byte{1};
  encrypted[6] |= std::byte{1};
  refusal(encrypted);
}

TEST(Npz, RefusesADamagedMember) {
  Bytes file = archive_of({{"a", counted(DType::kS32, 100)}}, Compression::kStored);
  file[200] ^= std::byte{1};
  EXPECT_EQ(refusal(file).code, ErrorCode::kBadInput);
}

TEST(Npz, RefusesTooManyMembers) {
  NamedLiterals arrays;
  Literal one = Literal::scalar<std::uint8_t>(DType::kU8, 1);
  for (std::size_t i = 0; i <= limits::kParametersPerProgram; ++i)
    arrays.emplace("in" + std::to_string(i), one);
  EXPECT_EQ(refusal(archive_of(arrays, Compression::kStored)).code, ErrorCode::kResource);
}

TEST(Npz, RefusesEveryTruncationAndSurvivesEveryFlippedByte) {
  Bytes file = archive_of({{"a", counted(DType::kS32, 4)}});
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_FALSE(read_npz(ByteView(file).first(size), "x.npz", kLimit).has_value()) << size;
  }
  for (std::size_t i = 0; i < file.size(); ++i) {
    for (int flip : {1, 16, 128, 255}) {
      Bytes hostile = file;
      hostile[i] ^= static_cast<std::byte>(flip);
      auto arrays = read_npz(hostile, "x.npz", kLimit);
      if (arrays) {
        EXPECT_LE(arrays->size(), 1u);
      }
    }
  }
}

TEST(Npz, FilesRoundTrip) {
  std::string path = testing::TempDir() + "/spud_npz_test.npz";
  ASSERT_TRUE(write_npz_file(path, {{"out0", counted(DType::kF32, 3)}}, Compression::kStored).has_value());
  auto back = read_npz_file(path);
  ASSERT_TRUE(back.has_value());
  EXPECT_THAT(back->at("out0").as<float>(), ElementsAre(0, 1, 2));
  std::remove(path.c_str());
}

}  // namespace
}  // namespace spud::io
