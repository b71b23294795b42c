// SPDX-License-Identifier: Apache-2.0
#include "system/crypto/openssl_error.hpp"

#include <openssl/err.h>

namespace spud::crypto {

std::string take_openssl_error() {
  unsigned long first = ERR_get_error();
  ERR_clear_error();
  const char* reason = first == 0 ? nullptr : ERR_reason_error_string(first);
  return reason == nullptr ? "unspecified" : reason;
}

}  // namespace spud::crypto
