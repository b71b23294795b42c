// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace spud::crypto {

/// Why the last OpenSSL call of this thread failed, in OpenSSL's words ("unspecified" if it does not say).
/// Empties the thread's error queue, so that the next failure does not report this one.
std::string take_openssl_error();

}  // namespace spud::crypto
