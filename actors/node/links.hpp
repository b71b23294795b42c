// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "actors/door/peers.hpp"
#include "actors/node/control.hpp"
#include "actors/node/link_times.hpp"
#include "base/random.hpp"
#include "protocol/network.hpp"
#include "service/session/hello.hpp"
#include "system/metrics/log.hpp"
#include "system/net/link_shape.hpp"
#include "system/net/tls_context.hpp"

namespace spud::actors {

/// The links of one attempt to all peers: one connection a pair, on each a thread that reads, so that a
/// peer's death or its abort is noticed while we compute. Payloads go from the socket straight to where the
/// machine wants them. A thread more a link beats, and sends what leaves while we compute; a small round,
/// whole, is sent by the session's thread itself.
///
/// Beats show that this process lives, so they alone would keep a session that hangs alive at its peers for
/// ever: one that does not come to its next round within `times.round` ends the attempt in its own name, and
/// a peer that beats and is waited for twice as long ends it in that peer's.
///
/// The first failure decides: it is told to all peers that can still be told, every connection is shut, and
/// every call returns it from then on. Made, used and destroyed by the session's thread; fail() from any.
class Links final : public protocol::Network {
 public:
  /// Opens all links: connects to the peers of lower rank, takes those of higher rank from `control`,
  /// compares manifests, and exchanges pair keys. Each peer has `times.silence` for that. The error names the
  /// peer that is absent or differs. `shape` is for the links that we connect; whoever accepts shapes the
  /// rest. `observer` is told of rounds and peers; null: nobody. `log` names the attempt.
  static Result<std::unique_ptr<Links>> open(const service::session::Terms& terms, const net::TlsContext& tls,
                                             LinkTimes times, SessionControl& control, Random& random,
                                             const net::LinkShape& shape = {}, Peers* observer = nullptr,
                                             metrics::Logger log = {});
  ~Links() override;

  /// The seeds shared with each peer; once.
  std::map<Rank, Seed> take_keys() { return std::move(keys_); }

  Status exchange(const protocol::RoundHeader& header, std::span<const ByteView> send,
                  std::span<const protocol::Segments> receive) override;
  bool takes_parts() const override { return true; }
  Status start(const protocol::RoundHeader& header, std::span<const ByteView> send,
               std::span<const protocol::Segments> receive) override;
  /// Waits until nobody touches the machine's memory any more, and all has gone and come or something failed.
  Status settle() override;
  void abandon(const Error& cause) override;
  /// Our results are stored; waits until all peers have said the same.
  Status finish();
  /// Ends everything with this cause. The first one counts.
  void fail(const Error& cause);
  /// While `waits` says so, our session waits for somebody whom others watch, and is not late. Called from
  /// another thread; empty: never. Returns only when no call is under way.
  void excuse(std::function<bool()> waits);
  std::uint64_t sent_bytes() const;
  std::map<Rank, std::uint64_t> sent_bytes_by_peer() const;
  /// Whole frames, with what comes before and after the rounds.
  std::map<Rank, net::Traffic> traffic_by_peer() const;
  /// For how long our session has waited for each peer's messages, once it had nothing else to do. Waits for
  /// several peers at once count for each.
  std::map<Rank, std::chrono::nanoseconds> waited_by_peer() const;

 private:
  struct Message;
  struct Peer;
  struct Expected;
  struct Receiving;
  Links(const service::session::Terms& terms, LinkTimes times);

  Status connect(Rank rank, const net::TlsContext& tls, const net::LinkShape& shape);
  Status accept(Rank rank, SessionControl& control, Random& random);
  Status begin(SessionControl& control);
  void read(Peer& peer);
  Status read_frame(Peer& peer);
  Status take_round(Peer& peer, const wire::Round& round);
  Status receive_into(Peer& peer, const Expected& next, const wire::Round& round);
  Status set_aside(Peer& peer, const wire::Round& round);
  Status match(Peer& peer) const;  ///< under mutex_
  /// Memory for what the peers send, and for each of them what we send; nothing leaves yet.
  Status queue(const protocol::RoundHeader& header, std::span<const ByteView> send,
               std::span<const protocol::Segments> receive);
  void hand_to_senders(std::span<const std::unique_ptr<Peer>> peers);
  void send_queued(Peer& peer);
  /// Sends what is queued for a peer, on any thread: when it returns, nobody else is at it either. Tells a
  /// failure.
  void drain(Peer& peer);
  void beat(Peer& peer);
  void watch();
  /// What a link's end, found by its reader, says about its peer.
  void judge(Peer& peer, const Error& cause);
  /// It sent what the protocol does not allow.
  void refused(Peer& peer, const Error& cause);
  void count_round(std::chrono::steady_clock::time_point sent);  ///< under mutex_
  std::optional<Error> overdue() const;                          ///< under mutex_
  Error named(const Peer& peer, Error error) const;
  void tell(const Error& cause);
  /// What is left of fail() when there is no memory for it: peers see their connections end.
  void break_off() noexcept;
  template <class Body>
  std::thread start_thread(Body body);
  Status failure() const;  ///< under mutex_

  const service::session::Terms terms_;
  const LinkTimes times_;
  SessionControl* control_ = nullptr;
  Peers* observer_ = nullptr;
  metrics::Logger log_;
  std::optional<metrics::Counter> rounds_;  ///< of those with an observer
  std::map<Rank, Seed> keys_;
  std::vector<std::unique_ptr<Peer>> peers_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable aside_;  ///< for threads that small rounds do not need: senders and the watch
  // Under mutex_; and each peer's slot.
  std::optional<Error> failure_;
  bool telling_ = false;    ///< peers are being told of failure_: their connections must stay open
  bool finishing_ = false;  ///< no rounds are expected any more
  bool closing_ = false;
  bool waiting_ = false;  ///< our session waits for peers, since moved_
  std::chrono::steady_clock::time_point moved_ = std::chrono::steady_clock::now();
  std::function<bool()> excused_;

  std::thread watch_;
};

}  // namespace spud::actors
