// SPDX-License-Identifier: Apache-2.0
#include "service/scheduler/device_book.hpp"

#include <algorithm>
#include <set>

namespace spud::service::scheduler {

namespace {

/// Does an existing device answer this request?
bool answers(const Device& device, const wire::CreateDevice& request, const PartyId& owner) {
  if (device.owner != owner || device.layout != request.layout || device.protocol != request.protocol ||
      device.format != request.format ||
      device.compute.size() != (request.parties.empty() ? request.count : request.parties.size())) {
    return false;
  }
  for (std::size_t i = 0; i < request.parties.size(); ++i) {
    if (device.compute[i].party != request.parties[i]) return false;
  }
  return request.dealers.empty() ||
         std::equal(device.dealers.begin(), device.dealers.end(), request.dealers.begin(),
                    request.dealers.end(),
                    [](const Member& dealer, const PartyId& party) { return dealer.party == party; });
}

}  // namespace

void DeviceBook::reload(Device device) {
  auto name = device.name;
  devices_[name] = std::move(device);
}

Result<Device> DeviceBook::create(const crypto::Identity& caller, const wire::CreateDevice& request,
                                  const NodeRegistry& registry, Millis now) {
  const std::string where = "device " + request.name.str();
  if (caller.role != crypto::Role::kClient) {
    return fail(ErrorCode::kDenied, caller.str() + " cannot make devices", where, "a client");
  }
  if (auto found = devices_.find(request.name); found != devices_.end()) {
    if (answers(found->second, request, caller.party)) return found->second;
    return fail(ErrorCode::kConflict, "the name stands for another device", where, {}, {},
                "choose another name, or drop that device first");
  }
  if (request.parties.empty() && request.count == 0)
    return bad_input("neither parties nor how many", where, "--parties alice,bob, or --auto --parties 2");
  // Refused before nodes are looked for, so that the error is about the request.
  std::set<PartyId> parties(request.parties.begin(), request.parties.end());
  if (parties.size() != request.parties.size()) {
    return fail(ErrorCode::kDenied, "a party is named twice", where, "compute nodes of distinct parties");
  }
  for (const auto& dealer : request.dealers) {
    if (!parties.contains(dealer)) continue;
    return fail(ErrorCode::kDenied, "dealer party " + dealer.str() + " also computes", where,
                "a dealer of a party that runs no compute node of the device");
  }
  Device device;
  device.name = request.name;
  device.layout = request.layout;
  device.protocol = request.protocol;
  device.format = request.format;
  device.owner = caller.party;
  SPUD_TRY(choose_members(device, request, registry, now));
  SPUD_TRY(verify(device));
  devices_[device.name] = device;
  return device;
}

std::vector<Candidate> DeviceBook::candidates(crypto::Role role, const NodeRegistry& registry,
                                              Millis now) const {
  std::map<std::string, std::size_t> devices;
  for (const auto& [name, device] : devices_) {
    for (const auto* members : {&device.compute, &device.dealers}) {
      for (const auto& member : *members) ++devices[member.identity];
    }
  }
  auto all = registry.candidates(role, now);
  for (auto& candidate : all) candidate.devices = devices[candidate.member.identity];
  std::sort(all.begin(), all.end(), comes_first);
  return all;
}

Status DeviceBook::choose_members(Device& device, const wire::CreateDevice& request,
                                  const NodeRegistry& registry, Millis now) const {
  const auto nodes = candidates(crypto::Role::kCompute, registry, now);
  PlaceWish wish{request.parties, request.count, request.protocol, request.labels, request.spread};
  for (const auto& party : request.parties) {
    const bool any = std::any_of(nodes.begin(), nodes.end(),
                                 [&](const Candidate& candidate) { return candidate.member.party == party; });
    if (!any) return std::unexpected(registry.none_of(party, crypto::Role::kCompute, now));
  }
  wish.without = request.dealers;
  if (request.protocol != Protocol::kSemi2k) {
    SPUD_ASSIGN(device.compute, place(wish, nodes));
    return {};
  }
  const auto dealers = candidates(crypto::Role::kDealer, registry, now);
  for (const auto& party : request.dealers) {
    auto found = std::find_if(dealers.begin(), dealers.end(), [&](const Candidate& candidate) {
      const auto& taken = device.dealers;
      return candidate.member.party == party &&
             std::find(taken.begin(), taken.end(), candidate.member) == taken.end();
    });
    if (found == dealers.end()) return std::unexpected(registry.none_of(party, crypto::Role::kDealer, now));
    device.dealers.push_back(found->member);
  }
  if (!request.dealers.empty()) {
    SPUD_ASSIGN(device.compute, place(wish, nodes));
    return {};
  }
  // The least used dealer whose party leaves enough others to compute.
  std::optional<Error> reason;
  for (const auto& dealer : dealers) {
    const auto& party = dealer.member.party;
    if (std::find(wish.parties.begin(), wish.parties.end(), party) != wish.parties.end()) continue;
    wish.without = {party};
    auto placed = place(wish, nodes);
    if (!placed) {
      reason = placed.error();
      continue;
    }
    device.compute = std::move(*placed);
    device.dealers = {dealer.member};
    return {};
  }
  if (reason) return std::unexpected(*reason);
  return fail(ErrorCode::kUnavailable, "no dealer of a party that does not compute", "device", {}, {},
              "start a dealer at another party; whoever deals must not compute");
}

Result<Device> DeviceBook::replace(const crypto::Identity& caller, const wire::ReplaceDevice& request,
                                   const NodeRegistry& registry, Millis now) {
  const std::string where = "device " + request.name.str();
  SPUD_ASSIGN(Device device, find(request.name));
  if (caller.role != crypto::Role::kClient || device.owner != caller.party) {
    return fail(ErrorCode::kDenied, caller.str() + " did not make it", where,
                "a client of " + device.owner.str());
  }
  const auto leaves = [&](const Member& member) {
    return request.node.empty() ? registry.is_absent(member, now) : member.node == request.node;
  };
  const auto before = digest(device);
  std::vector<Member> given;
  for (const auto* members : {&device.compute, &device.dealers}) {
    for (const auto& member : *members) {
      if (!leaves(member)) given.push_back(member);
    }
  }
  bool replaced = false;
  const auto renew = [&](Member& member, crypto::Role role) -> Status {
    if (!leaves(member)) return {};
    auto others = candidates(role, registry, now);
    std::erase_if(others, [&](const Candidate& other) {
      const bool leaving = other.member.identity == member.identity;
      return leaving || std::any_of(given.begin(), given.end(), [&](const Member& member) {
               return member.identity == other.member.identity;
             });
    });
    PlaceWish wish;
    wish.parties = {member.party};
    wish.protocol = device.protocol;
    const bool dealer = role == crypto::Role::kDealer;
    for (const auto& one : given) {
      // Dealers of one party may be several.
      if (!dealer || one.party != member.party) wish.given.push_back(one);
    }
    auto placed = place(wish, others);
    if (!placed) {
      return fail(
          ErrorCode::kUnavailable, "no other node of its party takes work", where + ", " + member.node.str(),
          {}, member.party.str(),
          "start another of role " + std::string(crypto::to_string(role)) + ", or make another device");
    }
    member = placed->front();
    given.push_back(member);
    replaced = true;
    return {};
  };
  for (auto& member : device.compute) SPUD_TRY(renew(member, crypto::Role::kCompute));
  for (auto& member : device.dealers) SPUD_TRY(renew(member, crypto::Role::kDealer));
  if (!replaced) {
    return fail(ErrorCode::kConflict,
                request.node.empty() ? "none of its members is absent" : "it has no member of that name",
                where, "--node with the name of a member", {}, "spud device show names them");
  }
  SPUD_TRY(verify(device));
  device.previous = before;
  devices_[device.name] = device;
  return device;
}

Result<Device> DeviceBook::find(const DeviceId& name) const {
  auto found = devices_.find(name);
  if (found == devices_.end()) {
    return fail(ErrorCode::kNotFound, "there is no device '" + name.str() + "'", "device", {}, {},
                "spud device list shows them");
  }
  return found->second;
}

wire::Devices DeviceBook::list() const {
  wire::Devices devices;
  for (const auto& [name, device] : devices_) devices.push_back(device);
  return devices;
}

Status DeviceBook::drop(const crypto::Identity& caller, const DeviceId& name) {
  auto found = devices_.find(name);
  if (found == devices_.end()) return {};
  if (caller.role != crypto::Role::kClient || found->second.owner != caller.party) {
    return fail(ErrorCode::kDenied, caller.str() + " did not make it", "device " + name.str(),
                "a client of " + found->second.owner.str());
  }
  devices_.erase(found);
  return {};
}

}  // namespace spud::service::scheduler
