// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>

#include "system/crypto/identity.hpp"
#include "system/net/frame.hpp"
#include "system/net/link_shape.hpp"
#include "system/net/listener.hpp"
#include "system/net/tls_context.hpp"
#include "system/net/traffic_meter.hpp"

namespace spud::net {

class TlsStream;

/// What went over a connection, in bytes of whole frames (16 bytes of prefix, header, payload), TLS's own not
/// counted: the same on every run of the same program.
struct Traffic {
  std::uint64_t frames_sent = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t frames_received = 0;
  std::uint64_t bytes_received = 0;
};

/// Frames over TLS between two processes that have checked each other's identity.
///
/// Threads: any number may send (each frame goes out whole), one receives, shutdown() and the observers from
/// any. Timeouts are for the whole call, counted from its begin; kForever waits without end. Errors name the
/// peer and its address: kTimeout, kCancelled (shut down here), kUnavailable (peer gone), kPeerFault (not our
/// protocol, or above a limit). After any failure in the middle of a frame the same direction repeats that
/// failure; only a receive that timed out before a frame began may be tried again.
class Connection {
 public:
  /// Connects, shakes hands, and waits until the peer has accepted us, so that its refusal is this call's
  /// error.
  static Result<std::unique_ptr<Connection>> connect(const Address& address, const TlsContext& context,
                                                     const ExpectedPeer& expected, Millis timeout,
                                                     const LinkShape& shape = {});
  /// The server's side, on what Listener::accept gave. Takes up to `timeout` and a second of a hostile peer's
  /// time: not for the thread that accepts.
  static Result<std::unique_ptr<Connection>> accept(Socket socket, const TlsContext& context,
                                                    const ExpectedPeer& expected, Millis timeout,
                                                    const LinkShape& shape = {});
  /// Says goodbye. Nobody may be inside a call.
  ~Connection();

  /// Sends one frame; the payload's segments go out from where they lie and are only read until this returns.
  Status send(ByteView header, std::span<const ByteView> payload, Millis timeout);
  Status send(ByteView header, Millis timeout) { return send(header, {}, timeout); }

  /// One whole frame. Lengths are checked against `limits` before anything is allocated.
  Result<Frame> receive(const FrameLimits& limits, Millis timeout);

  /// The same in two steps, for payloads that go straight where they belong: first the header, then exactly
  /// payload_length() bytes in one or more calls. The next header only once the payload has been taken.
  Result<Bytes> receive_header(const FrameLimits& limits, Millis timeout);
  /// What is left of the current frame's payload.
  std::uint64_t payload_length() const { return payload_left_; }
  Status receive_payload(MutableBytes out, Millis timeout);

  /// Ends the connection from any thread: blocked calls return kCancelled. Frames sent before still arrive.
  void shutdown();

  const crypto::Identity& peer() const;
  const std::string& peer_address() const;
  Traffic traffic() const;
  /// As Socket::round_trip() has it.
  std::optional<std::chrono::microseconds> round_trip() const;
  /// Tells `meter` all that has gone and will go. Before others than the caller use the connection.
  void count_with(std::shared_ptr<TrafficMeter> meter);

 private:
  explicit Connection(std::unique_ptr<TlsStream> stream);
  static Result<std::unique_ptr<Connection>> greet(Socket socket, const TlsContext& context,
                                                   const ExpectedPeer& expected, const LinkShape& shape,
                                                   Deadline deadline);
  static Result<std::unique_ptr<Connection>> welcome(Socket socket, const TlsContext& context,
                                                     const ExpectedPeer& expected, const LinkShape& shape,
                                                     Deadline deadline);
  void count_received(std::uint64_t bytes);
  Status read_exactly(MutableBytes out, Deadline deadline);
  Result<FramePrefix> read_prefix(const FrameLimits& limits, Deadline deadline);
  Error blamed(Error error) const;

  std::unique_ptr<TlsStream> stream_;
  std::shared_ptr<TrafficMeter> meter_;  ///< null: nobody counts

  std::mutex send_mutex_;
  std::optional<Error> send_failure_;  // under send_mutex_

  // The receiving thread's.
  std::optional<Error> receive_failure_;
  std::uint64_t payload_left_ = 0;

  std::atomic<std::uint64_t> frames_sent_{0}, bytes_sent_{0}, frames_received_{0}, bytes_received_{0};
};

}  // namespace spud::net
