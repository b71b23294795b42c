// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/doctor/findings.hpp"
#include "service/config/services.hpp"
#include "system/net/tls_context.hpp"

namespace spud::app {

/// Longer than a healthy handshake takes anywhere, short enough for somebody who waits.
inline constexpr Millis kDoctorsPatience{3000};

/// A client's way to its scheduler, its nodes and devices.
void check_deployment(Findings& findings, const service::ClientContext& context);

/// A service's way to its scheduler; an identity whose party is not known is a finding too.
void check_scheduler(Findings& findings, const net::TlsContext& tls, const net::Address& scheduler,
                     const crypto::Identity& identity);

/// Does this very service answer where others are told to reach it?
void check_own_door(Findings& findings, const net::TlsContext& tls, const net::Address& advertise);

}  // namespace spud::app
