// SPDX-License-Identifier: Apache-2.0
// A mask belongs to a value: who uses it again, arranged as it may be, opens nothing more of it.
#include <gtest/gtest.h>

#include "ir/builder.hpp"
#include "ir/verify.hpp"
#include "vm/run.hpp"

namespace spud::contract {
namespace {

using ops::Opcode;

constexpr auto kSecret = ir::Visibility::kSecret;
const ir::ValueInfo kMatrix{{DType::kF32, {6, 4}}, kSecret};
const ir::ValueInfo kColumn{{DType::kF32, {4}}, kSecret};
const ir::ValueInfo kRow{{DType::kF32, {6}}, kSecret};

/// matrix · column and row · matrix, of one matrix or of two.
ir::Plan two_products(bool one_matrix) {
  std::vector<ir::ValueInfo> parameters{kMatrix, kMatrix, kColumn, kRow};
  ops::Attributes along, across;
  along.dot = {.lhs_contracting = {1}, .rhs_contracting = {0}, .lhs_batch = {}, .rhs_batch = {}};
  across.dot = {.lhs_contracting = {0}, .rhs_contracting = {0}, .lhs_batch = {}, .rhs_batch = {}};
  ir::RegionBuilder main(parameters);
  auto right = main.add(Opcode::kDot, along, {0, 2}, kRow, "right");
  auto left = main.add(Opcode::kDot, across, {3, one_matrix ? 0u : 1u}, kColumn, "left");
  ir::Plan plan;
  plan.compiler_version = "test";
  for (std::size_t i = 0; i < parameters.size(); ++i)
    plan.inputs.push_back({"in" + std::to_string(i), parameters[i]});
  plan.main = std::move(main).finish({right, left});
  EXPECT_TRUE(ir::verify(plan).has_value());
  return plan;
}

vm::Traffic traffic(const ir::Plan& plan) {
  std::vector<vm::Input> inputs;
  for (const auto& input : plan.inputs) {
    inputs.emplace_back(
        alu::StoredShare{input.info.type,
                         alu::element_format(input.info.type.dtype, {plan.ring_bits, plan.fraction_bits}),
                         {}});
  }
  auto out = vm::forecast(plan, vm::Seat{vm::ProtocolKind::kSemi2k, Rank{0}, 2}, inputs);
  EXPECT_TRUE(out.has_value()) << out.error().message();
  return out->traffic;
}

TEST(SharedMask, OfAMatrixServesItsProductsFromBothSides) {
  const auto one = traffic(two_products(true)), two = traffic(two_products(false));
  EXPECT_EQ(two.opened_bits - one.opened_bits, 64u * 6 * 4);
  EXPECT_EQ(one.rounds, two.rounds);
}

}  // namespace
}  // namespace spud::contract
