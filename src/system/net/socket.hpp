// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "system/net/address.hpp"
#include "system/net/deadline.hpp"

struct sockaddr_storage;

namespace spud::net {

/// A connected TCP socket: non-blocking, no delay for small packets, keep-alive on, never raises SIGPIPE. One
/// thread may send while another receives; either shutdown may come from a third and wakes both.
class Socket {
 public:
  /// Tries every IP address of the host until one answers.
  static Result<Socket> connect(const Address& address, Deadline deadline);

  /// Takes over a connected descriptor.
  Socket(int fd, std::string peer_address);
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket();

  /// Sends everything. On failure some of it may have been sent.
  Status send_all(ByteView bytes, Deadline deadline);
  /// What one attempt takes, without waiting; 0 if the kernel's buffer is full or the connection is gone.
  std::size_t send_now(ByteView bytes);
  /// Waits for the peer's first byte, which stays to be taken. False: it has ended or broken off the
  /// connection without one.
  Result<bool> speaks(Deadline deadline);
  /// Waits for at least one byte and takes what is there; 0: the peer has ended its side.
  Result<std::size_t> receive_some(MutableBytes out, Deadline deadline);

  void shutdown_read();
  void shutdown_write();
  void shutdown_both();

  /// The least that the kernel has measured lately (five minutes, unless the system says otherwise): the
  /// smoothed one contains what a peer that computes takes until it acknowledges. nullopt if it has none.
  std::optional<std::chrono::microseconds> round_trip() const;

  /// Numeric, "10.0.0.1:4711".
  const std::string& peer_address() const { return peer_address_; }

 private:
  int fd_ = -1;
  std::string peer_address_;
};

/// Waits until poll(2) reports `events` or an error on `fd`; kTimeout if the deadline comes first.
Status wait_for(int fd, short events, Deadline deadline, const std::string& where);

/// "10.0.0.1:4711" or "[::1]:4711".
std::string numeric_address(const sockaddr_storage& address);

}  // namespace spud::net
