// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "base/id.hpp"

namespace spud::net {

/// The failure of the last TLS call of this thread in plain words, without a place; empties OpenSSL's error
/// queue. Alerts from the other side become what the other side did not like: where that is our certificate,
/// `own` is the party at fault, not whoever refused it.
Error take_tls_error(const PartyId& own);

}  // namespace spud::net
