// SPDX-License-Identifier: Apache-2.0
#include "actors/dealer/serve.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "actors/door/ask.hpp"
#include "correlation/dealer.hpp"
#include "system/metrics/catalogue.hpp"

namespace spud::actors {

namespace {

constexpr Millis kSend{60'000};
constexpr std::size_t kChunkBytes = 1u << 20;

/// Corrections on their way to the last party: gathered into chunks, held back by the connection when the
/// party is slow. While nothing is sent an empty chunk now and then shows that we live.
class TapeSender final : public correlation::TapeWriter {
 public:
  TapeSender(net::Connection& connection, Millis silence)
      : connection_(connection), alive_every_(silence / 4) {
    buffer_.reserve(kChunkBytes);
    pulse_ = std::thread([this] { keep_alive(); });
  }
  ~TapeSender() override {
    {
      std::lock_guard lock(mutex_);
      done_ = true;
      changed_.notify_all();
    }
    pulse_.join();
  }

  Status write(ByteView bytes) override {
    std::lock_guard lock(mutex_);
    while (!bytes.empty()) {
      const auto take = std::min(bytes.size(), kChunkBytes - buffer_.size());
      buffer_.insert(buffer_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(take));
      bytes = bytes.subspan(take);
      if (buffer_.size() == kChunkBytes) SPUD_TRY(flush());
    }
    return {};
  }

  /// The rest, and the end.
  Status finish() {
    std::lock_guard lock(mutex_);
    if (!buffer_.empty()) SPUD_TRY(flush());
    done_ = true;
    return connection_.send(wire::encode(wire::DealerAnswer(wire::TapeEnd{sent_})), net::kForever);
  }
  std::uint64_t sent() const { return sent_; }

 private:
  // Under mutex_. Waits as long as the party computes: it is alive, or its connection ends.
  Status flush() {
    const std::array<ByteView, 1> segments{buffer_};
    SPUD_TRY(
        connection_.send(wire::encode(wire::DealerAnswer(wire::TapeChunk{sent_})), segments, net::kForever));
    sent_ += buffer_.size();
    buffer_.clear();
    return {};
  }

  void keep_alive() {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, alive_every_, [&] { return done_; })) {
      if (!connection_.send(wire::encode(wire::DealerAnswer(wire::TapeChunk{sent_})), kSend)) return;
    }
  }

  net::Connection& connection_;
  const Millis alive_every_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Under mutex_.
  Bytes buffer_;
  std::uint64_t sent_ = 0;
  bool done_ = false;
  std::thread pulse_;  // last: uses all of the above
};

/// Notices that the party has gone while we expand: it sends nothing, so any end of waiting is its end.
class Departure {
 public:
  explicit Departure(net::Connection& connection)
      : watcher_([this, &connection] {
          (void)connection.receive({.header_bytes = 0, .payload_bytes = 0}, net::kForever);
          gone_ = true;
        }) {}
  ~Departure() { watcher_.join(); }
  const std::atomic<bool>& gone() const { return gone_; }

 private:
  std::atomic<bool> gone_{false};
  std::thread watcher_;
};

Status deal_to(const TapeGrant& grant, const DealerSetup& setup, net::Connection& connection) {
  const Departure departure(connection);
  auto dealt = [&]() -> Status {
    TapeSender sender(connection, setup.peer_silence_limit);
    SPUD_TRY(correlation::deal(*grant.demand, grant.seeds, sender, &departure.gone()));
    SPUD_TRY(sender.finish());
    setup.registry.counter(metrics::family::kTapeBytesDealt).add(static_cast<double>(sender.sent()));
    return {};
  }();
  if (!dealt && !departure.gone())
    (void)connection.send(wire::encode(wire::DealerAnswer(dealt.error())), kSend);
  connection.shutdown();
  return dealt;
}

Status serve_request(caf::actor_system& system, const DealerActor& actor, const DealerSetup& setup,
                     net::Connection& connection) {
  SPUD_ASSIGN(auto frame, connection.receive({}, kSend));
  SPUD_ASSIGN(auto decoded, wire::decode_dealer_request(frame.header));
  auto request = std::make_shared<const TapeRequest>(TapeRequest{
      std::get<wire::OpenTape>(std::move(decoded)), std::make_shared<const Bytes>(std::move(frame.payload))});
  using Grant = std::shared_ptr<const TapeGrant>;
  caf::scoped_actor self(system);
  SPUD_ASSIGN(auto grant, ask<Grant>(self, actor, 2 * setup.peer_silence_limit, connection.peer(), request));
  const std::array<ByteView, 1> seed{grant->seed.view()};
  SPUD_TRY(connection.send(wire::encode(wire::DealerAnswer(wire::TapeOpened{grant->tape})), seed, kSend));
  if (grant->demand) return deal_to(*grant, setup, connection);
  return connection.send(wire::encode(wire::DealerAnswer(wire::TapeEnd{0})), kSend);
}

}  // namespace

void serve_dealer(caf::actor_system& system, const DealerActor& actor, const DealerSetup& setup,
                  net::Connection& connection) {
  auto served = serve_request(system, actor, setup, connection);
  if (served) return;
  setup.log.warning("no tape", {{"peer", connection.peer().str()}, {"error", served.error().message()}});
  (void)connection.send(wire::encode(wire::DealerAnswer(served.error())), kSend);
}

}  // namespace spud::actors
