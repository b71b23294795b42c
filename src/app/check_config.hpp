// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/config/services.hpp"
#include "system/net/tls_context.hpp"

namespace spud::app {

// What of a service's configuration can be wrong before anything is opened: a start asks, and --check-config
// asks nothing else.

/// Its certificate, key and bundles; kBadInput if the certificate is not of `role`.
Result<net::TlsContext> load_own_tls(const service::ServiceConfig& config, crypto::Role role);

/// Whether its data and log can be written where they are to be. Makes nothing.
Status check_places(const service::ServiceConfig& config);
Status check_log_file(const service::ServiceConfig& config);

}  // namespace spud::app
