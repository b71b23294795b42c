// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/sums_of_products.hpp"

#include <algorithm>
#include <numeric>

#include "compiler/passes/constants.hpp"
#include "compiler/passes/rewrite.hpp"

namespace spud::compiler {
namespace {

using ir::Instruction;
using ir::RegionBuilder;
using ir::ValueId;
using ir::ValueInfo;
using ir::Visibility;
using ops::Opcode;
using Dimensions = std::vector<std::int64_t>;

/// A factor of the product, before it was broadcast; of each dimension of the product its own, or −1.
struct Factor {
  ValueId value;
  Dimensions own;
};

Factor factor(const RegionBuilder& builder, ValueId value) {
  const auto rank = builder.info(value).type.shape.size();
  Factor out{value, Dimensions(rank)};
  std::iota(out.own.begin(), out.own.end(), 0);
  const auto* broadcast = builder.definition(value);
  if (broadcast == nullptr || broadcast->opcode != Opcode::kBroadcast) return out;
  out.value = broadcast->operands[0];
  std::ranges::fill(out.own, -1);
  for (std::size_t i = 0; i < broadcast->attributes.dimensions.size(); ++i)
    out.own[static_cast<std::size_t>(broadcast->attributes.dimensions[i])] = static_cast<std::int64_t>(i);
  return out;
}

/// A dot product of the factors and the order of its result's dimensions; nullopt where a summed dimension is
/// not in both, or a kept one in neither.
struct Dot {
  ops::DotDimensions dimensions;
  Dimensions order;  ///< dimension i of the sum is dimension order[i] of the dot product
};

std::optional<Dot> dot_of(const Factor& a, const Factor& b, const Dimensions& summed) {
  Dot out;
  Dimensions batch, left, right, kept;
  for (std::size_t d = 0; d < a.own.size(); ++d) {
    const auto dimension = static_cast<std::int64_t>(d);
    const bool in_a = a.own[d] >= 0, in_b = b.own[d] >= 0;
    if (std::ranges::find(summed, dimension) != summed.end()) {
      if (!in_a || !in_b) return std::nullopt;
      out.dimensions.lhs_contracting.push_back(a.own[d]);
      out.dimensions.rhs_contracting.push_back(b.own[d]);
      continue;
    }
    if (!in_a && !in_b) return std::nullopt;
    kept.push_back(dimension);
    if (in_a && in_b) {
      batch.push_back(dimension);
      out.dimensions.lhs_batch.push_back(a.own[d]);
      out.dimensions.rhs_batch.push_back(b.own[d]);
    } else {
      (in_a ? left : right).push_back(dimension);
    }
  }
  // Free dimensions come in the factors' own order.
  std::ranges::sort(left, {}, [&](auto d) { return a.own[static_cast<std::size_t>(d)]; });
  std::ranges::sort(right, {}, [&](auto d) { return b.own[static_cast<std::size_t>(d)]; });
  Dimensions made = batch;
  made.insert(made.end(), left.begin(), left.end());
  made.insert(made.end(), right.begin(), right.end());
  for (auto d : kept) out.order.push_back(std::ranges::find(made, d) - made.begin());
  return out;
}

class Sums {
 public:
  explicit Sums(const ir::Region& region) : alone_(region.values.size(), false) {
    std::vector<std::uint32_t> uses(region.values.size(), 0);
    for (const auto& instruction : region.instructions)
      for (auto operand : instruction.operands) ++uses[operand];
    for (auto result : region.results) ++uses[result];
    for (const auto& instruction : region.instructions) {
      if (instruction.opcode == Opcode::kReduce)
        alone_[instruction.first_result] = uses[instruction.operands[0]] == 1;
    }
  }

  std::optional<ValueId> apply(RegionBuilder& builder, const Instruction& reduce,
                               const ValueInfo& result) const {
    if (reduce.opcode != Opcode::kReduce || reduce.attributes.reducer != ops::Reducer::kAdd ||
        result.visibility != Visibility::kSecret || result.type.dtype == DType::kPred ||
        !is_splat_of(builder, reduce.operands[1], 0))
      return std::nullopt;
    const auto* found = builder.definition(reduce.operands[0]);
    if (found == nullptr || found->opcode != Opcode::kMultiply) return std::nullopt;
    const Instruction product = *found;
    if (is_float(result.type.dtype)) {
      for (std::size_t one : {0, 1}) {
        if (auto scalar = splat(builder, product.operands[one]))
          return scaled(builder, reduce, product.operands[1 - one], *scalar, result);
      }
    }
    if (!alone_[reduce.first_result]) return std::nullopt;
    Factor a = factor(builder, product.operands[0]), b = factor(builder, product.operands[1]);
    auto dot = dot_of(a, b, reduce.attributes.dimensions);
    if (!dot) return std::nullopt;
    Shape made(dot->order.size());
    for (std::size_t i = 0; i < made.size(); ++i)
      made[static_cast<std::size_t>(dot->order[i])] = result.type.shape[i];
    ops::Attributes attributes;
    attributes.dot = std::move(dot->dimensions);
    const ValueInfo info{{result.type.dtype, made}, result.visibility};
    const ValueId value =
        builder.add(Opcode::kDot, std::move(attributes), {a.value, b.value}, info, reduce.origin);
    if (std::ranges::is_sorted(dot->order)) return value;
    ops::Attributes order;
    order.dimensions = dot->order;
    return builder.add(Opcode::kTranspose, std::move(order), {value}, result, reduce.origin);
  }

 private:
  static std::optional<ValueId> scaled(RegionBuilder& builder, const Instruction& reduce, ValueId value,
                                       const Literal& scalar, const ValueInfo& result) {
    if (builder.info(value).visibility != Visibility::kSecret) return std::nullopt;
    const ValueId sum =
        builder.add(Opcode::kReduce, reduce.attributes, {value, reduce.operands[1]}, result, reduce.origin);
    const ValueId factor = add_splat(builder, scalar, result.type.shape, reduce.origin);
    return builder.add(Opcode::kMultiply, {}, {sum, factor}, result, reduce.origin);
  }

  std::vector<bool> alone_;  ///< by a reduction's number before the rewrite: nothing else uses its operand
};

}  // namespace

void find_sums_of_products(ir::Region& region) {
  rewrite(region, [](const ir::Region& before) {
    return
        [sums = Sums(before)](RegionBuilder& builder, const Instruction& instruction,
                              const ValueInfo& result) { return sums.apply(builder, instruction, result); };
  });
}

}  // namespace spud::compiler
