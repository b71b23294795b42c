// SPDX-License-Identifier: Apache-2.0
#include "actors/dealer/serve.hpp"

#include <array>
#include <atomic>
#include <thread>

#include "actors/dealer/tape_ahead.hpp"
#include "actors/dealer/tape_sender.hpp"
#include "actors/door/ask.hpp"
#include "correlation/dealer.hpp"
#include "system/metrics/catalogue.hpp"

namespace spud::actors {

namespace {

constexpr Millis kSend{60'000};

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
    TapeAhead ahead(sender, setup.tape_buffer);
    SPUD_TRY(correlation::deal(*grant.demand, grant.seeds, ahead, &departure.gone()));
    SPUD_TRY(ahead.finish());
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
