// SPDX-License-Identifier: Apache-2.0
#include "service/device.hpp"

#include <set>

#include "base/limits.hpp"

namespace spud::service {

const char* to_string(Layout layout) {
  switch (layout) {
    case Layout::kOutsourcing:
      return "outsourcing";
    case Layout::kColocated:
      return "colocated";
    case Layout::kHybrid:
      return "hybrid";
  }
  return "unknown";
}
const char* to_string(Protocol protocol) {
  return protocol == Protocol::kRef2k ? "ref2k" : "semi2k";
}

Result<Layout> layout_from_string(const std::string& name) {
  for (auto layout : {Layout::kOutsourcing, Layout::kColocated, Layout::kHybrid}) {
    if (name == to_string(layout)) return layout;
  }
  return bad_input("no layout is called '" + name + "'", "layout", "outsourcing, colocated or hybrid");
}

Result<Protocol> protocol_from_string(const std::string& name) {
  if (name == "ref2k") return Protocol::kRef2k;
  if (name == "semi2k") return Protocol::kSemi2k;
  return bad_input("no protocol is called '" + name + "'", "protocol", "semi2k or ref2k");
}

std::optional<Rank> Device::rank_of(const std::string& identity) const {
  for (unsigned i = 0; i < parties(); ++i) {
    if (compute[i].identity == identity) return Rank{i};
  }
  return std::nullopt;
}

const Member* Device::dealer(const std::string& identity) const {
  for (const auto& member : dealers) {
    if (identity.empty() || member.identity == identity) return &member;
  }
  return nullptr;
}

Fields describe(const Device& device) {
  Fields fields{{"name", device.name.str()},
                {"layout", to_string(device.layout)},
                {"protocol", to_string(device.protocol)},
                {"ring bits", std::to_string(device.format.ring_bits)},
                {"fraction bits", std::to_string(device.format.fraction_bits)},
                {"owner", device.owner.str()}};
  auto add = [&](const std::string& role, const Member& member) {
    fields.push_back({role + " party", member.party.str()});
    fields.push_back({role + " node", member.node.str()});
    fields.push_back({role + " identity", member.identity});
  };
  for (unsigned i = 0; i < device.parties(); ++i) add("rank " + std::to_string(i), device.compute[i]);
  for (std::size_t i = 0; i < device.dealers.size(); ++i) {
    add(i == 0 ? "dealer" : "dealer " + std::to_string(i + 1), device.dealers[i]);
  }
  return fields;
}

Digest digest(const Device& device) {
  return digest_fields("device", describe(device));
}

Status verify(const Device& device) {
  const std::string where = "device " + device.name.str();
  if (!is_valid_name(device.name.str())) {
    return bad_input("'" + device.name.str() + "' is not a name", "device", "1 to 63 of [a-z0-9._-]");
  }
  const auto n = device.compute.size();
  if (n < 2 || n > limits::kPartiesPerDevice) {
    return bad_input(std::to_string(n) + " compute parties", where,
                     "2 to " + std::to_string(limits::kPartiesPerDevice));
  }
  if (device.format.ring_bits != 32 && device.format.ring_bits != 64 && device.format.ring_bits != 128) {
    return bad_input("ring of " + std::to_string(device.format.ring_bits) + " bits", where, "32, 64 or 128");
  }
  if (device.format.fraction_bits < 1 || device.format.fraction_bits > device.format.ring_bits / 2) {
    return bad_input(std::to_string(device.format.fraction_bits) + " fraction bits", where,
                     "1 to " + std::to_string(device.format.ring_bits / 2));
  }
  if (device.dealers.size() > limits::kDealersPerDevice) {
    return bad_input(std::to_string(device.dealers.size()) + " dealers", where,
                     "at most " + std::to_string(limits::kDealersPerDevice));
  }
  std::set<std::string> parties, dealers;
  auto named = [&](const Member& member, const char* role) -> Status {
    if (!member.party.empty() && !member.node.empty() && !member.identity.empty()) return {};
    return bad_input(std::string("a ") + role + " without party, name or identity", where);
  };
  auto twice = [&](const Member& member) {
    return fail(ErrorCode::kDenied, "party " + member.party.str() + " would take two parts", where,
                "every node of another party, and dealers whose parties do not compute");
  };
  for (const auto& member : device.compute) {
    SPUD_TRY(named(member, "compute node"));
    if (!parties.insert(member.party.str()).second) return twice(member);
  }
  for (const auto& member : device.dealers) {
    SPUD_TRY(named(member, "dealer"));
    if (parties.contains(member.party.str())) return twice(member);
    // By name too: a tape's number names its dealer by party and node.
    const bool fresh = dealers.insert(member.identity).second &&
                       dealers.insert(member.party.str() + "/" + member.node.str()).second;
    if (!fresh) return bad_input("dealer " + member.identity + " is named twice", where, "distinct dealers");
  }
  if (device.protocol == Protocol::kSemi2k && device.dealers.empty()) {
    return bad_input("no dealer", where,
                     "a dealer of a party that does not compute: semi2k needs correlations");
  }
  return {};
}

}  // namespace spud::service
