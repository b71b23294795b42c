// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/random_bits.hpp"

#include <gmock/gmock.h>

#include "compiler/plan_text_test.hpp"
#include "ops/plain/evaluate.hpp"

namespace spud::compiler {
namespace {

using testing::compiled;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::HloBuilder;
using testing::text;

constexpr std::int64_t kDefault = 0, kThreefry = 1, kPhilox = 2;

/// The next state and the bits, as the operations compute them in plain.
std::vector<std::vector<std::uint64_t>> drawn(std::int64_t algorithm, const std::vector<std::uint64_t>& state,
                                              const TensorType& bits) {
  const TensorType type{DType::kU64, {static_cast<std::int64_t>(state.size())}};
  ir::RegionBuilder builder({{type, ir::Visibility::kPublic}});
  const auto made = random_bits(builder, "rng", 0, algorithm, bits);
  const ir::Region region = std::move(builder).finish(made);
  std::vector<Literal> values{Literal(type)};
  std::ranges::copy(state, values[0].writable<std::uint64_t>().begin());
  for (const auto& instruction : region.instructions) {
    std::vector<Literal> operands;
    for (auto id : instruction.operands) operands.push_back(values[id]);
    auto value = ops::plain::evaluate(instruction.opcode, instruction.attributes, operands,
                                      region.values[instruction.first_result].type);
    EXPECT_TRUE(value) << value.error().message();
    values.push_back(value->at(0));
  }
  EXPECT_EQ(values[region.results[1]].type(), bits);
  std::vector<std::vector<std::uint64_t>> out;
  for (auto id : region.results) {
    out.emplace_back();
    const std::uint64_t mask = ~std::uint64_t{0} >> (64 - bit_width(values[id].dtype()));
    for (std::int64_t i = 0; i < values[id].elements(); ++i)
      out.back().push_back(static_cast<std::uint64_t>(values[id].int_at(i)) & mask);
  }
  return out;
}

const std::vector<std::uint64_t> kState{0x200000001, 0x400000003};

// Expected numbers are those of XLA's CPU, by way of jax 0.4.34.
TEST(RandomBits, ByThreefryAreXlas) {
  const auto words = drawn(kThreefry, kState, {DType::kU32, {5}});
  EXPECT_THAT(words[0], ElementsAre(kState[0], kState[1] + 3));
  EXPECT_THAT(words[1], ElementsAre(1576285164, 2249660814, 740599976, 2425682526, 2436392515));
  // Narrow ones are the lower bits of as many words.
  EXPECT_THAT(
      drawn(kThreefry, kState, {DType::kU8, {5}})[1],
      ElementsAre(1576285164 % 256, 2249660814 % 256, 740599976 % 256, 2425682526 % 256, 2436392515 % 256));
}

TEST(RandomBits, ByPhiloxAreXlas) {
  for (auto algorithm : {kDefault, kPhilox}) {
    const auto words = drawn(algorithm, kState, {DType::kU32, {5}});
    EXPECT_THAT(words[0], ElementsAre(kState[0], kState[1] + 2));
    EXPECT_THAT(words[1], ElementsAre(512747620, 1298009047, 1267190206, 761827841, 1383286907));
  }
  // A block has two words of 64 bits, the lower half first.
  EXPECT_EQ(drawn(kPhilox, kState, {DType::kU64, {}})[1][0], 512747620 + (std::uint64_t{1298009047} << 32));
}

TEST(RandomBits, CountOnToTheUpperHalfOfALongCounter) {
  const auto next = drawn(kPhilox, {1, ~std::uint64_t{0}, 7}, {DType::kU32, {4}});
  EXPECT_THAT(next[0], ElementsAre(1, 0, 8));
  const auto short_counter = drawn(kThreefry, {1, ~std::uint64_t{0}}, {DType::kU64, {3}});
  EXPECT_THAT(short_counter[0], ElementsAre(1, 2));
}

TEST(RandomBits, OfShapesWithoutElementsOrDimensions) {
  for (auto algorithm : {kThreefry, kPhilox}) {
    EXPECT_EQ(drawn(algorithm, kState, {DType::kU16, {0, 3}})[1].size(), 0u);
    EXPECT_EQ(drawn(algorithm, kState, {DType::kS32, {}})[1].size(), 1u);
    EXPECT_EQ(drawn(algorithm, kState, {DType::kU32, {3, 5}})[1].size(), 15u);
  }
}

std::string compiled_with(hlo::RandomAlgorithm algorithm, const TensorType& state, const TensorType& bits) {
  HloBuilder hlo;
  hlo.computation("main");
  auto x = hlo.parameter(state);
  hlo.add("rng-bit-generator", std::vector{state, bits}, {x});
  hlo.last().set_rng_algorithm(algorithm);
  return text(compiled(hlo, {ir::Visibility::kPublic}));
}

TEST(RandomBits, OfAnotherStateOrTypeAreRefused) {
  const TensorType state{DType::kU64, {2}}, bits{DType::kU32, {4}};
  EXPECT_THAT(compiled_with(hlo::RNG_THREE_FRY, state, bits), HasSubstr("xor"));
  EXPECT_THAT(compiled_with(hlo::RNG_THREE_FRY, {DType::kU64, {3}}, bits), HasSubstr("expected u64[2]"));
  EXPECT_THAT(compiled_with(hlo::RNG_PHILOX, {DType::kU32, {4}}, bits),
              HasSubstr("expected u64[2] or u64[3]"));
  EXPECT_THAT(compiled_with(hlo::RNG_DEFAULT, state, {DType::kF32, {4}}), HasSubstr("an array of integers"));
  EXPECT_THAT(compiled_with(static_cast<hlo::RandomAlgorithm>(9), state, bits),
              HasSubstr("random bits by algorithm 9"));
}

}  // namespace
}  // namespace spud::compiler
