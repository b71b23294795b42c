// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "system/net/tls_context.hpp"

namespace spud::sim {

/// Certificates of everybody in a simulation, made once a process: keys are not a matter of a seed, and
/// nothing that a history shows depends on them.
const crypto::Credential& credential_of(const crypto::Identity& identity);
/// What a node knows of itself and of whom to believe.
const net::TlsContext& context_of(const crypto::Identity& identity);

/// Its party's domain and all that.
crypto::Identity identity_of(const std::string& party, crypto::Role role, const std::string& name);

}  // namespace spud::sim
