// SPDX-License-Identifier: Apache-2.0
#include "service/scheduler/device_book.hpp"

#include <algorithm>
#include <set>

namespace spud::service::scheduler {

namespace {

/// Does an existing device answer this request?
bool answers(const Device& device, const wire::CreateDevice& request, const PartyId& owner) {
  if (device.owner != owner || device.layout != request.layout || device.protocol != request.protocol ||
      device.format != request.format || device.compute.size() != request.parties.size()) {
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
  for (const auto& party : request.parties) {
    SPUD_ASSIGN(auto member, registry.choose(party, crypto::Role::kCompute, now));
    device.compute.push_back(std::move(member));
  }
  if (request.protocol == Protocol::kSemi2k) {
    if (request.dealers.empty()) {
      SPUD_ASSIGN(auto dealer, registry.choose_dealer(request.parties, now));
      device.dealers.push_back(std::move(dealer));
    }
    for (const auto& party : request.dealers) {
      SPUD_ASSIGN(auto dealer, registry.choose(party, crypto::Role::kDealer, now, device.dealers));
      device.dealers.push_back(std::move(dealer));
    }
  }
  SPUD_TRY(verify(device));
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
