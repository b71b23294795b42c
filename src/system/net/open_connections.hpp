// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <map>

#include "system/crypto/keys.hpp"

namespace spud::net {

/// The connections of a context that are open, so that those with a peer who is no longer believed can be
/// ended. Not thread-safe: its owner locks.
class OpenConnections {
 public:
  /// `end` may be called from any thread until remove(), and returns at once.
  void add(const void* connection, const crypto::Certificate& peer, std::function<void()> end) {
    open_.insert_or_assign(connection, Open{peer, std::move(end)});
  }
  /// Nothing if it is not there.
  void remove(const void* connection) { open_.erase(connection); }

  /// Ends those whose peer's certificate is not `believed`; says how many.
  std::size_t end_unless(const std::function<bool(const crypto::Certificate&)>& believed) {
    std::size_t ended = 0;
    for (auto& [connection, open] : open_) {
      if (believed(open.peer)) continue;
      open.end();
      ++ended;
    }
    return ended;
  }

 private:
  struct Open {
    crypto::Certificate peer;
    std::function<void()> end;
  };
  std::map<const void*, Open> open_;
};

}  // namespace spud::net
