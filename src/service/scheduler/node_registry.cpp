// SPDX-License-Identifier: Apache-2.0
#include "service/scheduler/node_registry.hpp"

#include <algorithm>

#include "base/utc.hpp"
#include "service/scheduler/placement.hpp"

namespace spud::service::scheduler {

void NodeRegistry::reload(wire::NodeRecord record) {
  auto identity = record.member.identity;
  Entry entry;
  entry.record = std::move(record);
  nodes_[identity] = std::move(entry);
}

Result<std::optional<wire::NodeRecord>> NodeRegistry::announce(const crypto::Identity& caller,
                                                               const wire::Announce& announce, Millis now,
                                                               std::int64_t unix_millis) {
  if (caller.role != crypto::Role::kCompute && caller.role != crypto::Role::kDealer) {
    return fail(ErrorCode::kDenied, caller.str() + " cannot register", "announce",
                "a compute node or a dealer");
  }
  if (announce.address.empty()) return bad_input("no address", "announce", "host:port");
  wire::NodeRecord record{{caller.party, caller.name, caller.uri(), announce.address},
                          crypto::to_string(caller.role),
                          announce.compiler};
  auto& entry = nodes_[caller.uri()];
  const bool changed = entry.record.member != record.member || entry.record.compiler != record.compiler;
  entry = {std::move(record), announce.draining,   false, announce.facts, now,
           unix_millis,       announce.unix_millis};
  if (!changed) return std::nullopt;
  return entry.record;
}

void NodeRegistry::doubt(const Device& device, const PartyId& party) {
  for (const auto* members : {&device.compute, &device.dealers}) {
    for (const auto& member : *members) {
      auto found = nodes_.find(member.identity);
      if (member.party == party && found != nodes_.end()) found->second.doubted = true;
    }
  }
}

bool NodeRegistry::gone(const Entry& entry, Millis now) const {
  return now - entry.heard.value_or(started_) > gone_after_;
}

bool NodeRegistry::gone(const Member& member, Millis now) const {
  auto found = nodes_.find(member.identity);
  return found != nodes_.end() && gone(found->second, now);
}

bool NodeRegistry::is_absent(const Member& member, Millis now) const {
  auto found = nodes_.find(member.identity);
  return found == nodes_.end() || !takes_work(found->second, now);
}

Error NodeRegistry::absence(const Entry& entry, std::string what, std::string hint) {
  const auto& member = entry.record.member;
  return {ErrorCode::kUnavailable, std::move(what), entry.record.role + " " + member.node.str(), "",
          member.party.str(),      std::move(hint)};
}

Status NodeRegistry::takes_work(const Entry& entry, Millis now) const {
  auto absent = [&](std::string what, std::string hint = {}) {
    return std::unexpected(absence(entry, std::move(what), std::move(hint)));
  };
  if (gone(entry, now)) {
    const auto hours = std::chrono::duration_cast<std::chrono::hours>(now - entry.heard.value_or(started_));
    return absent("has been gone for " + std::to_string(hours.count()) + " hours",
                  "spud device replace puts another node of its party in its place");
  }
  if (!entry.heard) {
    const auto left = started_ + silence_ - now;
    return absent("has not announced itself since the scheduler started" +
                  (left > Millis(0)
                       ? ", which it should within " + std::to_string((left.count() + 999) / 1000) + " s"
                       : std::string()));
  }
  if (now - *entry.heard > silence_) {
    return absent("has been silent for " + span_text((now - *entry.heard).count()));
  }
  if (entry.draining) return absent("is shutting down");
  return {};
}

wire::Nodes NodeRegistry::list(Millis now) const {
  wire::Nodes nodes;
  for (const auto& [identity, entry] : nodes_) {
    const bool absent = !entry.heard || now - *entry.heard > silence_ || entry.doubted;
    nodes.push_back({entry.record.member, entry.record.role, entry.record.compiler, entry.draining,
                     entry.heard ? (now - *entry.heard).count() : -1, entry.facts, gone(entry, now), absent,
                     entry.heard_unix_millis, entry.said_unix_millis});
  }
  return nodes;
}

std::vector<Candidate> NodeRegistry::candidates(crypto::Role role, Millis now) const {
  std::vector<Candidate> candidates;
  for (const auto& [identity, entry] : nodes_) {
    if (entry.record.role != crypto::to_string(role) || !takes_work(entry, now)) continue;
    auto parsed = crypto::parse_uri(identity);
    candidates.push_back({entry.record.member, parsed ? parsed->domain : identity, entry.facts, 0});
  }
  return candidates;
}

Error NodeRegistry::none_of(const PartyId& party, crypto::Role role, Millis now) const {
  std::optional<Error> reason;
  for (const auto& [identity, entry] : nodes_) {
    if (entry.record.member.party != party || entry.record.role != crypto::to_string(role)) continue;
    auto able = takes_work(entry, now);
    if (!able) reason = able.error();
  }
  if (reason) return *reason;
  return {ErrorCode::kUnavailable,
          std::string("no ") + crypto::to_string(role) + " node has registered",
          "party " + party.str(),
          "",
          party.str(),
          "start one, with this scheduler in its configuration"};
}

Result<Member> NodeRegistry::reach(const Member& member, Millis now) const {
  auto found = nodes_.find(member.identity);
  if (found == nodes_.end()) {
    return fail(ErrorCode::kUnavailable, "has never announced itself", "node " + member.node.str(), {},
                member.party.str());
  }
  SPUD_TRY(takes_work(found->second, now));
  if (found->second.doubted) {
    return std::unexpected(
        absence(found->second, "was absent from an attempt, and has not announced itself since", {}));
  }
  return found->second.record.member;
}

Result<Member> NodeRegistry::reach_dealer(const Device& device, Millis now, const std::string& last) const {
  std::vector<const Member*> dealers;
  for (const auto& dealer : device.dealers) dealers.push_back(&dealer);
  std::stable_partition(dealers.begin(), dealers.end(),
                        [&](const Member* dealer) { return dealer->identity != last; });
  std::string reasons;
  for (const auto* dealer : dealers) {
    auto reached = reach(*dealer, now);
    if (reached || dealers.size() == 1) return reached;
    reasons += (reasons.empty() ? "" : "; ") + dealer->node.str() + " " + reached.error().what;
  }
  const std::string where = "device " + device.name.str();
  if (dealers.empty()) return fail(ErrorCode::kUnsupported, "no dealer", where);
  return fail(ErrorCode::kUnavailable, "none of its dealers takes work: " + reasons, where, {},
              device.dealers.front().party.str());
}

void NodeRegistry::locate(Device& device, Millis now) const {
  for (auto* members : {&device.compute, &device.dealers}) {
    for (auto& member : *members) {
      if (auto reached = reach(member, now)) member.address = reached->address;
    }
  }
}

std::uint32_t NodeRegistry::slots(const Member& member) const {
  auto found = nodes_.find(member.identity);
  const auto said = found == nodes_.end() ? 0 : found->second.facts.slots;
  return said == 0 ? kStandardSlots : said;
}

std::string NodeRegistry::compiler(const Member& member) const {
  auto found = nodes_.find(member.identity);
  return found == nodes_.end() ? std::string() : found->second.record.compiler;
}

}  // namespace spud::service::scheduler
