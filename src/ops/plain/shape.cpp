// SPDX-License-Identifier: Apache-2.0
// Operations that move elements without looking at them: each is one strided copy.
#include <algorithm>

#include "ops/plain/element.hpp"
#include "ops/plain/families.hpp"
#include "ops/plain/rows.hpp"

namespace spud::ops::plain {
namespace {

/// out[to] = in[from] over `shape`, whatever the elements are.
void copy(const Shape& shape, Literal& out, const View& to, const Literal& in, const View& from) {
  SPUD_CHECK(in.dtype() == out.dtype(), "moving elements keeps their type");
  switch (byte_width(out.dtype())) {
    case 1:
      return copy_rows(shape, out.writable<std::uint8_t>().data(), to, in.as<std::uint8_t>().data(), from);
    case 2:
      return copy_rows(shape, out.writable<std::uint16_t>().data(), to, in.as<std::uint16_t>().data(), from);
    case 4:
      return copy_rows(shape, out.writable<std::uint32_t>().data(), to, in.as<std::uint32_t>().data(), from);
    default:
      return copy_rows(shape, out.writable<std::uint64_t>().data(), to, in.as<std::uint64_t>().data(), from);
  }
}

View dense(const Shape& shape) {
  return {dense_strides(shape), 0};
}

/// Where a window of `sizes` may start at the latest is the operand's size less the window's; starts are
/// moved there.
View window(const Shape& operand, const Shape& sizes, std::span<const Literal> starts) {
  SPUD_CHECK(sizes.size() == operand.size() && starts.size() == operand.size(),
             "a window has a start a dimension");
  View view = dense(operand);
  for (std::size_t d = 0; d < operand.size(); ++d) {
    SPUD_CHECK(starts[d].elements() == 1 && is_integer(starts[d].dtype()), "a start is an integer scalar");
    SPUD_CHECK(sizes[d] <= operand[d], "a window fits its operand");
    std::int64_t last = operand[d] - sizes[d];
    std::int64_t start = starts[d].int_at(0);
    bool huge = starts[d].dtype() == DType::kU64 && start < 0;
    view.offset += (huge ? last : std::clamp<std::int64_t>(start, 0, last)) * view.strides[d];
  }
  return view;
}

}  // namespace

Literal iota(std::int64_t dimension, const TensorType& result) {
  SPUD_CHECK(dimension >= 0 && static_cast<std::size_t>(dimension) < result.shape.size(),
             "iota counts along a dimension");
  std::int64_t size = result.shape[dimension];
  Literal line(TensorType{result.dtype, {size}});
  for (std::int64_t i = 0; i < size; ++i) {
    if (is_float(result.dtype)) {
      line.set_float(i, static_cast<double>(i));
    } else {
      line.set_int(i, i);
    }
  }
  return broadcast(line, std::array{dimension}, result);
}

Literal broadcast(const Literal& x, std::span<const std::int64_t> dimensions, const TensorType& result) {
  SPUD_CHECK(dimensions.size() == x.shape().size(), "a broadcast places every dimension of its operand");
  Strides own = dense_strides(x.shape());
  View from{Strides(result.shape.size()), 0};
  for (std::size_t d = 0; d < dimensions.size(); ++d) {
    auto to = static_cast<std::size_t>(dimensions[d]);
    SPUD_CHECK(to < result.shape.size(), "a broadcast dimension exists in the result");
    SPUD_CHECK(x.shape()[d] == result.shape[to] || x.shape()[d] == 1,
               "a broadcast dimension keeps its size or is 1");
    from.strides[to] = x.shape()[d] == 1 ? 0 : own[d];
  }
  Literal out(result);
  copy(result.shape, out, dense(result.shape), x, from);
  return out;
}

Literal transpose(const Literal& x, std::span<const std::int64_t> permutation, const TensorType& result) {
  SPUD_CHECK(permutation.size() == x.shape().size() && result.shape.size() == permutation.size(),
             "a transpose names every dimension");
  Strides own = dense_strides(x.shape());
  View from;
  for (std::size_t d = 0; d < permutation.size(); ++d) {
    auto source = static_cast<std::size_t>(permutation[d]);
    SPUD_CHECK(source < own.size() && result.shape[d] == x.shape()[source],
               "a transpose keeps its dimensions' sizes");
    from.strides.push_back(own[source]);
  }
  Literal out(result);
  copy(result.shape, out, dense(result.shape), x, from);
  return out;
}

Literal slice(const Literal& x, std::span<const std::int64_t> start, std::span<const std::int64_t> stride,
              const TensorType& result) {
  SPUD_CHECK(start.size() == x.shape().size() && stride.size() == start.size() &&
                 result.shape.size() == start.size(),
             "a slice has a start and a stride a dimension");
  View from = dense(x.shape());
  for (std::size_t d = 0; d < start.size(); ++d) {
    SPUD_CHECK(result.shape[d] == 0 || (start[d] >= 0 && stride[d] > 0 &&
                                        start[d] + (result.shape[d] - 1) * stride[d] < x.shape()[d]),
               "a slice lies within its operand");
    from.offset += start[d] * from.strides[d];
    from.strides[d] *= stride[d];
  }
  Literal out(result);
  copy(result.shape, out, dense(result.shape), x, from);
  return out;
}

Literal windows(const Literal& x, const Attributes& attributes, const TensorType& result) {
  const Strides own = dense_strides(x.shape());
  View from{{}, 0};
  for (std::size_t d = 0; d < own.size(); ++d) from.strides.push_back(own[d] * attributes.stride[d]);
  for (std::size_t d = 0; d < own.size(); ++d) from.strides.push_back(own[d] * (attributes.interior[d] + 1));
  Literal out(result);
  copy(result.shape, out, dense(result.shape), x, from);
  return out;
}

Literal concatenate(std::span<const Literal> operands, std::int64_t dimension, const TensorType& result) {
  SPUD_CHECK(dimension >= 0 && static_cast<std::size_t>(dimension) < result.shape.size(),
             "a concatenation is along a dimension");
  Literal out(result);
  View to = dense(result.shape);
  std::int64_t filled = 0;
  for (const auto& operand : operands) {
    SPUD_CHECK(operand.shape().size() == result.shape.size(), "concatenated tensors have one rank");
    filled += operand.shape()[dimension];
    SPUD_CHECK(filled <= result.shape[dimension], "concatenated tensors fit the result");
    for (std::size_t d = 0; d < result.shape.size(); ++d) {
      SPUD_CHECK(d == static_cast<std::size_t>(dimension) || operand.shape()[d] == result.shape[d],
                 "concatenated tensors differ along one dimension only");
    }
    copy(operand.shape(), out, to, operand, dense(operand.shape()));
    to.offset += operand.shape()[dimension] * to.strides[dimension];
  }
  SPUD_CHECK(filled == result.shape[dimension], "concatenated tensors fill the result");
  return out;
}

Literal pad(const Literal& x, const Literal& value, const Attributes& attributes, const TensorType& result) {
  const Shape& shape = x.shape();
  SPUD_CHECK(attributes.low.size() == shape.size() && attributes.high.size() == shape.size() &&
                 attributes.interior.size() == shape.size() && result.shape.size() == shape.size(),
             "padding is given for every dimension");
  Literal out = broadcast(value, {}, result);
  View to = dense(result.shape);
  View from = dense(shape);
  Shape kept(shape.size());
  for (std::size_t d = 0; d < shape.size(); ++d) {
    std::int64_t low = attributes.low[d];
    std::int64_t step = attributes.interior[d] + 1;
    SPUD_CHECK(step >= 1, "interior padding is not negative");
    // Element i lands on low + i · step; negative padding cuts those that land outside.
    std::int64_t first = low >= 0 ? 0 : (-low + step - 1) / step;
    std::int64_t room = result.shape[d] - low;  // elements before this position are inside
    std::int64_t last = room <= 0 ? 0 : std::min(shape[d], (room + step - 1) / step);
    kept[d] = std::max<std::int64_t>(0, last - first);
    if (kept[d] > 0) {
      to.offset += (low + first * step) * to.strides[d];
      from.offset += first * from.strides[d];
    }
    to.strides[d] *= step;
  }
  copy(kept, out, to, x, from);
  return out;
}

Literal reverse(const Literal& x, std::span<const std::int64_t> dimensions, const TensorType& result) {
  SPUD_CHECK(x.type() == result, "a reversal keeps its operand's type");
  View from = dense(x.shape());
  for (auto d : dimensions) {
    SPUD_CHECK(d >= 0 && static_cast<std::size_t>(d) < x.shape().size(), "a reversed dimension exists");
    from.offset += (x.shape()[d] - 1) * from.strides[d];
    from.strides[d] = -from.strides[d];
  }
  Literal out(result);
  copy(result.shape, out, dense(result.shape), x, from);
  return out;
}

Literal dynamic_slice(const Literal& x, std::span<const Literal> starts, const TensorType& result) {
  Literal out(result);
  copy(result.shape, out, dense(result.shape), x, window(x.shape(), result.shape, starts));
  return out;
}

Literal dynamic_update_slice(const Literal& x, const Literal& update, std::span<const Literal> starts,
                             const TensorType& result) {
  SPUD_CHECK(x.type() == result, "an update keeps its operand's type");
  Literal out(result, Bytes(x.bytes().begin(), x.bytes().end()));
  copy(update.shape(), out, window(x.shape(), update.shape(), starts), update, dense(update.shape()));
  return out;
}

}  // namespace spud::ops::plain
