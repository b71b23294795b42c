// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/gather_roles.hpp"

#include <algorithm>

namespace spud::compiler {

using Dimensions = Emitter::Dimensions;
using Value = Emitter::Value;

namespace {

Status expect_list(const char* what, const Dimensions& list, std::size_t rank, bool is_sorted) {
  Dimensions sorted = list;
  std::ranges::sort(sorted);
  const bool distinct = std::ranges::adjacent_find(sorted) == sorted.end();
  const bool there =
      sorted.empty() || (sorted.front() >= 0 && sorted.back() < static_cast<std::int64_t>(rank));
  if (distinct && there && (!is_sorted || sorted == list)) return {};
  return bad_input(std::string(what) + " are " + spud::to_string(list), "",
                   std::string(is_sorted ? "in order, " : "") + "distinct and below " + std::to_string(rank));
}

}  // namespace

bool contains(const Dimensions& list, std::int64_t d) {
  return std::ranges::find(list, d) != list.end();
}

void append(Dimensions& to, const Dimensions& from) {
  to.insert(to.end(), from.begin(), from.end());
}

Shape sizes_of(const Shape& shape, const Dimensions& dimensions) {
  Shape out;
  for (auto d : dimensions) out.push_back(shape[static_cast<std::size_t>(d)]);
  return out;
}

Dimensions inverse(const Dimensions& order) {
  Dimensions out(order.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    out[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
  return out;
}

Result<Roles> Roles::of(const HloGather& numbers, const Shape& operand, const Shape& indices,
                        std::size_t result_rank) {
  Roles roles{numbers, operand, indices, {}, {}, {}};
  const std::size_t rank = operand.size();
  SPUD_TRY(expect_list("collapsed dimensions", numbers.collapsed, rank, true));
  SPUD_TRY(expect_list("batching dimensions", numbers.batching, rank, false));
  SPUD_TRY(expect_list("dimensions of an index", numbers.start_map, rank, false));
  SPUD_TRY(expect_list("window dimensions", numbers.offset, result_rank, true));
  const auto vector = static_cast<std::size_t>(numbers.index_vector);
  if (vector > indices.size()) return bad_input("index vector dimension " + std::to_string(vector));
  const std::int64_t components = vector == indices.size() ? 1 : indices[vector];
  if (components != static_cast<std::int64_t>(numbers.start_map.size())) {
    return bad_input("indices of " + std::to_string(components) + " components", "",
                     std::to_string(numbers.start_map.size()));
  }
  SPUD_TRY(expect_list("batching dimensions of the indices", numbers.index_batching, indices.size(), false));
  if (numbers.index_batching.size() != numbers.batching.size() ||
      contains(numbers.index_batching, numbers.index_vector)) {
    return bad_input("batching dimensions of operand and indices do not pair up");
  }
  for (std::size_t i = 0; i < numbers.batching.size(); ++i) {
    const auto d = numbers.batching[i];
    if (contains(numbers.collapsed, d) || contains(numbers.start_map, d) ||
        operand[static_cast<std::size_t>(d)] !=
            indices[static_cast<std::size_t>(numbers.index_batching[i])]) {
      return bad_input("batching dimension " + std::to_string(d) + " has another size or role too");
    }
  }
  for (std::int64_t d = 0; d < static_cast<std::int64_t>(indices.size()); ++d) {
    if (d != numbers.index_vector && !contains(numbers.index_batching, d)) roles.index_others.push_back(d);
  }
  roles.index_batch = numbers.index_batching;
  for (std::int64_t d = 0; d < static_cast<std::int64_t>(rank); ++d) {
    if (!contains(numbers.collapsed, d) && !contains(numbers.batching, d)) roles.window.push_back(d);
  }
  if (roles.window.size() != numbers.offset.size() ||
      result_rank != numbers.offset.size() + roles.index_batch.size() + roles.index_others.size()) {
    return bad_input(
        "a window of " + std::to_string(roles.window.size()) + " dimensions", "",
        std::to_string(numbers.offset.size()) + " in a result of rank " + std::to_string(result_rank));
  }
  return roles;
}

Value Roles::component(Emitter& e, Value starts, std::size_t k) const {
  Dimensions order = index_batch;
  append(order, index_others);
  if (static_cast<std::size_t>(numbers.index_vector) < indices.size()) {
    order.push_back(numbers.index_vector);
    starts = e.transpose(starts, order);
    Dimensions begin(order.size(), 0), end = e.shape(starts);
    begin.back() = static_cast<std::int64_t>(k);
    end.back() = begin.back() + 1;
    starts = e.slice(starts, begin, end);
  } else {
    starts = e.transpose(starts, order);
  }
  return e.reshape(starts, {batch(), picks()});
}

Dimensions Roles::result_order(std::size_t result_rank) const {
  Dimensions places;  // of the indices' dimensions without the vector, in order
  for (std::int64_t d = 0; d < static_cast<std::int64_t>(result_rank); ++d)
    if (!contains(numbers.offset, d)) places.push_back(d);
  auto place = [&](std::int64_t index_dimension) {
    const bool behind = index_dimension > numbers.index_vector;
    return places[static_cast<std::size_t>(index_dimension - (behind ? 1 : 0))];
  };
  Dimensions out;
  for (auto d : index_batch) out.push_back(place(d));
  for (auto d : index_others) out.push_back(place(d));
  append(out, numbers.offset);
  return out;
}

}  // namespace spud::compiler
