// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/config/services.hpp"
#include "system/net/tls_context.hpp"

namespace spud::service {

/// Reads the certificate, key and bundles that a configuration names.
Result<net::TlsContext> load_tls(const TlsConfig& config);

/// An identity from a configuration, with the party whose bundle lists its domain.
Result<crypto::Identity> with_party(crypto::Identity identity, const crypto::Trust& trust);

}  // namespace spud::service
