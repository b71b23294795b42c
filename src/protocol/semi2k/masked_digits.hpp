// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/semi2k/borrow_plan.hpp"
#include "protocol/semi2k/masked_bit.hpp"
#include "protocol/semi2k/semi2k.hpp"

/// Digits of x = Δ − λ modulo 2^width: steps that comparisons, decompositions and shifts are made of.
namespace spud::protocol::semi2k {

/// A bit on its way to becoming a MaskedBit.
struct HiddenBit {
  HiddenBit(MaskedBit b, PendingBits o) : bit(std::move(b)), opening(std::move(o)) {}
  MaskedBit bit;
  PendingBits opening;
};
/// Opens a shared bit under a fresh mask bit of its own: that is what makes what is opened uniform, whatever
/// it was computed from.
HiddenBit hide_bit(Semi2k& protocol, const ring::BitTensor& share);
/// Several, in one round.
Task<std::vector<MaskedBit>> hide_bits(Semi2k& protocol, std::vector<ring::BitTensor> shares);

/// For every digit of a public Δ, what is read at it in the dealer's tables of λ: shares of [Δ_d < λ_d] and
/// [Δ_d = λ_d]. The tables are read once, block by block as they come, and not kept.
struct DigitBits {
  std::vector<ring::BitTensor> above, equal;
};
DigitBits read_digits(correlation::Source& source, const ring::Tensor& delta,
                      const correlation::Register& lambda, unsigned width);

/// The public Δ and one-hot tables of λ's digits, dealt once for all comparisons of numbers with this λ.
struct Digits {
  Digits(ring::Tensor d, correlation::Register h, ring::DigitTable t)
      : delta(std::move(d)), hot(std::move(h)), table(std::move(t)) {}
  /// The same λ, another public number.
  Digits of(ring::Tensor other) const { return Digits(std::move(other), hot, table); }
  ring::Tensor delta;
  correlation::Register hot;
  ring::DigitTable table;
};
Digits deal_digits(Semi2k& protocol, ring::Tensor delta, const correlation::Register& lambda, unsigned width);

/// XOR share of [Δ mod 2^at < λ mod 2^at].
struct Borrow {
  Borrow(ring::BitTensor s, std::optional<MaskedBit> m) : share(std::move(s)), masked(std::move(m)) {}
  ring::BitTensor share;
  std::optional<MaskedBit> masked;  ///< where it was opened under a mask on the way
};
/// At every position, from one set of tables. Opened: what plan_borrows names, each bit under a fresh mask.
Task<std::vector<Borrow>> borrows(Semi2k& protocol, Digits digits, std::vector<unsigned> positions,
                                  TopDigits top);

/// A public number that agrees with another below bit `same_below`.
struct Further {
  Further(ring::Tensor n, unsigned b) : number(std::move(n)), same_below(b) {}
  ring::Tensor number;
  unsigned same_below;
};
/// XOR shares of [number mod 2^width < λ mod 2^width] for the public number of `digits` and for further ones.
/// What is opened of bits in which a further one agrees with the first serves both.
Task<std::vector<ring::BitTensor>> borrows_of_many(Semi2k& protocol, Digits digits,
                                                   std::vector<Further> further, unsigned width);

/// A boolean function of a digit: entry q its value there.
using DigitFunction = std::vector<bool>;

/// Digits whose borrows are masked, so that any function of a digit of x is local: with the borrow c into
/// digit i, that digit of x is Δ_i − λ_i − c.
class MaskedDigits {
 public:
  MaskedDigits(Digits d, unsigned count)
      : digits(std::move(d)), borrow(count), times_borrow(count), hot_times_borrow(count) {}
  unsigned count() const { return static_cast<unsigned>(borrow.size()); }
  /// XOR share of f(digit i of x), f with as many entries as the digit has values.
  ring::BitTensor read(unsigned i, const DigitFunction& f) const;
  /// … times a bit μ that the dealer knows, from shares of the tables of digit i and of these times its
  /// borrow's mask, both times μ.
  ring::BitTensor read_times(unsigned i, const DigitFunction& f, const ring::DigitTable& times,
                             const ring::DigitTable& times_both) const;

  Digits digits;
  std::vector<MaskedBit> borrow;               ///< of digit i ≥ 1
  std::vector<ring::DigitTable> times_borrow;  ///< digit i's table times the mask of its borrow
  std::vector<correlation::Register> hot_times_borrow;

 private:
  ring::BitTensor read(unsigned i, const DigitFunction& f, const ring::DigitTable& plain, unsigned at,
                       const ring::DigitTable& with_borrow) const;
};
/// Opened: the borrows, each under a fresh mask; dealt: each digit's table times that mask.
Task<MaskedDigits> masked_digits(Semi2k& protocol, Digits digits, unsigned width);

}  // namespace spud::protocol::semi2k
