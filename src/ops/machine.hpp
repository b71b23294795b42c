// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/op.hpp"
#include "ops/value.hpp"

namespace spud::ops {

/// Executes operations on values of any visibility; the visibility of the operands decides the kernel. No
/// operation sends a message: the protocol does. Control flow is the VM's.
///
/// An operation that cannot be done ends the attempt through the executor, with an error that names it and
/// its instruction; on shapes first, so before anything secret moves.
class Machine {
 public:
  explicit Machine(alu::Alu alu) : alu_(std::move(alu)) {}

  /// `where` names the instruction in errors. Operands and result are as ir::check_types wants them.
  protocol::Task<Value> run(Opcode opcode, Attributes attributes, std::vector<Value> operands,
                            TensorType result, std::string where);

  /// Operations of several results: kSort and kFirst.
  protocol::Task<std::vector<Value>> run_many(Opcode opcode, Attributes attributes,
                                              std::vector<Value> operands, std::string where);

  /// Public values as (trivial) secrets; secrets as they are.
  Result<Value> as_secret(const Value& value);

  /// A private value as a secret, without a message; others as they are. What the owner's number format does
  /// not hold is held at its ends, and a NaN is zero: an error would tell the others about the value.
  protocol::Task<Value> shared(Value value);

  alu::Alu& alu() { return alu_; }

 private:
  using Operands = std::vector<Value>;
  template <class T>
  using Task = protocol::Task<T>;

  /// The same machine at work on one instruction: kernels are members of it, so that what they refuse names
  /// it.
  Machine(alu::Alu alu, std::string where) : alu_(std::move(alu)), where_(std::move(where)) {}
  Task<Value> dispatch(Opcode opcode, Attributes attributes, Operands in, TensorType result);
  /// All operands are public, or private to one party: it computes in plain, the others do nothing
  /// (private.cpp).
  Value run_privately(Opcode opcode, const Attributes& attributes, const Operands& in, TensorType result);
  Task<Operands> run_many_privately(Opcode opcode, Attributes attributes, Operands in);
  /// A linear function of private values that have been masked is masked with them, as it would be of
  /// secrets.
  Task<Value> follow_masks(Opcode opcode, Attributes attributes, Operands in, Value result);
  Task<Operands> shared_all(Operands in);
  /// All operands are public.
  Task<Value> run_public(Opcode opcode, Attributes attributes, Operands in, TensorType result);
  Task<Value> unary(Opcode opcode, Value x, TensorType result);
  Task<alu::Fixed> function(Opcode opcode, alu::Fixed x, unsigned width);
  Task<Value> function_of_two(Opcode opcode, Value a, Value b, TensorType result);
  Task<Value> divide_by_broadcast(Value x, Value y, std::vector<std::int64_t> dimensions, TensorType result);
  Task<Value> power(Value base, Value exponent, TensorType result);
  Task<Value> is_finite(TensorType result);
  Task<alu::Fixed> sign(alu::Fixed x, bool is_unsigned, unsigned width);
  Task<Value> binary(Opcode opcode, Value a, Value b, TensorType result);
  Task<Value> logic(Opcode opcode, Value a, Value b, TensorType result);
  Task<Value> multiply(Value a, Value b, TensorType result);
  Task<Value> compare(Comparison comparison, Value a, Value b, TensorType result);
  Task<Value> select(Value condition, Value on_true, Value on_false, TensorType result);
  Task<Value> clamp(Value low, Value x, Value high, TensorType result);
  Task<Value> convert(Value x, TensorType result);
  Task<Value> dot(DotDimensions dimensions, Value a, Value b, TensorType result);
  Task<Value> reduce(Attributes attributes, Value x, Value initial, TensorType result);
  /// [length, width] to [width]: in a wide tree; or by halves, to [1, width].
  Task<Value> combine_rows(Opcode combine, Value rows);
  Task<Value> combine_halves(Opcode combine, Value rows);
  Task<std::vector<Value>> first(bool is_largest, Value x);
  Task<std::vector<Value>> sort(Attributes attributes, Operands in);
  /// Rows by public numbers move without a message; by secret ones they are found by one-hot vectors.
  Task<Value> take(Value rows, Value numbers, TensorType result);
  Task<Value> take_secretly(Value rows, Value numbers, TensorType result);
  Task<Value> put(Reducer reducer, Value rows, Value numbers, Value updates, TensorType result);
  Task<Value> put_secretly(Reducer reducer, Value rows, Value numbers, Value updates, TensorType result);
  /// The bits, lowest first, of numbers from 0 to `largest`.
  Task<std::vector<protocol::Boolean>> bits_of_numbers(Value numbers, std::int64_t largest);
  /// Which of 0 … n − 1 the bits of numbers [b, m], lowest first, say: [b, m, n]; none where they say n or
  /// more.
  Task<protocol::Boolean> one_hot(std::vector<protocol::Boolean> bits, std::int64_t n);
  Value take_rows(const Value& rows, const std::vector<std::int64_t>& numbers, TensorType result);
  Task<Value> move(Opcode opcode, Attributes attributes, Operands in, TensorType result);
  /// `parts` are the operands as secrets.
  Value concatenate(std::size_t axis, const Operands& in, Operands parts, TensorType result);

