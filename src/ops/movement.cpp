// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "alu/encode_public.hpp"
#include "ops/machine.hpp"

namespace spud::ops {

using alu::Fixed;
using ring::LinearMap;

namespace {

/// Start indices of a dynamic slice, clamped as XLA does. They are public here.
std::vector<std::int64_t> starts(const std::vector<Value>& in, std::size_t first, const Shape& outer,
                                 const Shape& inner) {
  std::vector<std::int64_t> out;
  for (std::size_t d = 0; d < outer.size(); ++d) {
    const Value& index = in[first + d];
    std::int64_t start = index.literal().int_at(0);
    if (index.type.dtype == DType::kU64 && start < 0) start = outer[d];
    out.push_back(std::clamp<std::int64_t>(start, 0, outer[d] - inner[d]));
  }
  return out;
}

}  // namespace

// Everything here is a linear map, applied to shares, Δ and λ alike: no message.

// Of masked parts the whole is masked, also where there are public ones among them: in their place stand
// zeros that were made of a masked part, so that they have a mask of zeros, and what is public is added.
Value Machine::concatenate(std::size_t axis, const Operands& in, Operands parts, TensorType result) {
  auto& p = alu_.protocol();
  const auto is_masked = [&](const Value& x) { return x.is_public() || p.is_prepared(x.number().share); };
  const bool has_open = std::any_of(in.begin(), in.end(), [](const Value& x) { return x.is_public(); });
  const LinearMap side_by_side = LinearMap::concatenate(static_cast<std::int64_t>(axis));
  if (!has_open || result.dtype == DType::kPred || !std::all_of(in.begin(), in.end(), is_masked))
    return linear(side_by_side, std::move(parts), std::move(result));
  const Value& masked = *std::find_if(in.begin(), in.end(), [](const Value& x) { return !x.is_public(); });
  const auto rank = result.shape.size();
  const std::vector<std::int64_t> none(rank, 0), one(rank, 1);
  std::vector<ring::Tensor> open;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const auto& type = in[i].type;
    if (!in[i].is_public()) {
      open.push_back(ring::Tensor::zeros(parts[i].number().ring_bits(), type.shape));
      continue;
    }
    const auto format = alu::element_format(type.dtype, alu_.format());
    auto words = alu::encode_public(in[i].literal(), format.ring_bits, format.fraction_bits);
    if (!words) return refuse(words.error(), result);
    open.push_back(std::move(*words));
    Shape empty = type.shape;
    empty[axis] = 0;
    LinearMap fill = LinearMap::of(LinearMap::Kind::kPad);
    fill.shape = type.shape;
    fill.start = none;
    fill.step = one;
    const Value nothing = linear(LinearMap::slice(empty, none, one), {masked}, {type.dtype, empty});
    parts[i] = linear(fill, {nothing}, type);
  }
  Value whole = linear(side_by_side, std::move(parts), std::move(result));
  whole.signed_bits = 0;
  const auto added = ring::apply_linear(side_by_side, open);
  whole.data = Fixed{p.add_public(whole.number().share, added), whole.number().fraction_bits};
  return whole;
}

protocol::Task<Value> Machine::move(Opcode opcode, Attributes attributes, std::vector<Value> in,
                                    TensorType result) {
  const std::size_t tensors = opcode == Opcode::kConcatenate                                    ? in.size()
                              : opcode == Opcode::kPad || opcode == Opcode::kDynamicUpdateSlice ? 2
                                                                                                : 1;
  std::vector<Value> operands;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (i >= tensors) {
      if (!in[i].is_public()) {
        co_return refuse_unsupported(opcode, "a tensor at a secret index", result);
      }
      continue;
    }
    auto value = as_secret(in[i]);
    if (!value) co_return refuse(value.error(), result);
    operands.push_back(std::move(*value));
  }
  const std::size_t rank = in[0].type.shape.size();
  switch (opcode) {
    case Opcode::kReshape:
      co_return linear(LinearMap::reshape(result.shape), operands, result);
    case Opcode::kTranspose:
      co_return linear(LinearMap::transpose(attributes.dimensions), operands, result);
    case Opcode::kBroadcast:
      co_return linear(LinearMap::broadcast(result.shape, attributes.dimensions), operands, result);
    case Opcode::kSlice:
      co_return linear(LinearMap::slice(result.shape, attributes.start,
                                        attributes.stride.empty() ? std::vector<std::int64_t>(rank, 1)
                                                                  : attributes.stride),
                       operands, result);
    case Opcode::kConcatenate:
      co_return concatenate(static_cast<std::size_t>(attributes.dimensions[0]), in, operands, result);
    case Opcode::kReverse: {
      LinearMap map = LinearMap::of(LinearMap::Kind::kReverse);
      map.axes = attributes.dimensions;
      co_return linear(map, operands, result);
    }
    case Opcode::kWindows: {
      std::vector<std::int64_t> dilation = attributes.interior;
      for (auto& d : dilation) ++d;
      co_return linear(LinearMap::windows(result.shape, attributes.stride, dilation), operands, result);
    }
    case Opcode::kDynamicSlice:
      co_return linear(LinearMap::slice(result.shape, starts(in, 1, in[0].type.shape, result.shape),
                                        std::vector<std::int64_t>(rank, 1)),
                       operands, result);
    case Opcode::kDynamicUpdateSlice:
      co_return linear(LinearMap::update(starts(in, 2, in[0].type.shape, in[1].type.shape)), operands,
                       result);
    case Opcode::kPad: {
      LinearMap map = LinearMap::of(LinearMap::Kind::kPad);
      map.shape = result.shape;
      map.start = attributes.low;
      map.step.assign(rank, 1);
      for (std::size_t d = 0; d < attributes.interior.size(); ++d) map.step[d] = attributes.interior[d] + 1;
      Value moved = linear(map, {operands[0]}, result);
      // The padding value, wherever no element lies: its broadcast with zeros laid over those places.
      Value filled = linear(LinearMap::broadcast(result.shape, {}), {operands[1]}, result);
      LinearMap hole = map;
      Value covered = linear(
          hole, {linear(LinearMap::broadcast(in[0].type.shape, {}), {operands[1]}, in[0].type)}, result);
      if (result.dtype == DType::kPred) {
        auto& p = alu_.protocol();
        co_return Value{result, p.exclusive_or(moved.bits(), p.exclusive_or(filled.bits(), covered.bits()))};
      }
      co_return number(alu_.add(moved.number(), alu_.subtract(filled.number(), covered.number())), result);
    }
    default:
      break;
  }
  SPUD_CHECK(false, "every moving opcode has its map");
}

}  // namespace spud::ops
