// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "actors/node/dealer_beats.hpp"
#include "service/wire/dealer_codec.hpp"
#include "system/metrics/log.hpp"
#include "system/net/connection.hpp"
#include "vm/tape_pipe.hpp"

namespace spud::actors {

namespace wire = service::wire;

/// A node's side of its tape: the seed at once, and at the last rank the corrections as they come, a bounded
/// number of them ahead of use. Owned by the session's thread; has one of its own that receives.
class TapeStream {
 public:
  /// Asks this dealer of the device and waits until all nodes have: kTimeout or the dealer's own words, which
  /// name who is missing. `observer`: as open_tape().
  static Result<std::unique_ptr<TapeStream>> open(const wire::OpenTape& request,
                                                  const service::Member& dealer, ByteView demand,
                                                  const net::TlsContext& tls, LinkTimes times,
                                                  const net::LinkShape& shape = {}, Peers* observer = nullptr,
                                                  metrics::Logger log = {});
  ~TapeStream();

  /// What the ledger calls it.
  const std::string& name() const { return name_; }
  Seed take_seed() { return std::move(seed_); }
  correlation::TapeReader* reader() { return &pipe_; }
  /// What the dealer has said of its own time so far.
  wire::DealerTimes times() const {
    return {first_.asked, first_.granted, ended_.load(std::memory_order_relaxed)};
  }
  /// Since when the session waits for the dealer; nullopt: it does not.
  std::optional<std::chrono::steady_clock::time_point> starved() const { return pipe_.starved(); }

 private:
  TapeStream(std::unique_ptr<net::Connection> connection, std::string dealer, LinkTimes times,
             Peers* observer, metrics::Logger log);
  void receive();
  Status check_starved() const;
  Result<bool> receive_one();
  /// The same; whoever broke off or fell silent does not work.
  template <class T>
  Result<T> judged(Result<T> received);

  std::unique_ptr<net::Connection> connection_;
  std::string dealer_;  ///< its party
  const LinkTimes times_;
  Peers* const observer_;
  const metrics::Logger log_;
  std::string name_;
  wire::DealerTimes first_;
  std::atomic<std::int64_t> ended_{0};
  Seed seed_;
  vm::TapePipe pipe_;
  std::uint64_t received_ = 0;
  bool told_ = false;     ///< the receiver's: that the dealer has said why it ends
  std::thread receiver_;  // uses all of the above
  DealerBeats beats_;     // last: only needs the connection
};

}  // namespace spud::actors
