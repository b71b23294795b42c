// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/cost.hpp"
#include "protocol/semi2k/exp_format.hpp"

/// What each step of semi2k costs an element: rounds, bits opened by a party, bits dealt to the last party. k
/// is the ring's width. A step on masked values is stated without the masks; add mask(k) for each operand
/// that meets its first product or comparison.
namespace spud::protocol::semi2k::cost {

constexpr Cost mask(unsigned k) {
  return {1, k, 0};
}
constexpr Cost product(unsigned k) {
  return {0, 0, k};
}  ///< an output element of any bilinear map of masked values
constexpr Cost truncate_two(unsigned f) {
  return {1, 1, f};
}  ///< n = 2, value not masked
constexpr Cost truncate_masked(unsigned k, unsigned f) {
  return {0, 0, k + f};
}  ///< any n, value masked

namespace counting {
constexpr unsigned digits(unsigned width) {
  return (width + 3) / 4;
}
constexpr unsigned groups(unsigned width) {
  return (digits(width) + 3) / 4;
}
/// One-hot tables of all digits.
constexpr unsigned tables(unsigned width) {
  unsigned bits = 0;
  for (unsigned d = 0; d < digits(width); ++d) bits += 1u << (width - 4 * d < 4 ? width - 4 * d : 4);
  return bits;
}
/// Products of two or more of the masks in Σ_j lt_j·∏_{l>j} eq_l over `n` digits whose lowest eq is never
/// opened, counting each set of masks once; the sets within {eq_l} alone are shared between the terms and
/// with the group's own product of eqs.
constexpr unsigned products_of_less(unsigned n) {
  unsigned count = 0;
  for (unsigned j = 0; j < n; ++j) {
    const unsigned above = n - 1 - j;  // eqs in the term of digit j
    count += (1u << above) - 1;        // sets with lt_j and at least one eq
  }
  return count;
}
/// Sets of two or more among m masks.
constexpr unsigned sets(unsigned m) {
  return (1u << m) - 1 - m;
}
/// More factors than this are multiplied by groups (leading_one).
inline constexpr unsigned kPrefixFactors = 11;
/// Products of masks that the borrows into each of `width` bits' digits take: sets within a group's lt and
/// eq, and sets that reach into the groups below.
constexpr unsigned products_of_borrows(unsigned width) {
  const unsigned d = digits(width), g = groups(width);
  if (g == 1) return products_of_less(d - 1) + sets(d - 2);
  const unsigned last = d - 1 - 4 * (g - 1);  // digits of the last group that a borrow passes through
  unsigned count = products_of_less(4) + sets(3);
  count += (g - 2) * (products_of_less(4) + sets(4));
  count += products_of_less(last) + sets(last);
  for (unsigned i = 1; i < g; ++i) {
    const unsigned below = (1u << i) - 1 + (1u << (i - 1)) - 1;  // sets of the lower groups' lt and eq
    count += ((1u << (i + 1 < g ? 3 : last)) - 1) * below;
    if (i + 1 == g) count += below - (2 * i - 1);
  }
  return count;
}
/// … and that the prefixes over zero digits take.
constexpr unsigned products_of_prefixes(unsigned width) {
  const unsigned d = digits(width), g = groups(width);
  if (d - 1 <= kPrefixFactors) return sets(d - 1);
  unsigned count = sets(3) + sets(g - 1);
  for (unsigned i = 1; i < g; ++i) count += sets(i + 1 < g ? 4 : d - 4 * (g - 1));
  for (unsigned i = 0; i + 1 < g; ++i) count += 7 * ((1u << (g - 1 - i)) - 1);
  return count;
}
}  // namespace counting

/// [Δ' < λ'] on the low `width` bits: two rounds for more than four digits, else one.
constexpr Cost borrow(unsigned width) {
  namespace c = counting;
  const unsigned d = c::digits(width), g = c::groups(width);
  Cost total{g > 1 ? 2u : 1u, 2 * d - 1, c::tables(width)};
  if (g > 1) total.opened_bits += 2 * g - 1;
  for (unsigned i = 0; i < g; ++i) {
    const unsigned n = i + 1 < g ? 4 : d - 4 * (g - 1);
    // The lowest group has one eq less; its product of eqs is not needed. A term's sets of eqs alone occur in
    // every other group's product of eqs too, so they are counted there.
    total.dealt_bits += c::products_of_less(n);
    total.dealt_bits += i == 0 ? c::sets(n - 1) : c::sets(n);
  }
  if (g > 1) total.dealt_bits += c::products_of_less(g) + c::sets(g - 1);
  return total;
}
constexpr Cost negative(unsigned k) {
  return borrow(k - 1) + Cost{0, 0, 1};
}
constexpr Cost is_zero(unsigned k) {
  namespace c = counting;
  const unsigned d = c::digits(k), g = c::groups(k);
  Cost total{g > 1 ? 2u : 1u, d + (g > 1 ? g : 0), c::tables(k)};
  for (unsigned i = 0; i < g; ++i) total.dealt_bits += c::sets(i + 1 < g ? 4 : d - 4 * (g - 1));
  if (g > 1) total.dealt_bits += c::sets(g);
  return total;
}
constexpr Cost logical_and() {
  return {1, 2, 1};
}
/// The three masks are of a, b and a − b; masks of a and b give that of a − b for nothing.
constexpr Cost less(unsigned k) {
  return (negative(k) | negative(k) | negative(k)) + logical_and();
}
constexpr Cost to_arith(unsigned k) {
  return {1, 1, k};
}
constexpr Cost mux(unsigned k) {
  return {1, 1, 2 * k};
}
constexpr Cost shift_right(unsigned k, unsigned f) {
  return truncate_masked(k, f) + borrow(f) + to_arith(k);
}
/// n parties; result in the ring of 64 bits, with the mask of x, of f + 5 bits, and the truncation.
constexpr Cost exp(unsigned n, const ExpWindow& window) {
  const ExpFormat format = exp_format(window);
  const unsigned by = format.fraction() - window.result_fraction;
  const Cost table{1, window.input_fraction + 5, 8 * format.ring_bits};
  if (n > 2) return table + mask(format.ring_bits) + truncate_masked(format.ring_bits, by);
  return format.ring_bits == 64 ? table + truncate_two(by) : table;
}
/// `lead_bits`: what the shares of the `width` leads take in all; a lead whose weights 2^z divides takes k −
/// z.
constexpr Cost leading_one(unsigned width, unsigned lead_bits) {
  namespace c = counting;
  const unsigned d = c::digits(width), g = c::groups(width);
  const bool in_groups = d - 1 > c::kPrefixFactors;
  Cost total{4, 0, 0};
  total.rounds += (g > 1 ? 1 : 0) + (in_groups ? 1 : 0) + (d > 2 ? 1 : 0);
  total.opened_bits = (d - 1) + (d - 2)                    // lt, eq
                      + (g > 1 ? g - 1 + g - 2 : 0)        // of groups
                      + 2 * (d - 1)                        // borrows, zero digits
                      + (in_groups ? g - 1 : 0) + (d - 2)  // prefixes
                      + width;                             // leads
  total.dealt_bits = 16 * (d + 2 * (d - 1) + (d - 2)) + c::products_of_borrows(width) +
                     c::products_of_prefixes(width) + lead_bits;
  return total;
}
/// λ is dealt afresh in the larger ring.
constexpr Cost widen(unsigned from, unsigned to) {
  return borrow(from) + to_arith(to) + Cost{0, 0, to};
}

}  // namespace spud::protocol::semi2k::cost
