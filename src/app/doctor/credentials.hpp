// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "app/doctor/findings.hpp"
#include "service/config/services.hpp"
#include "system/net/tls_context.hpp"

namespace spud::app {

/// Key, certificate and bundles of a process that is to have this role; with what it would use them, nullopt
/// if it could not. A finding each, so that one that is wrong does not hide the next. `now`: unix seconds.
std::optional<net::TlsContext> check_credentials(Findings& findings, const service::TlsConfig& config,
                                                 crypto::Role role, std::int64_t now);

}  // namespace spud::app
