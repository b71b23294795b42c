// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>

#include "system/net/link_shaper.hpp"
#include "system/net/record_buffer.hpp"
#include "system/net/socket.hpp"
#include "system/net/tls_context.hpp"

struct ssl_st;

namespace spud::net {

enum class TlsSide { kClient, kServer };

/// Bytes over TLS with somebody whose identity is checked. One thread may write while another reads;
/// shutdown() from any. OpenSSL's object is not for two threads, so it is locked while it encrypts or
/// decrypts; system calls and waiting happen outside that lock.
class TlsStream {
 public:
  /// Shakes hands on `socket`. A peer that we refuse is told why by an alert before the socket closes, which
  /// can take a second more than `deadline` if it does not hang up.
  static Result<std::unique_ptr<TlsStream>> open(Socket socket, TlsSide side, const TlsContext& context,
                                                 const ExpectedPeer& expected, const LinkShape& shape,
                                                 Deadline deadline);
  /// Says goodbye if nobody has yet.
  ~TlsStream();

  /// Writes all parts in order, straight from where they lie. One thread at a time. After a failure the
  /// stream is of no more use: part of it may have left.
  Status write(std::span<const ByteView> parts, Deadline deadline);

  /// At least one byte, at most what fits `out`; 0: the peer said goodbye. One thread at a time. After
  /// kTimeout the next call goes on where this one stopped.
  Result<std::size_t> read_some(MutableBytes out, Deadline deadline);

  /// Calls that wait, now or later, return kCancelled. What was written before still reaches the peer.
  void shutdown();

  const crypto::Identity& peer() const { return peer_; }
  const std::string& peer_address() const { return socket_.peer_address(); }
  std::optional<std::chrono::microseconds> round_trip() const { return socket_.round_trip(); }
  /// "bob/compute/bob-0 at 10.0.0.2:4711", once the identity is known.
  const std::string& where() const { return where_; }

 private:
  struct Free {
    void operator()(ssl_st* ssl) const;
  };

  TlsStream(Socket socket, TlsSide side, const TlsContext& context);
  Status shake_hands(PeerCheck& check, Deadline deadline);
  Status flush_handshake(Deadline deadline);
  void tell_and_linger(Deadline deadline);
  Result<std::size_t> encrypt(ByteView bytes);
  Status write_parts(std::span<const ByteView> parts, Deadline deadline);
  Status transmit(Deadline deadline);
  Result<std::size_t> decrypt(MutableBytes out, bool& ended);
  Status fill(Deadline deadline);
  Error placed(Error error) const;
  Error cancelled() const;

  const TlsContext context_;
  Socket socket_;
  PartyId own_;
  std::string where_;
  crypto::Identity peer_;
  std::atomic<bool> stopped_{false};
  std::atomic<bool> writing_{false};

  std::mutex tls_mutex_;  // guards ssl_ and records_.out; records_.in belongs to the reading thread
  RecordBuffer records_;
  std::unique_ptr<ssl_st, Free> ssl_;

  Bytes staging_;                       // the writing thread's: small parts that wait to fill a record
  Bytes sending_;                       // the writing thread's: records on their way to the socket
  std::unique_ptr<LinkShaper> shaper_;  // last: its thread uses the socket
};

}  // namespace spud::net
