// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/id.hpp"

namespace spud::crypto {

/// What a certificate's holder may act as. Clients are data providers and operators.
enum class Role { kCompute, kDealer, kScheduler, kClient };

const char* to_string(Role role);
std::optional<Role> parse_role(std::string_view text);

/// Who somebody is. On the wire it is the one URI name of a certificate:
/// spiffe://<domain>/spud/<role>/<name>. The party is not in that name: it is whose bundle lists the domain,
/// so only Trust::verify can vouch for it.
struct Identity {
  PartyId party;
  std::string domain;  ///< of the party, e.g. "alice.spud"
  Role role = Role::kClient;
  NodeId name;

  std::string uri() const;
  /// For people: "alice/compute/alice-0"; the domain stands in for a party that is not known yet.
  std::string str() const;
  bool operator==(const Identity&) const = default;
};

/// The domain of a party in the development PKI: "<party>.spud".
std::string development_domain(const PartyId& party);

/// 1 to 255 of [a-z0-9._-], starting with a letter or digit.
bool is_valid_domain(std::string_view domain);

/// Exactly the form above, with a valid domain, a known role and a valid name; anything else is refused
/// (kBadInput). `party` stays empty.
Result<Identity> parse_uri(std::string_view uri);

}  // namespace spud::crypto
