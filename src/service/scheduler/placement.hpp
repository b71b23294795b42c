// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "service/device.hpp"
#include "service/wire/scheduler_codec.hpp"

namespace spud::service::scheduler {

/// A node that takes work, as a device might use it.
struct Candidate {
  Member member;
  std::string domain;  ///< of its identity: whom its certificate's authority belongs to
  wire::NodeFacts facts;
  std::size_t devices = 0;  ///< that it is part of already
};

/// What a device needs of the nodes that compute for it.
struct PlaceWish {
  std::vector<PartyId> parties;  ///< in rank order; empty: `count` of those that have a node
  std::size_t count = 0;
  Protocol protocol = Protocol::kSemi2k;
  Labels labels;                   ///< that every node must have
  std::string spread;              ///< a label in whose values they should differ; empty: none
  std::vector<PartyId> without{};  ///< parties that do not compute: they deal
  std::vector<Member> given{};     ///< members that stay where a device is placed again
};

/// Does the node have these labels and run this protocol?
bool fits(const Candidate& candidate, const PlaceWish& wish);
/// Fewest devices a slot first, then by name: the order in which nodes are taken.
bool comes_first(const Candidate& a, const Candidate& b);

/// One node a party, in distinct trust domains, the least used first; as many values of the spread label as
/// there can be. Says which party has none that fits, or how many parties have one.
Result<std::vector<Member>> place(const PlaceWish& wish, std::vector<Candidate> candidates);

}  // namespace spud::service::scheduler
