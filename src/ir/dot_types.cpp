// SPDX-License-Identifier: Apache-2.0
#include "ir/dot_types.hpp"

#include <vector>

namespace spud::ir {
namespace {

/// Marks dimensions as taken; each number must be one of the shape's and named once.
Status take(const char* side, const std::vector<std::int64_t>& dimensions, std::vector<bool>& taken) {
  for (auto d : dimensions) {
    if (d < 0 || static_cast<std::size_t>(d) >= taken.size() || taken[static_cast<std::size_t>(d)]) {
      return bad_input(
          std::string(side) + " dimension " + std::to_string(d) + " is out of range or named twice", "",
          "distinct dimensions below " + std::to_string(taken.size()));
    }
    taken[static_cast<std::size_t>(d)] = true;
  }
  return {};
}

Status expect_equal_sizes(const char* kind, const Shape& lhs, const std::vector<std::int64_t>& lhs_dimensions,
                          const Shape& rhs, const std::vector<std::int64_t>& rhs_dimensions) {
  if (lhs_dimensions.size() != rhs_dimensions.size()) {
    return bad_input(std::string(kind) + " dimensions are " + std::to_string(lhs_dimensions.size()) +
                         " and " + std::to_string(rhs_dimensions.size()),
                     "", "equally many");
  }
  for (std::size_t i = 0; i < lhs_dimensions.size(); ++i) {
    auto left = lhs[static_cast<std::size_t>(lhs_dimensions[i])];
    auto right = rhs[static_cast<std::size_t>(rhs_dimensions[i])];
    if (left != right) {
      return bad_input(
          std::string(kind) + " sizes are " + std::to_string(left) + " and " + std::to_string(right), "",
          "equal");
    }
  }
  return {};
}

}  // namespace

Status check_dot(const ops::DotDimensions& dot, std::span<const TensorType> operands,
                 const TensorType& result) {
  if (operands.size() != 2) return bad_input(std::to_string(operands.size()) + " operands", "", "2");
  const auto& lhs = operands[0];
  const auto& rhs = operands[1];
  if (lhs.dtype != rhs.dtype || lhs.dtype == DType::kPred) {
    return bad_input("operands have types " + to_string(lhs) + " and " + to_string(rhs), "",
                     "one integer or float element type");
  }
  std::vector<bool> left(lhs.shape.size()), right(rhs.shape.size());
  SPUD_TRY(take("lhs batch", dot.lhs_batch, left));
  SPUD_TRY(take("lhs contracting", dot.lhs_contracting, left));
  SPUD_TRY(take("rhs batch", dot.rhs_batch, right));
  SPUD_TRY(take("rhs contracting", dot.rhs_contracting, right));
  SPUD_TRY(expect_equal_sizes("batch", lhs.shape, dot.lhs_batch, rhs.shape, dot.rhs_batch));
  SPUD_TRY(expect_equal_sizes("contracting", lhs.shape, dot.lhs_contracting, rhs.shape, dot.rhs_contracting));

  TensorType expected{lhs.dtype, {}};
  for (auto d : dot.lhs_batch) expected.shape.push_back(lhs.shape[static_cast<std::size_t>(d)]);
  for (std::size_t d = 0; d < left.size(); ++d) {
    if (!left[d]) expected.shape.push_back(lhs.shape[d]);
  }
  for (std::size_t d = 0; d < right.size(); ++d) {
    if (!right[d]) expected.shape.push_back(rhs.shape[d]);
  }
  if (result == expected) return {};
  return bad_input("result has type " + to_string(result), "", to_string(expected));
}

Status check_reduce(const ops::Attributes& attributes, std::span<const TensorType> operands,
                    const TensorType& result) {
  if (operands.size() != 2) return bad_input(std::to_string(operands.size()) + " operands", "", "2");
  const auto& x = operands[0];
  if (operands[1] != TensorType{x.dtype, {}}) {
    return bad_input("initial value has type " + to_string(operands[1]), "",
                     to_string(TensorType{x.dtype, {}}));
  }
  std::vector<bool> gone(x.shape.size());
  SPUD_TRY(take("reduced", attributes.dimensions, gone));
  TensorType expected{x.dtype, {}};
  for (std::size_t d = 0; d < gone.size(); ++d) {
    if (!gone[d]) expected.shape.push_back(x.shape[d]);
  }
  if (result != expected) return bad_input("result has type " + to_string(result), "", to_string(expected));
  if (attributes.reducer == ops::Reducer::kLast) return bad_input("a reduction keeps the last value");
  bool bitwise = attributes.reducer == ops::Reducer::kAnd || attributes.reducer == ops::Reducer::kOr;
  if (bitwise ? is_float(x.dtype) : x.dtype == DType::kPred) {
    return bad_input(std::string("reducer ") + to_string(attributes.reducer) + " of " + to_string(x.dtype));
  }
  return {};
}

}  // namespace spud::ir
