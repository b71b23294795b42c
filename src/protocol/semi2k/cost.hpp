// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/cost.hpp"
#include "protocol/semi2k/borrow_plan.hpp"
#include "protocol/semi2k/exp_format.hpp"
#include "protocol/semi2k/look_up.hpp"
#include "protocol/semi2k/shared_bits.hpp"

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
/// Products of masks that the prefixes over zero digits take.
constexpr unsigned products_of_prefixes(unsigned width) {
  const unsigned d = digits(width), g = groups(width);
  if (d - 1 <= kPrefixFactors) return sets(d - 1);
  unsigned count = sets(3) + sets(g - 1);
  for (unsigned i = 1; i < g; ++i) count += sets(i + 1 < g ? 4 : d - 4 * (g - 1));
  for (unsigned i = 0; i + 1 < g; ++i) count += 7 * ((1u << (g - 1 - i)) - 1);
  return count;
}
}  // namespace counting

/// [Δ' < λ'] on the low `width` bits: two rounds for more than four digits, one for more than one.
constexpr Cost borrow(unsigned width) {
  namespace c = counting;
  const unsigned d = c::digits(width), g = c::groups(width);
  if (d == 1) return {0, 0, c::tables(width)};
  // Not opened: the lowest eq, and the topmost lt of every group.
  Cost total{g > 1 ? 2u : 1u, (d - g) + (d - 1), c::tables(width)};
  if (g > 1) total.opened_bits += 2 * (g - 1);
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
  if (d == 1) return {0, 0, c::tables(k)};
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
/// `rows` are named, by `conditions` that name `each` of them and have no more than one in common.
constexpr Cost all_hold(unsigned rows, unsigned conditions, unsigned each) {
  return {1, rows, conditions * counting::sets(each)};
}
constexpr Cost to_arith(unsigned k) {
  return {1, 1, k};
}
constexpr Cost mux(unsigned k) {
  return {1, 1, 2 * k};
}
/// One bit, several numbers.
constexpr Cost choose(unsigned k, unsigned numbers) {
  return {1, 1, (1 + numbers) * k};
}
/// Of `masked` columns' elements the first party's step opens nothing.
constexpr Cost shuffle(unsigned n, unsigned k, bool masked) {
  const unsigned opens = masked ? n - 1 : n;
  return {opens, opens * k, n * k};
}
constexpr Cost reveal_order() {
  return {1, 1, 0};
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
/// λ is dealt afresh in the larger ring.
constexpr Cost widen(unsigned from, unsigned to) {
  return borrow(from) + to_arith(to) + Cost{0, 0, to};
}

/// The largest of `n` numbers whose differences fit k bits (alu's step): all pairs at once. Without masks if
/// they are masked.
constexpr Cost times(unsigned count, Cost one) {
  return {one.rounds, count * one.opened_bits, count * one.dealt_bits};
}
constexpr Cost winner(unsigned k, unsigned n) {
  const unsigned pairs = n * (n - 1) / 2;
  return times(pairs, negative(k)) + (n > 2 ? all_hold(pairs, n - 1, n - 1) : Cost{});
}
constexpr Cost largest(unsigned k, unsigned n) {
  return times(n - 1, mask(k)) + winner(k, n) + times(n - 1, mux(k));
}
/// … with its place and companions.
constexpr Cost first_largest(unsigned k, unsigned n, unsigned companions) {
  const Cost chosen = choose(k, 1 + companions) | times(companions, mask(k));
  return times(n - 1, mask(k)) + winner(k, n) + times(n - 1, chosen);
}
/// … of numbers that use the whole ring.
constexpr Cost largest_full(unsigned k, unsigned n) {
  const unsigned pairs = n * (n - 1) / 2;
  return times(n, mask(k)) + times(pairs + n, negative(k)) + times(pairs, logical_and()) +
         (n > 2 ? all_hold(pairs, n - 1, n - 1) : Cost{}) + times(n - 1, mux(k));
}

// ---- of numbers of a known width: with mask(width), not mask(k), where x has no mask yet
constexpr Cost negative_bounded(unsigned width) {
  return (width > 1 ? borrow(width - 1) : Cost{}) + Cost{0, 0, 1};
}
/// A single digit is a look-up.
constexpr Cost is_zero_bounded(unsigned width) {
  return is_zero(width);
}

/// Borrows at several positions of one masked number, the tables of `width` bits included.
inline Cost borrows(unsigned width, const std::vector<unsigned>& positions) {
  return Cost{0, 0, counting::tables(width)} + plan_borrows(positions, TopDigits::kJoined).cost();
}
/// With mask(width + 1), or mask(k) if width = k.
inline Cost less_than_public(unsigned k, unsigned width, const std::vector<__int128>& thresholds) {
  const BorrowPlan plan = plan_borrows({width}, TopDigits::kJoined);
  const SharedBits shared = shared_bits(thresholds, k, width);
  Cost total = plan.cost() + Cost{0, 0, counting::tables(width) + (width == k ? 0 : 1)};
  for (std::size_t j = 0; j < shared.same_below.size(); ++j) {
    if (j != shared.base) total = total | plan.cost(shared.same_below[j]);
  }
  return total;
}
/// A comparison of a sort (alu's step): of rows that `width` bits tell apart.
constexpr Cost opened_comparison(unsigned width) {
  return mask(width) + negative_bounded(width) + reveal_order();
}
/// With mask(width).
inline Cost bits(unsigned width) {
  namespace c = counting;
  const unsigned d = c::digits(width);
  std::vector<unsigned> positions;
  for (unsigned i = 1; i < d; ++i) positions.push_back(4 * i);
  Cost total = Cost{0, 0, c::tables(width)} + plan_borrows(positions, TopDigits::kApart).cost();
  // The borrow into digit 1 is digit 0's lt, that into digit 4 the first group's: opened already if they are
  // needed further up.
  const unsigned hidden = (d - 1) - (d > 2 ? 1 : 0) - (d > 5 ? 1 : 0);
  if (hidden > 0) total = total + Cost{1, hidden, 0};
  if (d > 1) total.dealt_bits += c::tables(width) - c::tables(std::min(4u, width));
  return total;
}
/// `lead_bits`: what the shares of the `width` leads take in all; a lead whose weights 2^z divides takes k −
/// z.
inline Cost leading_one(unsigned width, unsigned lead_bits) {
  namespace c = counting;
  const unsigned d = c::digits(width), g = c::groups(width);
  Cost total = bits(width) + Cost{1, d - 1, c::products_of_prefixes(width)};  // zero digits
  if (d - 1 > c::kPrefixFactors) total = total + Cost{1, g - 1, 0};           // of groups
  if (d > 2) total = total + Cost{1, d - 2, 0};                               // prefixes
  return total + Cost{1, width, 16 * (2 * d - 3) + lead_bits};
}
/// By one of `places` that holds, with `lists` of weights and mask(k) of each. Two parties; a bit opened.
constexpr Cost scale_two(unsigned k, unsigned lists) {
  return {1, 1 + lists * k, (3 + lists) * k};
}
/// More parties: the places as numbers, and the product.
constexpr Cost scale(unsigned k, unsigned places) {
  return times(places, to_arith(k)) + mask(k) + product(k);
}
constexpr Cost compose(unsigned k, unsigned width) {
  return {1, width, composed_bits(k, width)};
}
inline Cost shift_right_full(unsigned k, unsigned f) {
  return borrows(k, {f, k}) + Cost{1, 2, k + f + k};
}
/// With mask(width), or mask(k).
inline Cost wrap(unsigned k, unsigned width) {
  return borrows(width, {width}) + Cost{1, 1, k + (k - width)};
}
constexpr Cost widen_bounded_two(unsigned from, unsigned to) {
  return {1, 1, to - from};
}  ///< n = 2, value not masked
constexpr Cost widen_bounded_masked(unsigned from, unsigned to) {
  return {0, 0, to + (to - from)};
}  ///< any n, value masked
/// Of a table of 2^index_bits entries; with mask(index_bits).
constexpr Cost look_up_bits(unsigned index_bits, unsigned width) {
  const LookUpLevels levels = look_up_levels(index_bits);
  if (levels.low == 0) return {0, 0, 1u << index_bits};
  return {1, width << levels.low, (1u << levels.high) + (1u << levels.low) + width};
}
/// `width`: significant bits of the table's entries, in a ring of k bits.
constexpr Cost look_up(unsigned n, unsigned k, unsigned index_bits, unsigned width) {
  if (looks_up_by_sign(n, k, index_bits, width))
    return Cost{0, 0, 1u << index_bits} + mask(k) + Cost{0, 0, 2 * (k - 1)};
  return look_up_bits(index_bits, width) + compose(k, width);
}
/// Two parties; of `degree` + 1 tables of 2^index_bits entries in a ring of k bits, with mask(low +
/// index_bits).
constexpr Cost interpolate_two(unsigned k, unsigned index_bits, unsigned degree) {
  return {1, (degree + 1) * k, (1u << index_bits) + 2 * (degree + 1) * k};
}
/// [x < k] of a number of places, read as unsigned.
inline Cost places_inside(unsigned k) {
  return less_than_public(k, k, {static_cast<__int128>(k) - (static_cast<__int128>(1) << (k - 1))});
}
inline Cost shift_left_secret(unsigned n, unsigned k) {
  const auto w = static_cast<unsigned>(std::bit_width(k) - 1);
  const Cost shifted = look_up(n, k, w, k) + mask(k) + product(k);
  return (shifted | places_inside(k)) + (mask(k) | mux(k));
}
inline Cost shift_right_secret(unsigned k) {
  const auto w = static_cast<unsigned>(std::bit_width(k));
  const Cost places = places_inside(k) + mux(k) + mask(w);
  const Cost list = bits(k) + Cost{1, k, 0};
  return (places | list) + Cost{0, 0, 4 * k} + compose(k, k);
}

}  // namespace spud::protocol::semi2k::cost
