// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <vector>

#include "protocol/cost.hpp"

namespace spud::protocol::semi2k {

/// A bit about digits of a public number (the first) and one that the dealer knows (the second). Digits have
/// four bits; four digits are a group.
struct BitName {
  enum class Kind : std::uint8_t {
    kLess,        ///< digit `at` of the first is less
    kEqual,       ///< … is equal
    kPartLess,    ///< of the bits of the topmost digit below bit `at`: less
    kPartEqual,   ///< … equal
    kGroupLess,   ///< of group `at`
    kGroupEqual,  ///< of group `at`
    kTopEqual,    ///< all between the last whole group below bit `at` and bit `at` is equal
  };
  Kind kind = Kind::kLess;
  unsigned at = 0;
  auto operator<=>(const BitName&) const = default;
  bool is_joined() const {
    return kind == Kind::kGroupLess || kind == Kind::kGroupEqual || kind == Kind::kTopEqual;
  }
  /// It says nothing of this bit of the numbers and of those above.
  unsigned end() const {
    switch (kind) {
      case Kind::kLess:
      case Kind::kEqual:
        return 4 * (at + 1);
      case Kind::kGroupLess:
      case Kind::kGroupEqual:
        return 16 * (at + 1);
      default:
        return at;
    }
  }
};

/// What [first < second] on the low `at` bits takes, for several `at` of one pair of numbers: sums (XOR) of
/// products of bits. A bit is opened under a mask of its own if a product needs it; what stands alone in a
/// sum is added as the share that it is, and not opened. First round: bits of digits, read from tables.
/// Second: what joins the digits of a group.
struct BorrowPlan {
  using Term = std::vector<BitName>;
  using Sum = std::vector<Term>;
  std::vector<Sum> borrows;         ///< by position
  std::map<BitName, Sum> joined;    ///< what the second round's bits are made of
  std::set<BitName> first, second;  ///< opened

  /// Rounds, bits opened, products of masks dealt; without the tables. For a further public number that
  /// agrees with the first below bit `same_below`: what that one does not have already.
  Cost cost(unsigned same_below = 0) const;
};

/// How a position that does not end a group is joined to the groups below it.
enum class TopDigits {
  kJoined,  ///< its digits' eqs by one more opened bit: few products; for a few positions
  kApart,   ///< by products that neighbouring positions share; for all digits of a number
};

/// `positions`: each at least 1.
BorrowPlan plan_borrows(const std::vector<unsigned>& positions, TopDigits top);

}  // namespace spud::protocol::semi2k
