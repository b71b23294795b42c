// SPDX-License-Identifier: Apache-2.0
#include "service/scheduler/placement.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "service/scheduler/node_registry.hpp"

namespace spud::service::scheduler {

namespace {

std::string value_of(const Candidate& candidate, const std::string& label) {
  auto found = candidate.facts.labels.find(label);
  return found == candidate.facts.labels.end() ? std::string() : found->second;
}

std::string text(const PlaceWish& wish) {
  std::string text = std::string("runs ") + to_string(wish.protocol);
  for (const auto& [name, value] : wish.labels) text += " and has " + name + "=" + value;
  return text;
}

/// Which of a party's nodes: they lie in the order in which they are taken.
using Choices = std::map<PartyId, std::vector<Candidate>>;

/// Parties matched with values of a label, as many as there can be, each value once: augmenting paths.
std::map<PartyId, std::string> match(const Choices& choices, const std::vector<PartyId>& parties,
                                     const std::string& label, const std::set<std::string>& taken) {
  std::map<std::string, PartyId> holder;
  std::set<std::string> seen;
  const std::function<bool(const PartyId&)> find = [&](const PartyId& party) {
    for (const auto& candidate : choices.at(party)) {
      const auto value = value_of(candidate, label);
      if (value.empty() || taken.contains(value) || !seen.insert(value).second) continue;
      auto held = holder.find(value);
      if (held != holder.end() && !find(held->second)) continue;
      holder[value] = party;
      return true;
    }
    return false;
  };
  for (const auto& party : parties) {
    seen.clear();
    find(party);
  }
  std::map<PartyId, std::string> matched;
  for (const auto& [value, party] : holder) matched[party] = value;
  return matched;
}

}  // namespace

bool fits(const Candidate& candidate, const PlaceWish& wish) {
  const auto& facts = candidate.facts;
  // A node of an earlier version does not say what it runs.
  const bool runs = facts.protocols.empty() || std::find(facts.protocols.begin(), facts.protocols.end(),
                                                         wish.protocol) != facts.protocols.end();
  return runs && std::all_of(wish.labels.begin(), wish.labels.end(), [&](const auto& label) {
           auto found = facts.labels.find(label.first);
           return found != facts.labels.end() && found->second == label.second;
         });
}

bool comes_first(const Candidate& a, const Candidate& b) {
  const std::uint64_t slots_a = a.facts.slots != 0 ? a.facts.slots : kStandardSlots;
  const std::uint64_t slots_b = b.facts.slots != 0 ? b.facts.slots : kStandardSlots;
  const auto load_a = a.devices * slots_b, load_b = b.devices * slots_a;
  if (load_a != load_b) return load_a < load_b;
  return std::pair(a.member.party, a.member.node) < std::pair(b.member.party, b.member.node);
}

Result<std::vector<Member>> place(const PlaceWish& wish, std::vector<Candidate> candidates) {
  std::erase_if(candidates, [&](const Candidate& candidate) {
    const auto& without = wish.without;
    return !fits(candidate, wish) ||
           std::find(without.begin(), without.end(), candidate.member.party) != without.end();
  });
  std::sort(candidates.begin(), candidates.end(), comes_first);
  Choices choices;
  for (const auto& candidate : candidates) choices[candidate.member.party].push_back(candidate);

  std::set<std::string> domains, values;
  for (const auto& member : wish.given) {
    if (auto identity = crypto::parse_uri(member.identity)) domains.insert(identity->domain);
    for (const auto& candidate : candidates) {
      if (candidate.member.identity == member.identity) values.insert(value_of(candidate, wish.spread));
    }
  }
  auto parties = wish.parties;
  if (parties.empty()) {
    // One after the other: in a value that none has yet, where there is one, else the least used.
    auto seen = domains;
    auto spread = values;
    while (parties.size() < wish.count) {
      const Candidate* best = nullptr;
      bool best_fresh = false;
      for (const auto& candidate : candidates) {
        if (seen.contains(candidate.domain)) continue;
        if (std::find(parties.begin(), parties.end(), candidate.member.party) != parties.end()) continue;
        const auto value = value_of(candidate, wish.spread);
        const bool fresh = !wish.spread.empty() && !value.empty() && !spread.contains(value);
        if (best == nullptr || (fresh && !best_fresh)) {
          best = &candidate;
          best_fresh = fresh;
        }
      }
      if (best == nullptr) {
        return fail(ErrorCode::kUnavailable,
                    std::to_string(parties.size()) +
                        " parties in distinct trust domains have a node that takes "
                        "work, " +
                        text(wish),
                    "placement", std::to_string(wish.count) + " of them", {},
                    "spud node list shows who is there");
      }
      parties.push_back(best->member.party);
      seen.insert(best->domain);
      spread.insert(value_of(*best, wish.spread));
    }
  }
  for (const auto& party : parties) {
    if (choices.contains(party)) continue;
    return fail(ErrorCode::kUnavailable, "it has no compute node that takes work, " + text(wish),
                "party " + party.str(), {}, party.str(), "spud node list shows who is there");
  }
  std::map<PartyId, std::string> matched;
  if (!wish.spread.empty()) matched = match(choices, parties, wish.spread, values);
  std::vector<Member> members;
  for (const auto& party : parties) {
    const Candidate* chosen = nullptr;
    const auto value = matched.find(party);
    for (const auto& candidate : choices.at(party)) {
      if (domains.contains(candidate.domain)) continue;
      if (value != matched.end() && value_of(candidate, wish.spread) != value->second) continue;
      chosen = &candidate;
      break;
    }
    if (chosen == nullptr) {
      return fail(ErrorCode::kDenied, "its nodes are in the trust domain of another member",
                  "party " + party.str(), "members of distinct trust domains", party.str());
    }
    domains.insert(chosen->domain);
    members.push_back(chosen->member);
  }
  return members;
}

}  // namespace spud::service::scheduler
