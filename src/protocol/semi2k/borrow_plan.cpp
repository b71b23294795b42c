// SPDX-License-Identifier: Apache-2.0
#include "protocol/semi2k/borrow_plan.hpp"

#include <algorithm>

namespace spud::protocol::semi2k {
namespace {

using Kind = BitName::Kind;
using Term = BorrowPlan::Term;
using Sum = BorrowPlan::Sum;

constexpr unsigned kGroup = 4;

/// less and equal of one place of a chain of places, topmost first.
struct Place {
  BitName less, equal;
};

/// Appends lt_j · ∏ eq of the places above j, for every j; `above`: eqs of what lies above the chain.
void append_less(const std::vector<Place>& chain, Term above, Sum& sum) {
  for (const Place& place : chain) {
    Term term{place.less};
    term.insert(term.end(), above.begin(), above.end());
    sum.push_back(std::move(term));
    above.push_back(place.equal);
  }
}

Term equals(const std::vector<Place>& chain) {
  Term term;
  for (const Place& place : chain) term.push_back(place.equal);
  return term;
}

/// Digits high − 1 … low.
std::vector<Place> digits(unsigned low, unsigned high) {
  std::vector<Place> chain;
  for (unsigned d = high; d-- > low;) chain.push_back({{Kind::kLess, d}, {Kind::kEqual, d}});
  return chain;
}

class Planner {
 public:
  void add(unsigned position, TopDigits top) {
    const unsigned whole = position / 4, groups = whole / kGroup;
    std::vector<Place> chain = digits(kGroup * groups, whole);
    if (position % 4 != 0)
      chain.insert(chain.begin(), Place{{Kind::kPartLess, position}, {Kind::kPartEqual, position}});
    Sum sum;
    append_less(chain, {}, sum);
    if (groups > 0) {
      Term above = equals(chain);
      if (top == TopDigits::kJoined && chain.size() > 1) {
        const BitName all{Kind::kTopEqual, position};
        plan_.joined[all] = {above};
        above = {all};
      }
      std::vector<Place> below;
      for (unsigned g = groups; g-- > 0;) below.push_back({{Kind::kGroupLess, g}, {Kind::kGroupEqual, g}});
      append_less(below, std::move(above), sum);
    }
    open(sum);
    plan_.borrows.push_back(std::move(sum));
  }

  BorrowPlan take() {
    // What opening the second round's bits takes of the first; a joined bit that stands alone is needed too.
    for (const auto& name : std::set<BitName>(needed_)) {
      auto& sum = plan_.joined[name];
      if (sum.empty()) {
        const auto group = digits(kGroup * name.at, kGroup * name.at + kGroup);
        if (name.kind == Kind::kGroupLess) {
          append_less(group, {}, sum);
        } else {
          sum = {equals(group)};
        }
      }
      open(sum);
    }
    return std::move(plan_);
  }

 private:
  void open(const Sum& sum) {
    for (const Term& term : sum) {
      for (const BitName& name : term) {
        if (name.is_joined()) needed_.insert(name);
        if (term.size() > 1) (name.is_joined() ? plan_.second : plan_.first).insert(name);
      }
    }
  }
  BorrowPlan plan_;
  std::set<BitName> needed_;
};

}  // namespace

BorrowPlan plan_borrows(const std::vector<unsigned>& positions, TopDigits top) {
  Planner planner;
  for (unsigned position : positions) planner.add(position, top);
  return planner.take();
}

Cost BorrowPlan::cost(unsigned same_below) const {
  const auto is_new = [same_below](const BitName& name) { return name.end() > same_below; };
  std::set<std::vector<BitName>> products;
  auto count = [&](const Sum& sum) {
    for (Term term : sum) {
      std::sort(term.begin(), term.end());
      for (unsigned subset = 0; subset < 1u << term.size(); ++subset) {
        std::vector<BitName> names;
        for (std::size_t i = 0; i < term.size(); ++i) {
          if (subset >> i & 1) names.push_back(term[i]);
        }
        if (names.size() > 1 && std::ranges::any_of(names, is_new)) products.insert(std::move(names));
      }
    }
  };
  for (const auto& [name, sum] : joined) {
    if (is_new(name)) count(sum);
  }
  for (const auto& sum : borrows) count(sum);
  const auto opened = std::ranges::count_if(first, is_new) + std::ranges::count_if(second, is_new);
  return {(first.empty() ? 0u : 1u) + (second.empty() ? 0u : 1u), static_cast<std::uint64_t>(opened),
          products.size()};
}

}  // namespace spud::protocol::semi2k
