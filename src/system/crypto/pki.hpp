// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "system/crypto/identity.hpp"
#include "system/crypto/keys.hpp"

/// A development PKI: one certificate authority a party. A party with a PKI of its own needs none of this,
/// only certificates with the URI name of identity.hpp.
namespace spud::crypto {

/// When what is valid for that long should have been replaced: thirty days before its end, or a third of its
/// time if that is less.
std::int64_t renewal_due(Validity validity);

/// A key and the certificate that speaks for it.
struct Credential {
  PrivateKey key;
  Certificate certificate;
};

/// A self-signed authority for `party` that may sign leaves only (path length 0). Its URI name is the party's
/// trust domain, spiffe://<party>.spud.
Result<Credential> create_ca(const PartyId& party, Validity validity);

/// A fresh key and a certificate for `identity` (its party is not used: the domain speaks), usable as client
/// and as server. Signs whatever it is told to: that an authority keeps to its own domain is checked by
/// whoever verifies. Refuses malformed names and a validity that outlives the authority.
Result<Credential> issue(const Credential& ca, const Identity& identity, Validity validity);

}  // namespace spud::crypto
