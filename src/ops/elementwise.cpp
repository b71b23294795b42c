// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstring>

#include "alu/encode_public.hpp"
#include "ops/machine.hpp"
#include "ring/map.hpp"

namespace spud::ops {

using alu::Fixed;
using protocol::Arith;
using protocol::Boolean;
using protocol::Started;
using ring::LinearMap;

namespace {

bool is_pred(const TensorType& type) {
  return type.dtype == DType::kPred;
}

struct Magnitudes {
  double lowest = HUGE_VAL, highest = 0;
};
Magnitudes magnitudes(const Literal& x) {
  Magnitudes out;
  for (std::int64_t i = 0; i < x.elements(); ++i) {
    out.lowest = std::fmin(out.lowest, std::fabs(x.float_at(i)));
    out.highest = std::fmax(out.highest, std::fabs(x.float_at(i)));
  }
  return out;
}

/// 1/x loses no more than the last few bits when all elements share a scale: within a factor of 16 of each
/// other.
bool is_good_divisor(const Literal& x) {
  const Magnitudes m = magnitudes(x);
  return m.lowest > 0 && std::isfinite(m.highest) && m.highest <= 16 * m.lowest;
}

/// What of a public operand a public choice leaves out is zero: a NaN there is nobody's result.
Value only_where(const Value& x, const Literal& condition, bool wanted) {
  if (!x.is_public() || !is_float(x.type.dtype)) return x;
  Literal out(x.type);
  auto to = out.writable_bytes();
  const ByteView from = x.literal().bytes();
  const std::size_t width = byte_width(x.type.dtype);
  const auto bits = condition.as<std::uint8_t>();
  for (std::size_t i = 0; i < bits.size(); ++i) {
    if ((bits[i] != 0) == wanted) std::memcpy(to.data() + i * width, from.data() + i * width, width);
  }
  return Value::of(out);
}

}  // namespace

// [x ≠ 0] − 2·[x < 0], right for the lowest integer too. Both tests share the mask of x where two masks of
// its width would take more.
protocol::Task<Fixed> Machine::sign(Fixed x, bool is_unsigned, unsigned width) {
  auto& p = alu_.protocol();
  if (width > 0 && 2 * width > x.ring_bits()) {
    auto whole_task = p.prepare(x.share);
    Arith whole = co_await whole_task;
  }
  Started<Boolean> none(alu_.executor(), alu_.is_zero(x, width));
  std::optional<Started<Boolean>> below;
  if (!is_unsigned) below.emplace(alu_.executor(), alu_.negative(x, width));
  Boolean is_none = co_await none;
  Started<Arith> some(alu_.executor(), p.to_arith(p.logical_not(is_none), x.ring_bits()));
  std::optional<Arith> twice;
  if (below) {
    Started<Boolean>& less = *below;
    Boolean is_below = co_await less;
    auto less_task = p.to_arith(is_below, x.ring_bits());
    Arith one = co_await less_task;
    twice = p.linear(LinearMap::shift_left(1), {one});
  }
  Arith result = co_await some;
  if (twice) result = p.linear(LinearMap::of(LinearMap::Kind::kSubtract), {result, *twice});
  auto scaled_task = alu_.rescale(Fixed{result, 0}, x.fraction_bits);
  Fixed scaled = co_await scaled_task;
  co_return scaled;
}

protocol::Task<Value> Machine::unary(Opcode opcode, Value x, TensorType result) {
  if (is_pred(result)) {
    if (opcode == Opcode::kNot) co_return Value{result, alu_.protocol().logical_not(x.bits())};
    co_return refuse_unsupported(opcode, "a secret pred", result);
  }
  const Fixed a = x.number();
  const bool real = is_float(result.dtype), without_sign = is_unsigned(result.dtype);
  std::optional<Fixed> out;
  switch (opcode) {
    case Opcode::kNegate:
      out = alu_.negate(a);
      break;
    case Opcode::kAbs: {
      if (without_sign) {
        out = a;
        break;
      }
      auto v_task = alu_.absolute(a, x.signed_bits);
      Fixed v = co_await v_task;
      out = v;
      break;
    }
    case Opcode::kSign: {
      auto v_task = sign(a, without_sign, x.signed_bits);
      Fixed v = co_await v_task;
      out = v;
      break;
    }
    default:
      break;
  }
  if (!out && !real) {
    co_return refuse_unsupported(opcode, "secret integers", result);
  }
  if (!out) {
    auto v_task = function(opcode, a, x.signed_bits);
    Fixed v = co_await v_task;
    out = v;
  }
  co_return number(*out, result);
}

protocol::Task<Value> Machine::binary(Opcode opcode, Value a, Value b, TensorType result) {
  auto& p = alu_.protocol();
  if (is_pred(result)) {
    // On 0 and 1, max is or, min is and; XLA adds preds as "or".
    if (opcode == Opcode::kMaximum || opcode == Opcode::kMinimum) {
      auto out_task = logic(opcode == Opcode::kMaximum ? Opcode::kOr : Opcode::kAnd, a, b, result);
      Value out = co_await out_task;
      co_return out;
    }
    if (opcode == Opcode::kAdd) {
      auto out_task = logic(Opcode::kOr, a, b, result);
      Value out = co_await out_task;
      co_return out;
    }
    co_return refuse_unsupported(opcode, "secret preds", result);
  }
  const auto format = alu::element_format(result.dtype, alu_.format());
  if ((opcode == Opcode::kAdd || opcode == Opcode::kSubtract) && (a.is_public() || b.is_public())) {
    const Value& open = a.is_public() ? a : b;
    Fixed hidden = a.is_public() ? b.number() : a.number();
    if (a.is_public() && opcode == Opcode::kSubtract) hidden = alu_.negate(hidden);
    auto words = alu::encode_public(open.literal(), format.ring_bits, format.fraction_bits);
    if (!words) co_return refuse(words.error(), result);
    if (b.is_public() && opcode == Opcode::kSubtract) {
      *words = ring::map([](auto w) { return decltype(w)(-w); }, *words);
    }
    co_return number(Fixed{p.add_public(hidden.share, *words), hidden.fraction_bits}, result);
  }
  auto left = as_secret(a);
  auto right = as_secret(b);
  if (!left || !right) co_return refuse((!left ? left : right).error(), result);
  const Fixed x = left->number(), y = right->number();
  const bool chooses = opcode == Opcode::kMaximum || opcode == Opcode::kMinimum;
  const unsigned width = chooses ? difference_bits(a, b) : 0;
  std::optional<Fixed> out;
  if (opcode == Opcode::kAdd) {
    out = alu_.add(x, y);
  } else if (opcode == Opcode::kSubtract) {
    out = alu_.subtract(x, y);
  } else if (!is_float(result.dtype) && width == 0) {
    // Integers use the whole ring, so their difference may wrap unless it is known: compare in full.
    auto below_task = p.less(x.share, y.share, is_signed(result.dtype));
    Boolean below = co_await below_task;
    const Fixed& on_true = opcode == Opcode::kMaximum ? y : x;
    const Fixed& on_false = opcode == Opcode::kMaximum ? x : y;
    auto v_task = alu_.select(below, on_true, on_false);
    Fixed v = co_await v_task;
    out = v;
  } else if (opcode == Opcode::kMaximum) {
    auto v_task = alu_.maximum(x, y, width);
    Fixed v = co_await v_task;
    out = v;
  } else if (opcode == Opcode::kMinimum) {
    auto v_task = alu_.minimum(x, y, width);
    Fixed v = co_await v_task;
    out = v;
  } else if (b.is_public() && is_good_divisor(b.literal())) {
    // A public divisor is a public factor.
    std::vector<Value> divisor{b};
    auto inverse_task = run_public(Opcode::kReciprocal, Attributes{}, divisor, result);
    Value inverse = co_await inverse_task;
    auto v_task = multiply(a, inverse, result);
    Value v = co_await v_task;
    co_return v;
  } else if (a.is_public() && magnitudes(a.literal()).highest <= 2) {
    // A larger numerator would enlarge the error of 1/y with it.
    auto inverse_task = alu_.reciprocal(y, b.signed_bits);
    Fixed inverse = co_await inverse_task;
    auto v_task = multiply(a, number(inverse, result), result);
    Value v = co_await v_task;
    co_return v;
  } else {
    auto v_task = alu_.divide(x, y, b.signed_bits);
    Fixed v = co_await v_task;
    out = v;
  }
  Value last = number(*out, result);
  const Value both[] = {a, b};
  if (chooses) last.signed_bits = common_width(both);
  co_return last;
}

protocol::Task<Value> Machine::multiply(Value a, Value b, TensorType result) {
  if (is_pred(result)) {
    auto out_task = logic(Opcode::kAnd, a, b, result);
    Value out = co_await out_task;
    co_return out;
  }
  auto& p = alu_.protocol();
  const auto format = alu::element_format(result.dtype, alu_.format());
  if (a.is_public() || b.is_public()) {
    const Literal& open = a.is_public() ? a.literal() : b.literal();
    const Fixed& hidden = a.is_public() ? b.number() : a.number();
    const unsigned extra = alu::factor_fraction_bits(open, format.fraction_bits);
    auto words = alu::encode_public(open, format.ring_bits, extra);
    if (!words) co_return refuse(words.error(), result);
    Fixed product{p.multiply_public(hidden.share, *words), hidden.fraction_bits + extra};
    auto scaled_task = alu_.rescale(product, format.fraction_bits);
    Fixed scaled = co_await scaled_task;
    co_return number(scaled, result);
  }
  auto product_task = alu_.multiply(a.number(), b.number(), format.fraction_bits);
  Fixed product = co_await product_task;
  co_return number(product, result);
}

protocol::Task<Value> Machine::logic(Opcode opcode, Value a, Value b, TensorType result) {
  auto& p = alu_.protocol();
  if (a.is_public() && b.is_public()) {
    std::vector<Value> both{a, b};
    auto open_task = run_public(opcode, Attributes{}, both, result);
    Value open = co_await open_task;
    co_return open;
  }
  if (a.is_public()) std::swap(a, b);
  if (b.is_public()) {
    const ring::BitTensor open = alu::public_bits(b.literal());
    if (opcode == Opcode::kXor) co_return Value{result, p.exclusive_or(a.bits(), open)};
    if (opcode == Opcode::kAnd) co_return Value{result, p.logical_and(a.bits(), open)};
    // a ∨ b = ¬(¬a ∧ ¬b)
    co_return Value{result, p.logical_not(p.logical_and(p.logical_not(a.bits()), ~open))};
  }
  if (opcode == Opcode::kXor) co_return Value{result, p.exclusive_or(a.bits(), b.bits())};
  if (opcode == Opcode::kAnd) {
    auto both_task = p.logical_and(a.bits(), b.bits());
    Boolean both = co_await both_task;
    co_return Value{result, both};
  }
  auto neither_task = p.logical_and(p.logical_not(a.bits()), p.logical_not(b.bits()));
  Boolean neither = co_await neither_task;
  co_return Value{result, p.logical_not(neither)};
}

protocol::Task<Value> Machine::compare(Comparison comparison, Value a, Value b, TensorType result) {
  comparison = usual_order(comparison);
  auto& p = alu_.protocol();
  const DType dtype = a.type.dtype;
  if (dtype == DType::kPred) {
    if (comparison == Comparison::kEq || comparison == Comparison::kNe) {
      auto differ_task = logic(Opcode::kXor, a, b, result);
      Value differ = co_await differ_task;
      co_return comparison == Comparison::kNe ? differ : Value{result, p.logical_not(differ.bits())};
    }
    // a < b on 0 and 1 is ¬a ∧ b; the others are its mirror and their negations.
    const bool mirrored = comparison == Comparison::kGt || comparison == Comparison::kLe;
    const bool negated = comparison == Comparison::kGe || comparison == Comparison::kLe;
    if (mirrored) std::swap(a, b);
    auto not_a_task = run(Opcode::kNot, Attributes{}, {a}, a.type, where_);
    Value not_a = co_await not_a_task;
    auto below_task = logic(Opcode::kAnd, not_a, b, result);
    Value below = co_await below_task;
    co_return negated ? Value{result, p.logical_not(below.bits())} : below;
  }
  auto left = as_secret(a);
  auto right = as_secret(b);
  if (!left || !right) co_return refuse((!left ? left : right).error(), result);
  Fixed x = left->number(), y = right->number();
  if (comparison == Comparison::kEq || comparison == Comparison::kNe) {
    auto equal_task = alu_.is_zero(alu_.subtract(x, y), difference_bits(a, b));
    Boolean equal = co_await equal_task;
    co_return Value{result, comparison == Comparison::kEq ? equal : p.logical_not(equal)};
  }
  // a > b and a ≤ b are b < a and its negation.
  const bool swap = comparison == Comparison::kGt || comparison == Comparison::kLe;
  const bool negate = comparison == Comparison::kGe || comparison == Comparison::kLe;
  if (swap) std::swap(x, y);
  const unsigned width = swap ? difference_bits(b, a) : difference_bits(a, b);
  std::optional<Boolean> below;
  if (is_float(dtype) || width > 0) {
    auto v_task = alu_.less(x, y, width);
    Boolean v = co_await v_task;
    below = v;
  } else {
    auto v_task = p.less(x.share, y.share, is_signed(dtype));
    Boolean v = co_await v_task;
    below = v;
  }
  co_return Value{result, negate ? p.logical_not(*below) : *below};
}

protocol::Task<Value> Machine::select(Value condition, Value on_true, Value on_false, TensorType result) {
  auto& p = alu_.protocol();
  condition = broadcast_scalar(condition, result.shape);
  if (condition.is_public()) {
    // a·c + b·(1 − c) with a public bit is a local choice.
    auto a = as_secret(only_where(on_true, condition.literal(), true));
    auto b = as_secret(only_where(on_false, condition.literal(), false));
    if (!a || !b) co_return refuse((!a ? a : b).error(), result);
    const ring::BitTensor chosen = alu::public_bits(condition.literal());
    if (is_pred(result)) {
      co_return Value{result,
                      p.exclusive_or(p.logical_and(a->bits(), chosen), p.logical_and(b->bits(), ~chosen))};
    }
    const unsigned k = a->number().ring_bits();
    Arith kept = p.multiply_public(a->number().share, ring::to_words(chosen, k));
    Arith other = p.multiply_public(b->number().share, ring::to_words(~chosen, k));
    co_return number(
        Fixed{p.linear(LinearMap::of(LinearMap::Kind::kAdd), {kept, other}), a->number().fraction_bits},
        result);
  }
  if (is_pred(result)) {
    // b ⊕ c·(a ⊕ b)
    auto change_task = logic(Opcode::kXor, on_true, on_false, result);
    Value change = co_await change_task;
    auto moved_task = logic(Opcode::kAnd, condition, change, result);
    Value moved = co_await moved_task;
    auto out_task = logic(Opcode::kXor, moved, on_false, result);
    Value out = co_await out_task;
    co_return out;
  }
  if (on_true.is_public() && on_false.is_public()) {
    // c·(a − b) + b with public a and b: one bit becomes a number, the rest is local.
    const auto format = alu::element_format(result.dtype, alu_.format());
    auto a = alu::encode_public(on_true.literal(), format.ring_bits, format.fraction_bits);
    auto b = alu::encode_public(on_false.literal(), format.ring_bits, format.fraction_bits);
    if (!a || !b) co_return refuse((!a ? a : b).error(), result);
    auto bit_task = p.to_arith(condition.bits(), format.ring_bits);
    Arith bit = co_await bit_task;
    ring::Tensor change = ring::map([](auto x, auto y) { return decltype(x)(x - y); }, *a, *b);
    co_return number(Fixed{p.add_public(p.multiply_public(bit, change), *b), format.fraction_bits}, result);
  }
  if (on_true.is_public() || on_false.is_public()) {
    // c·(x − b) + b, or with the bit flipped: adding a public number to x leaves x its mask.
    const Value& open = on_true.is_public() ? on_true : on_false;
    const Fixed& hidden = on_true.is_public() ? on_false.number() : on_true.number();
    auto words = alu::encode_public(open.literal(), hidden.ring_bits(), hidden.fraction_bits);
    if (!words) co_return refuse(words.error(), result);
    const ring::Tensor minus = ring::map([](auto w) { return decltype(w)(-w); }, *words);
    Boolean is_hidden = on_true.is_public() ? p.logical_not(condition.bits()) : condition.bits();
    auto change_task = p.mux(is_hidden, p.add_public(hidden.share, minus));
    Arith change = co_await change_task;
    co_return number(Fixed{p.add_public(change, *words), hidden.fraction_bits}, result);
  }
  const Fixed& a = on_true.number();
  const Fixed& b = on_false.number();
  auto out_task = alu_.select(condition.bits(), a, b);
  Fixed out = co_await out_task;
  co_return number(out, result);
}

protocol::Task<Value> Machine::clamp(Value low, Value x, Value high, TensorType result) {
  // Named lists: g++ 12 cannot have braced ones inside a co_await expression.
  std::vector<Value> from_below{x, broadcast_scalar(low, result.shape)};
  auto raised_task = run(Opcode::kMaximum, Attributes{}, from_below, result, where_);
  Value raised = co_await raised_task;
  std::vector<Value> from_above{raised, broadcast_scalar(high, result.shape)};
  auto out_task = run(Opcode::kMinimum, Attributes{}, from_above, result, where_);
  Value out = co_await out_task;
  co_return out;
}

}  // namespace spud::ops
