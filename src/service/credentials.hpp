// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/config/services.hpp"
#include "system/net/tls_context.hpp"

namespace spud::service {

/// Reads the certificate, key and bundles that a configuration names.
Result<net::TlsContext> load_tls(const TlsConfig& config);

/// The same again, for a process that runs: key, certificate and bundles from the files as they are now. Any
/// error leaves `tls` as it was.
Result<net::TlsContext::Renewal> renew_tls(net::TlsContext& tls, const TlsConfig& config);

/// An identity from a configuration, with the party whose bundle lists its domain.
Result<crypto::Identity> with_party(crypto::Identity identity, const crypto::Trust& trust);

}  // namespace spud::service
