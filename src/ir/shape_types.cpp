// SPDX-License-Identifier: Apache-2.0
#include "ir/shape_types.hpp"

#include <algorithm>
#include <vector>

#include "base/limits.hpp"

namespace spud::ir {
namespace {

using ops::Opcode;

Status wrong(const std::string& what, const std::string& got, const std::string& expected) {
  return bad_input(what + " " + got, "", expected);
}

Status expect_result(const TensorType& result, DType dtype, const Shape& shape) {
  TensorType expected{dtype, shape};
  if (result == expected) return {};
  return wrong("result has type", to_string(result), to_string(expected));
}

Status expect_count(std::span<const TensorType> operands, std::size_t count) {
  if (operands.size() == count) return {};
  return wrong("operand count is", std::to_string(operands.size()), std::to_string(count));
}

/// One entry a dimension of the operand.
Status expect_length(const char* name, const std::vector<std::int64_t>& list, std::size_t rank) {
  if (list.size() == rank) return {};
  return wrong(std::string(name) + " has length", std::to_string(list.size()), std::to_string(rank));
}

/// Distinct numbers of dimensions of a tensor of this rank.
Status expect_dimensions(const std::vector<std::int64_t>& dimensions, std::size_t rank) {
  std::vector<bool> seen(rank);
  for (auto d : dimensions) {
    if (d < 0 || static_cast<std::size_t>(d) >= rank || seen[static_cast<std::size_t>(d)]) {
      return wrong("dimensions are", to_string(dimensions),
                   "distinct, 0 or more and less than " + std::to_string(rank));
    }
    seen[static_cast<std::size_t>(d)] = true;
  }
  return {};
}

Status check_iota(const ops::Attributes& attributes, std::span<const TensorType> operands,
                  const TensorType& result) {
  SPUD_TRY(expect_count(operands, 0));
  SPUD_TRY(expect_length("dimensions", attributes.dimensions, 1));
  SPUD_TRY(expect_dimensions(attributes.dimensions, result.shape.size()));
  if (result.dtype == DType::kPred) return wrong("element type is", "pred", "an integer or float");
  return {};
}

Status check_broadcast(const ops::Attributes& attributes, const TensorType& x, const TensorType& result) {
  SPUD_TRY(expect_length("dimensions", attributes.dimensions, x.shape.size()));
  SPUD_TRY(expect_dimensions(attributes.dimensions, result.shape.size()));
  Shape expected = result.shape;
  for (std::size_t d = 0; d < x.shape.size(); ++d) {
    expected[static_cast<std::size_t>(attributes.dimensions[d])] = x.shape[d];
  }
  return expect_result(result, x.dtype, expected);
}

Status check_reshape(const TensorType& x, const TensorType& result) {
  if (x.dtype == result.dtype && x.elements() == result.elements()) return {};
  return wrong("result has type", to_string(result), "the element type and count of " + to_string(x));
}

Status check_transpose(const ops::Attributes& attributes, const TensorType& x, const TensorType& result) {
  SPUD_TRY(expect_length("dimensions", attributes.dimensions, x.shape.size()));
  SPUD_TRY(expect_dimensions(attributes.dimensions, x.shape.size()));
  Shape expected;
  for (auto d : attributes.dimensions) expected.push_back(x.shape[static_cast<std::size_t>(d)]);
  return expect_result(result, x.dtype, expected);
}

Status check_slice(const ops::Attributes& a, const TensorType& x, const TensorType& result) {
  SPUD_TRY(expect_length("start", a.start, x.shape.size()));
  SPUD_TRY(expect_length("limit", a.limit, x.shape.size()));
  SPUD_TRY(expect_length("stride", a.stride, x.shape.size()));
  Shape expected;
  for (std::size_t d = 0; d < x.shape.size(); ++d) {
    if (a.start[d] < 0 || a.start[d] > a.limit[d] || a.limit[d] > x.shape[d] || a.stride[d] < 1) {
      return wrong(
          "slice of dimension " + std::to_string(d) + " is",
          std::to_string(a.start[d]) + ":" + std::to_string(a.limit[d]) + ":" + std::to_string(a.stride[d]),
          "0 <= start <= limit <= " + std::to_string(x.shape[d]) + " and a stride of 1 or more");
    }
    std::int64_t span = a.limit[d] - a.start[d];
    expected.push_back(span / a.stride[d] + (span % a.stride[d] != 0));
  }
  return expect_result(result, x.dtype, expected);
}

Status check_concatenate(const ops::Attributes& attributes, std::span<const TensorType> operands,
                         const TensorType& result) {
  if (operands.empty()) return wrong("operand count is", "0", "1 or more");
  SPUD_TRY(expect_length("dimensions", attributes.dimensions, 1));
  SPUD_TRY(expect_dimensions(attributes.dimensions, operands[0].shape.size()));
  auto along = static_cast<std::size_t>(attributes.dimensions[0]);
  Shape expected = operands[0].shape;
  for (std::size_t i = 1; i < operands.size(); ++i) {
    Shape like = operands[i].shape;
    if (like.size() == expected.size()) like[along] = expected[along];
    if (operands[i].dtype != operands[0].dtype || like != expected) {
      return wrong("operand " + std::to_string(i) + " has type", to_string(operands[i]),
                   to_string(operands[0]) + " up to dimension " + std::to_string(along));
    }
    // Each is at most 2^31, so the sum of a million operands does not overflow.
    expected[along] += operands[i].shape[along];
  }
  return expect_result(result, operands[0].dtype, expected);
}

Status check_pad(const ops::Attributes& a, std::span<const TensorType> operands, const TensorType& result) {
  const auto& x = operands[0];
  if (operands[1] != TensorType{x.dtype, {}}) {
    return wrong("padding value has type", to_string(operands[1]), to_string(TensorType{x.dtype, {}}));
  }
  SPUD_TRY(expect_length("low padding", a.low, x.shape.size()));
  SPUD_TRY(expect_length("high padding", a.high, x.shape.size()));
  SPUD_TRY(expect_length("interior padding", a.interior, x.shape.size()));
  Shape expected;
  for (std::size_t d = 0; d < x.shape.size(); ++d) {
    constexpr std::int64_t kMost = limits::kElementsPerTensor;
    auto sane = [](std::int64_t amount) { return amount >= -kMost && amount <= kMost; };
    if (!sane(a.low[d]) || !sane(a.high[d]) || !sane(a.interior[d]) || a.interior[d] < 0) {
      return wrong(
          "padding of dimension " + std::to_string(d) + " is",
          std::to_string(a.low[d]) + "_" + std::to_string(a.high[d]) + "_" + std::to_string(a.interior[d]),
          "amounts up to " + std::to_string(kMost) + ", the interior one 0 or more");
    }
    // |low|, |high| <= 2^31 and x, interior <= 2^31: no term passes 2^62.
    std::int64_t inner = x.shape[d] == 0 ? 0 : x.shape[d] + (x.shape[d] - 1) * a.interior[d];
    expected.push_back(a.low[d] + inner + a.high[d]);
    if (expected.back() < 0)
      return wrong("padded dimension is", std::to_string(expected.back()), "0 or more");
  }
  return expect_result(result, x.dtype, expected);
}

Status check_starts(std::span<const TensorType> starts, std::size_t rank) {
  if (starts.size() != rank) {
    return wrong("start indices are", std::to_string(starts.size()),
                 std::to_string(rank) + " scalars, one a dimension");
  }
  for (const auto& start : starts) {
    if (!start.shape.empty() || !is_integer(start.dtype) || start != starts[0]) {
      return wrong("a start index has type", to_string(start),
                   "an integer scalar, the same for all dimensions");
    }
  }
  return {};
}

Status expect_window(const Shape& window, const Shape& shape) {
  bool fits = window.size() == shape.size();
  for (std::size_t d = 0; fits && d < shape.size(); ++d) fits = window[d] >= 0 && window[d] <= shape[d];
  if (fits) return {};
  return wrong("slice has shape", to_string(window), "at most " + to_string(shape));
}

Status check_dynamic_slice(const ops::Attributes& attributes, std::span<const TensorType> operands,
                           const TensorType& result) {
  if (operands.empty()) return wrong("operand count is", "0", "1 or more");
  SPUD_TRY(check_starts(operands.subspan(1), operands[0].shape.size()));
  SPUD_TRY(expect_window(attributes.sizes, operands[0].shape));
  return expect_result(result, operands[0].dtype, attributes.sizes);
}

Status check_dynamic_update_slice(std::span<const TensorType> operands, const TensorType& result) {
  if (operands.size() < 2) return wrong("operand count is", std::to_string(operands.size()), "2 or more");
  SPUD_TRY(check_starts(operands.subspan(2), operands[0].shape.size()));
  SPUD_TRY(expect_window(operands[1].shape, operands[0].shape));
  if (operands[1].dtype != operands[0].dtype) {
    return wrong("update has type", to_string(operands[1]),
                 std::string("elements of ") + to_string(operands[0].dtype));
  }
  return expect_result(result, operands[0].dtype, operands[0].shape);
}

}  // namespace

Status check_shape_operation(Opcode opcode, const ops::Attributes& attributes,
                             std::span<const TensorType> operands, const TensorType& result) {
  switch (opcode) {
    case Opcode::kIota:
      return check_iota(attributes, operands, result);
    case Opcode::kConcatenate:
      return check_concatenate(attributes, operands, result);
    case Opcode::kDynamicSlice:
      return check_dynamic_slice(attributes, operands, result);
    case Opcode::kDynamicUpdateSlice:
      return check_dynamic_update_slice(operands, result);
    case Opcode::kPad:
      SPUD_TRY(expect_count(operands, 2));
      return check_pad(attributes, operands, result);
    default:
      break;
  }
  SPUD_TRY(expect_count(operands, 1));
  const auto& x = operands[0];
  switch (opcode) {
    case Opcode::kBroadcast:
      return check_broadcast(attributes, x, result);
    case Opcode::kReshape:
      return check_reshape(x, result);
    case Opcode::kTranspose:
      return check_transpose(attributes, x, result);
    case Opcode::kSlice:
      return check_slice(attributes, x, result);
    case Opcode::kReverse:
      SPUD_TRY(expect_dimensions(attributes.dimensions, x.shape.size()));
      return expect_result(result, x.dtype, x.shape);
    default:
      return fail(ErrorCode::kInternal, "not an operation that moves elements");
  }
}

}  // namespace spud::ir
