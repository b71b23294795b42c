// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "alu/format.hpp"
#include "base/id.hpp"
#include "service/field.hpp"

namespace spud::service {

/// A process of a party, as devices and the registry name it.
struct Member {
  PartyId party;
  NodeId node;
  std::string identity;  ///< URI of its certificate
  std::string address;   ///< host:port; says where, not who, so no digest covers it
  bool operator==(const Member&) const = default;
};

/// Whose data its nodes compute on. Numbers are on the wire. The same rules of members hold for all.
enum class Layout : std::uint8_t {
  kOutsourcing = 1,  ///< anybody's: every input is shared among the nodes
  kColocated = 2,    ///< the compute parties' own: each keeps its inputs in plain at its own node
  kHybrid = 3,       ///< both: compute parties keep theirs, all others share
};
/// Which protocol its nodes run. Numbers are on the wire.
enum class Protocol : std::uint8_t { kRef2k = 1, kSemi2k = 2 };
const char* to_string(Layout layout);
const char* to_string(Protocol protocol);
Result<Layout> layout_from_string(const std::string& name);
Result<Protocol> protocol_from_string(const std::string& name);

/// A virtual SPU: who computes in which order, who deals, and how numbers are held. Immutable.
struct Device {
  DeviceId name;
  Layout layout = Layout::kOutsourcing;
  Protocol protocol = Protocol::kSemi2k;
  alu::NumberFormat format;
  std::vector<Member> compute;  ///< in rank order
  std::vector<Member> dealers;  ///< any of them deals, the first by preference; none for ref2k
  PartyId owner;                ///< whose client made it
  /// Of the device that had the name before members were replaced; says where from, not what, so no digest
  /// covers it.
  std::optional<Digest> previous{};

  unsigned parties() const { return static_cast<unsigned>(compute.size()); }
  /// The rank of the node with this identity.
  std::optional<Rank> rank_of(const std::string& identity) const;
  /// The dealer with this identity, the first if it is empty; null if the device names none such.
  const Member* dealer(const std::string& identity) const;
};

/// All that its digest covers: everything but addresses.
Fields describe(const Device& device);
Digest digest(const Device& device);

/// Names, counts, formats; no two compute nodes of one party; dealers that are distinct and whose parties do
/// not compute.
Status verify(const Device& device);

}  // namespace spud::service
