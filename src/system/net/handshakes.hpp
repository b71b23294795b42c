// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

namespace spud::net {

/// How the handshakes of one TlsContext and its copies ended. A client's is done when the server has accepted
/// it. Any thread.
struct Handshakes {
  struct Side {
    std::atomic<std::uint64_t> done{0}, failed{0};
    void count(bool well) { ++(well ? done : failed); }
  };
  Side client, server;
};

}  // namespace spud::net