  // ---- integers (integers.cpp and the files it names)
  /// Operations on secret integers that others do not have.
  Task<Value> integer(Opcode opcode, Operands in, TensorType result);
  Task<Value> bitwise(Opcode opcode, Value a, Value b, TensorType result);
  Task<Value> masked_by(Value x, unsigned __int128 mask, TensorType result);
  Task<Value> count_ones(Value x, TensorType result);
  Task<Value> count_leading_zeros(Value x, TensorType result);
  Task<Value> shift(Opcode opcode, Value x, Value places, TensorType result);
  Task<Value> shift_by(Opcode opcode, Value x, unsigned places, TensorType result);
  Task<Value> shift_by_each(Opcode opcode, Value x, Value places, TensorType result);
  Task<Value> shift_by_secret(Opcode opcode, Value x, Value places, TensorType result);
  Task<Value> bitcast(Value x, TensorType result);
  Task<protocol::Arith> widened_part(Value x, unsigned ring_bits, bool as_signed);
  Task<Value> divide_integers(Opcode opcode, Value a, Value b, TensorType result);
  Task<Value> divide_by_power(Opcode opcode, Value x, unsigned places, bool is_negative, TensorType result);
  Task<Value> integer_power(Value base, Value exponent, TensorType result);
  struct Magnitude;
  struct Divisor;
  Task<Magnitude> magnitude(Value x, unsigned ring_bits);
  Task<protocol::Arith> with_sign(protocol::Boolean negative, protocol::Arith x);
  Task<Divisor> secret_divisor(protocol::Arith size, unsigned bits);
  static Divisor public_divisor(const Literal& x, unsigned bits);
  Task<protocol::Arith> times_divisor(protocol::Arith x, std::optional<protocol::Arith> secret,
                                      ring::Tensor open);
  Task<protocol::Arith> times_bit(protocol::Boolean bit, protocol::Arith x, bool is_open, ring::Tensor open);
  /// The quotient of numbers below 2^bits, or what remains.
  Task<protocol::Arith> divide_magnitudes(protocol::Arith n, Divisor d, unsigned bits, bool wants_remainder);
  /// Conversions of secrets: toward zero and held at the type's ends; modulo 2^width; held at the ends of
  /// what a fixed-point number may be.
  Task<Value> to_integer(Value x, TensorType result);
  Task<Value> to_integer_of_other_width(Value x, TensorType result);
  Task<Value> to_real(Value x, TensorType result);
  /// The same number in another ring, or modulo a smaller one; of `width` bits, 0 if that is not known.
  Task<protocol::Arith> in_ring(protocol::Arith x, unsigned ring_bits, unsigned width, bool is_signed);
  /// The bits of an integer in its own width, lowest first, and back.
  Task<std::vector<protocol::Boolean>> integer_bits(Value x);
  Task<Value> of_bits(std::vector<protocol::Boolean> bits, TensorType type);
  /// An integer read as one of its own width with or without sign, as a number of its ring; `is_there` if it
  /// is one already.
  Task<protocol::Arith> reread(Value x, bool is_signed);
  /// A number of the ring brought back to its type.
  Task<Value> wrapped(Value x);
  /// Whether what the ring holds after an operation may lie outside the type of an integer that has fewer
  /// bits than its ring.
  bool may_leave_type(Opcode opcode, const Attributes& attributes, const Operands& in,
                      const TensorType& result) const;

  /// Ends the attempt. What is returned is a secret of that type, for what still runs until the executor
  /// stops.
  Value refuse(Error error, const TensorType& result);
  Value refuse_unsupported(Opcode opcode, const char* operands, const TensorType& result);
  Value linear(const ring::LinearMap& map, std::vector<Value> operands, TensorType result);
  Value broadcast_scalar(const Value& scalar, const Shape& shape);
  /// Bits that hold a − b for any two elements; 0 if they are not known, or more than the ring's.
  unsigned difference_bits(const Value& a, const Value& b) const;
  /// A secret of `result`'s format from a share.
  Value number(alu::Fixed share, TensorType type) const { return {std::move(type), std::move(share)}; }

  alu::Alu alu_;
  std::string where_;
};

}  // namespace spud::ops
