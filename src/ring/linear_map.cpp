// SPDX-License-Identifier: Apache-2.0
#include "ring/linear_map.hpp"

#include <algorithm>

#include "ring/map.hpp"

namespace spud::ring {
namespace {

using Kind = LinearMap::Kind;

/// A view into a dense `out` at start with step, of the shape of `patch`; writes patch there, leaving out
/// what falls outside.
template <class Word>
void lay_over(Tensor& out, const Tensor& patch, const std::vector<std::int64_t>& start,
              const std::vector<std::int64_t>& step) {
  const Shape& shape = patch.shape();
  auto strides = dense_strides(out.shape());
  Word* to = out.writable<Word>();
  std::vector<std::int64_t> index(shape.size(), 0);
  for_each_strided<Word>(patch, [&](const Word* from) {
    std::int64_t at = 0;
    bool inside = true;
    for (std::size_t d = 0; d < shape.size(); ++d) {
      std::int64_t position = start[d] + index[d] * step[d];
      inside &= position >= 0 && position < out.shape()[d];
      at += position * strides[d];
    }
    if (inside) to[at] = *from;
    for (std::size_t d = shape.size(); d-- > 0;) {
      if (++index[d] < shape[d]) break;
      index[d] = 0;
    }
  });
}

Tensor place(const LinearMap& map, Tensor out, const Tensor& patch) {
  if (patch.is_phantom() || out.is_phantom()) return Tensor::phantom(out.bits(), out.shape());
  std::vector<std::int64_t> ones(patch.shape().size(), 1);
  with_ring(out.bits(), [&]<class R>(R) {
    lay_over<typename R::Word>(out, patch, map.start, map.step.empty() ? ones : map.step);
  });
  return out;
}

Tensor concatenate(const LinearMap& map, std::span<const Tensor> operands, Shape shape) {
  auto bits = operands[0].bits();
  for (const auto& operand : operands) {
    if (operand.is_phantom()) return Tensor::phantom(bits, std::move(shape));
  }
  Tensor out = Tensor::uninitialised(bits, std::move(shape));
  LinearMap at{.kind = Kind::kUpdate, .start = std::vector<std::int64_t>(out.shape().size(), 0)};
  auto axis = static_cast<std::size_t>(map.axes[0]);
  for (const auto& operand : operands) {
    out = place(at, std::move(out), operand);
    at.start[axis] += operand.shape()[axis];
  }
  return out;
}

Tensor copy_of(const Tensor& t) {
  if (t.is_phantom()) return t;
  return Tensor::from_bytes(t.bits(), t.shape(), t.dense().bytes());
}

Tensor sum(const LinearMap& map, const Tensor& operand, Shape shape) {
  if (operand.is_phantom()) return Tensor::phantom(operand.bits(), std::move(shape));
  // Reduced axes go last, so that each result is a sum over a row of the view.
  std::vector<std::int64_t> kept, order;
  Shape outer, inner;
  for (std::size_t d = 0; d < operand.shape().size(); ++d) {
    if (std::find(map.axes.begin(), map.axes.end(), static_cast<std::int64_t>(d)) == map.axes.end()) {
      kept.push_back(operand.strides()[d]);
      outer.push_back(operand.shape()[d]);
    }
  }
  for (auto axis : map.axes) {
    order.push_back(operand.strides()[static_cast<std::size_t>(axis)]);
    inner.push_back(operand.shape()[static_cast<std::size_t>(axis)]);
  }
  const std::int64_t row = element_count(inner);
  kept.insert(kept.end(), order.begin(), order.end());
  outer.insert(outer.end(), inner.begin(), inner.end());
  Tensor rows = operand.view(outer, kept, 0).dense();
  Tensor out = Tensor::uninitialised(operand.bits(), std::move(shape));
  with_ring(operand.bits(), [&]<class R>(R) {
    using Word = typename R::Word;
    Word* to = out.writable<Word>();
    const Word* from = rows.data<Word>();
    for (std::int64_t i = 0; i < out.elements(); ++i) {
      Word total = 0;
      for (std::int64_t j = 0; j < row; ++j) total = static_cast<Word>(total + from[i * row + j]);
      to[i] = R::reduce(total);
    }
  });
  return out;
}

Tensor reshape(const Tensor& operand, const Shape& shape) {
  Tensor dense = operand.dense();
  return dense.view(shape, dense_strides(shape), 0);
}

}  // namespace

bool moves_only(const LinearMap& map) {
  return map.kind <= Kind::kUpdate || map.kind == Kind::kWindows;
}

Shape result_shape(const LinearMap& map, std::span<const Shape> operands) {
  const Shape& in = operands[0];
  switch (map.kind) {
    case Kind::kReshape:
    case Kind::kSlice:
    case Kind::kBroadcast:
    case Kind::kPad:
    case Kind::kWindows:
      return map.shape;
    case Kind::kTranspose: {
      Shape out;
      for (auto axis : map.axes) out.push_back(in[static_cast<std::size_t>(axis)]);
      return out;
    }
    case Kind::kConcatenate: {
      Shape out = in;
      for (std::size_t i = 1; i < operands.size(); ++i) {
        out[static_cast<std::size_t>(map.axes[0])] += operands[i][static_cast<std::size_t>(map.axes[0])];
      }
      return out;
    }
    case Kind::kSum: {
      Shape out;
      for (std::size_t d = 0; d < in.size(); ++d) {
        if (std::find(map.axes.begin(), map.axes.end(), static_cast<std::int64_t>(d)) == map.axes.end())
          out.push_back(in[d]);
      }
      return out;
    }
    default:
      return in;
  }
}

Tensor apply_linear(const LinearMap& map, std::span<const Tensor> operands) {
  const Tensor& in = operands[0];
  std::vector<Shape> shapes;
  for (const auto& operand : operands) shapes.push_back(operand.shape());
  Shape shape = result_shape(map, shapes);
  switch (map.kind) {
    case Kind::kReshape:
      SPUD_CHECK(element_count(shape) == in.elements(), "a reshape keeps the element count");
      return reshape(in, shape);
    case Kind::kTranspose: {
      std::vector<std::int64_t> strides;
      for (auto axis : map.axes) strides.push_back(in.strides()[static_cast<std::size_t>(axis)]);
      return in.view(std::move(shape), std::move(strides), 0);
    }
    case Kind::kSlice: {
      std::vector<std::int64_t> strides;
      std::int64_t offset = 0;
      for (std::size_t d = 0; d < in.shape().size(); ++d) {
        std::int64_t step = map.step.empty() ? 1 : map.step[d];
        SPUD_CHECK(
            shape[d] == 0 || (map.start[d] >= 0 && map.start[d] + (shape[d] - 1) * step < in.shape()[d]),
            "a slice lies inside its operand");
        strides.push_back(in.strides()[d] * step);
        offset += map.start[d] * in.strides()[d];
      }
      if (element_count(shape) == 0) offset = 0;
      return in.view(std::move(shape), std::move(strides), offset);
    }
    case Kind::kBroadcast: {
      std::vector<std::int64_t> strides(shape.size(), 0);
      for (std::size_t d = 0; d < map.axes.size(); ++d) {
        auto to = static_cast<std::size_t>(map.axes[d]);
        strides[to] = in.shape()[d] == 1 ? 0 : in.strides()[d];
      }
      return in.view(std::move(shape), std::move(strides), 0);
    }
    case Kind::kWindows: {
      std::vector<std::int64_t> strides;
      for (const auto* steps : {&map.start, &map.step}) {
        for (std::size_t d = 0; d < in.shape().size(); ++d) strides.push_back(in.strides()[d] * (*steps)[d]);
      }
      return in.view(std::move(shape), std::move(strides), 0);
    }
    case Kind::kConcatenate:
      return concatenate(map, operands, std::move(shape));
    case Kind::kPad:
      if (in.is_phantom()) return Tensor::phantom(in.bits(), std::move(shape));
      return place(map, Tensor::zeros(in.bits(), std::move(shape)), in);
    case Kind::kReverse: {
      auto strides = in.strides();
      std::int64_t offset = 0;
      for (auto axis : map.axes) {
        auto d = static_cast<std::size_t>(axis);
        if (in.shape()[d] > 0) offset += strides[d] * (in.shape()[d] - 1);
        strides[d] = -strides[d];
      }
      return in.view(std::move(shape), std::move(strides), in.elements() == 0 ? 0 : offset);
    }
    case Kind::kUpdate:
      return place(map, copy_of(in), operands[1]);
    case Kind::kSum:
      return sum(map, in, std::move(shape));
    case Kind::kNegate:
      return ring::map([](auto x) { return decltype(x)(-x); }, in);
    case Kind::kAdd:
      return ring::map([](auto x, auto y) { return decltype(x)(x + y); }, in, operands[1]);
    case Kind::kSubtract:
      return ring::map([](auto x, auto y) { return decltype(x)(x - y); }, in, operands[1]);
    case Kind::kShiftLeft: {
      auto by = static_cast<unsigned>(map.start[0]);
      SPUD_CHECK(by < in.bits(), "a shift stays below the ring's width");
      return ring::map([by](auto x) { return decltype(x)(x << by); }, in);
    }
  }
  SPUD_CHECK(false, "unknown linear map");
}

Tensor cast(const Tensor& t, unsigned bits) {
  if (t.bits() == bits) return t;
  if (t.is_phantom()) return Tensor::phantom(bits, t.shape());
  Tensor in = t.dense(), out = Tensor::uninitialised(bits, t.shape());
  with_ring(t.bits(), [&]<class From>(From) {
    with_ring(bits, [&]<class To>(To) {
      const auto* from = in.template data<typename From::Word>();
      auto* to = out.template writable<typename To::Word>();
      for (std::int64_t i = 0; i < out.elements(); ++i)
        to[i] = To::reduce(static_cast<typename To::Word>(from[i]));
    });
  });
  return out;
}

BitTensor apply_linear(const LinearMap& map, std::span<const BitTensor> operands) {
  SPUD_CHECK(moves_only(map), "bits can be moved, not added");
  std::vector<Shape> shapes;
  bool phantom = false;
  for (const auto& operand : operands) {
    shapes.push_back(operand.shape());
    phantom |= operand.is_phantom();
  }
  if (phantom) return BitTensor::phantom(result_shape(map, shapes));
  if (map.kind == Kind::kReshape) return operands[0].reshaped(map.shape);
  // One byte an element is how the word maps move them: k = 4 words are bytes.
  std::vector<Tensor> words;
  for (const auto& operand : operands) words.push_back(to_words(operand, 4));
  return bit_of(apply_linear(map, words), 0);
}

}  // namespace spud::ring
