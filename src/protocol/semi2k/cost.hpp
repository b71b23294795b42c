// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/cost.hpp"

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
/// λ is dealt afresh in the larger ring.
constexpr Cost widen(unsigned from, unsigned to) {
  return borrow(from) + to_arith(to) + Cost{0, 0, to};
}

}  // namespace spud::protocol::semi2k::cost
