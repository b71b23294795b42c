// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <variant>

#include "alu/alu.hpp"
#include "alu/range.hpp"
#include "base/literal.hpp"

namespace spud::ops {

/// A tensor that one party has in plain, and nobody else.
struct Private {
  // Not an aggregate: as Value.
  Private(Rank o, std::optional<Literal> p)
      : owner(o), plain(std::move(p)), shares(std::make_shared<Shares>()) {}
  /// In the run on shapes: as the owner has it, `bytes` of it.
  Private(Rank o, std::uint64_t bytes) : Private(o, std::nullopt) {
    if (MemoryMeter::here() != nullptr) ghost = std::make_shared<const Footprint>(bytes);
  }
  Rank owner;
  std::optional<Literal> plain;  ///< the owner's; nullopt elsewhere and in the run on shapes
  /// The same as a secret, once something needed that: copies have it in common, so that it is masked once.
  using Shares = std::variant<std::monostate, alu::Fixed, protocol::Boolean>;
  std::shared_ptr<Shares> shares;
  std::shared_ptr<const Footprint> ghost{};  ///< where `plain` is not there
};

/// A tensor of a running program: public in plain, private to one party, or this party's part of a secret.
/// Ring, scale and signedness belong to each value: floats are fixed point in the device's ring, integers
/// live modulo 2^32 or 2^64, pred is bits.
struct Value {
  using Data = std::variant<Literal, alu::Fixed, protocol::Boolean, Private>;
  // Not an aggregate: g++ 12 destroys aggregate temporaries twice inside a co_await expression.
  Value(TensorType t, Data d) : type(std::move(t)), data(std::move(d)) {}
  TensorType type;
  Data data;
  /// Of a secret or private number that is known to lie in alu::range_of_width(signed_bits): comparisons need
  /// no more. 0 if nothing is known.
  unsigned signed_bits = 0;
  /// Of a secret integer that was made of bits: those, lowest first, for the next operation that wants bits.
  std::shared_ptr<const std::vector<protocol::Boolean>> bits_of_integer{};

  bool is_public() const { return std::holds_alternative<Literal>(data); }
  bool is_private() const { return std::holds_alternative<Private>(data); }
  const Literal& literal() const { return std::get<Literal>(data); }
  const alu::Fixed& number() const { return std::get<alu::Fixed>(data); }
  const protocol::Boolean& bits() const { return std::get<protocol::Boolean>(data); }
  const Private& kept() const { return std::get<Private>(data); }

  static Value of(Literal literal) { return {literal.type(), std::move(literal)}; }
};

/// What is known of the elements as they are held, nullopt if nothing.
std::optional<alu::Range> known_range(const Value& x, const alu::ElementFormat& format);

/// The width of whatever is one of these; 0 unless that of each is known.
unsigned common_width(std::span<const Value> values);

}  // namespace spud::ops
