// SPDX-License-Identifier: Apache-2.0
// Integers of every width: which operation goes where, and how the narrow ones wrap around.
#include "ops/integers.hpp"

#include <algorithm>

#include "alu/encode_public.hpp"
#include "ops/machine.hpp"

namespace spud::ops {

using alu::Range;
using protocol::Arith;

bool is_narrow(DType dtype) {
  return is_integer(dtype) && byte_width(dtype) < 4;
}

namespace {

unsigned bits_of_type(DType dtype) {
  return bit_width(dtype) + (is_unsigned(dtype) ? 1 : 0);
}

}  // namespace

void note_type(Value& x) {
  if (!x.is_public() && x.signed_bits == 0 && is_narrow(x.type.dtype))
    x.signed_bits = bits_of_type(x.type.dtype);
}

bool is_integer_operation(Opcode opcode, DType result) {
  switch (opcode) {
    case Opcode::kBitcastConvert:
      return true;
    case Opcode::kAnd:
    case Opcode::kOr:
    case Opcode::kXor:
    case Opcode::kNot:
    case Opcode::kDivide:
    case Opcode::kRemainder:
    case Opcode::kPower:
    case Opcode::kShiftLeft:
    case Opcode::kShiftRightLogical:
    case Opcode::kShiftRightArithmetic:
    case Opcode::kPopcnt:
    case Opcode::kClz:
      return is_integer(result);
    default:
      return false;
  }
}

bool Machine::may_leave_type(Opcode opcode, const Attributes& attributes, const Operands& in,
                             const TensorType& result) const {
  if (!is_narrow(result.dtype)) return false;
  const auto format = alu::element_format(result.dtype, alu_.format());
  const auto range = [&](std::size_t i) { return known_range(in[i], format); };
  std::optional<Range> out;
  switch (opcode) {
    case Opcode::kNegate:
      if (const auto x = range(0)) out = alu::subtract({0, 0}, *x);
      break;
    case Opcode::kAbs:
      if (const auto x = range(0)) out = alu::absolute(*x);
      break;
    case Opcode::kAdd:
    case Opcode::kSubtract:
    case Opcode::kMultiply: {
      const auto a = range(0), b = range(1);
      if (!a || !b) break;
      out = opcode == Opcode::kAdd        ? alu::add(*a, *b)
            : opcode == Opcode::kSubtract ? alu::subtract(*a, *b)
                                          : alu::multiply(*a, *b);
      break;
    }
    case Opcode::kReduce: {
      if (attributes.reducer != Reducer::kAdd) return false;  // element by element
      const auto x = range(0), initial = range(1);
      if (!x || !initial) break;
      std::int64_t count = 1;
      for (auto d : attributes.dimensions) count *= in[0].type.shape[static_cast<std::size_t>(d)];
      const auto sum = alu::multiply(*x, {count, count});
      if (sum) out = alu::add(*sum, *initial);
      break;
    }
    // What chooses or moves numbers, or keeps to the type itself.
    case Opcode::kSign:
    case Opcode::kPrepare:
    case Opcode::kConvert:
    case Opcode::kMaximum:
    case Opcode::kMinimum:
    case Opcode::kSelect:
    case Opcode::kClamp:
    case Opcode::kBroadcast:
    case Opcode::kReshape:
    case Opcode::kTranspose:
    case Opcode::kSlice:
    case Opcode::kConcatenate:
    case Opcode::kPad:
    case Opcode::kReverse:
    case Opcode::kDynamicSlice:
    case Opcode::kDynamicUpdateSlice:
    case Opcode::kWindows:
    case Opcode::kTake:
      return false;
    default:
      if (is_integer_operation(opcode, result.dtype)) return false;
      break;
  }
  if (!out) return true;
  const Range all = alu::range_of_width(bits_of_type(result.dtype), is_unsigned(result.dtype));
  return out->low < all.low || out->high > all.high;
}

protocol::Task<Value> Machine::wrapped(Value x) {
  const DType dtype = x.type.dtype;
  auto share_task = alu_.protocol().wrap(x.number().share, bit_width(dtype), is_signed(dtype));
  Arith share = co_await share_task;
  co_return number(alu::Fixed{share, 0}, x.type);
}

protocol::Task<Arith> Machine::reread(Value x, bool as_signed) {
  const unsigned width = bit_width(x.type.dtype);
  const Arith& share = x.number().share;
  if (width == share.ring_bits() || is_signed(x.type.dtype) == as_signed) co_return share;
  auto wrapped_task = alu_.protocol().wrap(share, width, as_signed);
  Arith wrapped = co_await wrapped_task;
  co_return wrapped;
}

protocol::Task<Value> Machine::integer(Opcode opcode, std::vector<Value> in, TensorType result) {
  switch (opcode) {
    case Opcode::kNot: {
      // −x − 1 flips every bit of a whole ring, and of a signed number; of others 2^w − 1 − x does.
      const DType dtype = result.dtype;
      const double ones = is_narrow(dtype) && is_unsigned(dtype) ? (1 << bit_width(dtype)) - 1 : -1;
      co_return number(alu_.add_scalar(alu_.negate(in[0].number()), ones), result);
    }
    case Opcode::kAnd:
    case Opcode::kOr:
    case Opcode::kXor: {
      auto out_task = bitwise(opcode, in[0], in[1], result);
      Value out = co_await out_task;
      co_return out;
    }
    case Opcode::kShiftLeft:
    case Opcode::kShiftRightLogical:
    case Opcode::kShiftRightArithmetic: {
      auto out_task = shift(opcode, in[0], in[1], result);
      Value out = co_await out_task;
      co_return out;
    }
    case Opcode::kDivide:
    case Opcode::kRemainder: {
      auto out_task = divide_integers(opcode, in[0], in[1], result);
      Value out = co_await out_task;
      co_return out;
    }
    case Opcode::kPower: {
      auto out_task = integer_power(in[0], in[1], result);
      Value out = co_await out_task;
      co_return out;
    }
    case Opcode::kPopcnt: {
      auto out_task = count_ones(in[0], result);
      Value out = co_await out_task;
      co_return out;
    }
    case Opcode::kClz: {
      auto out_task = count_leading_zeros(in[0], result);
      Value out = co_await out_task;
      co_return out;
    }
    case Opcode::kBitcastConvert: {
      auto out_task = bitcast(in[0], result);
      Value out = co_await out_task;
      co_return out;
    }
    default:
      break;
  }
  co_return refuse_unsupported(opcode, "secret integers", result);
}

}  // namespace spud::ops
