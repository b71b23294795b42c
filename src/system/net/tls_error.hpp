// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

namespace spud::net {

/// The failure of the last TLS call of this thread in plain words, without a place; empties OpenSSL's error
/// queue. Alerts from the other side become what the other side did not like.
Error take_tls_error();

}  // namespace spud::net
