// SPDX-License-Identifier: Apache-2.0
#include "actors/dealer/serve.hpp"

#include <array>
#include <atomic>
#include <functional>
#include <thread>

#include "actors/dealer/stock_meeting.hpp"
#include "actors/dealer/tape_ahead.hpp"
#include "actors/dealer/tape_sender.hpp"
#include "actors/door/ask.hpp"
#include "correlation/dealer.hpp"
#include "service/stock/piece_hash.hpp"
#include "service/stock/tape.hpp"
#include "system/metrics/catalogue.hpp"

namespace spud::actors {

namespace {

constexpr Millis kSend{60'000};
/// How long nodes may take to put on disk what has reached them.
constexpr Millis kStored{5 * 60'000};

/// Listens to a party while we deal: whatever it says, or that it has gone, is told on another thread.
class Listener {
 public:
  using Heard = std::function<void(Result<net::Frame>)>;
  Listener(net::Connection& connection, net::FrameLimits limits, Heard heard)
      : connection_(connection), ear_([&connection, limits, heard = std::move(heard)] {
          heard(connection.receive(limits, net::kForever));
        }) {}
  ~Listener() {
    connection_.shutdown();
    ear_.join();
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  net::Connection& connection_;
  std::thread ear_;
};

/// For an attempt: the party says nothing, so anything that is heard is its end.
Status deal_live(const TapeGrant& grant, const DealerSetup& setup, net::Connection& connection) {
  std::atomic<bool> gone{false};
  const Listener listener(connection, {.header_bytes = 0, .payload_bytes = 0},
                          [&](const Result<net::Frame>&) { gone = true; });
  TapeSender sender(connection, setup.peer_silence_limit);
  auto dealt = [&]() -> Status {
    TapeAhead ahead(sender, setup.tape_buffer);
    SPUD_TRY(correlation::deal(*grant.demand, grant.seeds, ahead, &gone));
    SPUD_TRY(ahead.finish());
    return sender.end();
  }();
  setup.registry.counter(metrics::family::kTapeBytesDealt).add(static_cast<double>(sender.sent()));
  if (!dealt && !gone) (void)connection.send(wire::encode(wire::DealerAnswer(dealt.error())), kSend);
  return dealt;
}

/// Hashes what it hands on.
class Hashed final : public correlation::TapeWriter {
 public:
  explicit Hashed(correlation::TapeWriter& onward) : onward_(onward) {}
  Status write(ByteView bytes) override {
    hash_.update(bytes);
    return onward_.write(bytes);
  }
  Digest finish() { return hash_.finish(); }

 private:
  correlation::TapeWriter& onward_;
  service::stock::PieceHash hash_;
};

Status deal_stock_to_last(const TapeGrant& grant, const DealerSetup& setup, TapeSender& sender) {
  Hashed hashed(sender);
  {
    TapeAhead ahead(hashed, setup.tape_buffer);
    SPUD_TRY(correlation::deal(*grant.demand, grant.seeds, ahead, &grant.meeting->over()));
    SPUD_TRY(ahead.finish());
  }
  SPUD_TRY(sender.flush());
  const auto demand = correlation::digest(*grant.demand);
  grant.meeting->dealt({sender.sent(), service::stock::tape_digest(*grant.stock, demand, hashed.finish())});
  setup.registry.counter(metrics::family::kTapeBytesDealt).add(static_cast<double>(sender.sent()));
  return {};
}

/// For stock, one rank's part: deals to the last, and is done when all nodes have stored the tape.
Status deal_stock(const TapeGrant& grant, Rank rank, const DealerSetup& setup, net::Connection& connection) {
  auto& meeting = *grant.meeting;
  const Listener listener(connection, {.payload_bytes = 0}, [&](const Result<net::Frame>& frame) {
    const auto said = frame ? wire::decode_dealer_request(frame->header) : Result<wire::DealerRequest>();
    const auto* stored = frame && said ? std::get_if<wire::TapeStored>(&*said) : nullptr;
    if (stored != nullptr) return meeting.stored(rank, stored->digest);
    meeting.fail(Error{ErrorCode::kUnavailable, "left before the tape was stored at all nodes",
                       "node " + connection.peer().name.str(), "", connection.peer().party.str(), ""});
  });
  auto done = [&]() -> Status {
    TapeSender sender(connection, setup.peer_silence_limit);
    if (grant.demand) {
      if (auto dealt = deal_stock_to_last(grant, setup, sender); !dealt) meeting.fail(dealt.error());
    }
    SPUD_ASSIGN(auto end, meeting.await_dealt());
    SPUD_TRY(sender.say(end));
    SPUD_TRY(meeting.await_ready(kStored));
    return sender.finish(wire::TapeReady{});
  }();
  if (done) return {};
  meeting.fail(done.error());
  (void)connection.send(wire::encode(wire::DealerAnswer(done.error())), kSend);
  return done;
}

Status serve_request(caf::actor_system& system, const DealerActor& actor, const DealerSetup& setup,
                     net::Connection& connection) {
  SPUD_ASSIGN(auto frame, connection.receive({}, kSend));
  SPUD_ASSIGN(auto decoded, wire::decode_dealer_request(frame.header));
  auto* open = std::get_if<wire::OpenTape>(&decoded);
  if (open == nullptr)
    return fail(ErrorCode::kPeerFault, "nothing was opened", "tape", "openTape first",
                connection.peer().party.str());
  const Rank rank = open->rank;
  auto request = std::make_shared<const TapeRequest>(
      TapeRequest{std::move(*open), std::make_shared<const Bytes>(std::move(frame.payload))});
  using Grant = std::shared_ptr<const TapeGrant>;
  caf::scoped_actor self(system);
  SPUD_ASSIGN(auto grant, ask<Grant>(self, actor, 2 * setup.peer_silence_limit, connection.peer(), request));
  const std::array<ByteView, 1> seed{grant->seed.view()};
  if (grant->stock) {
    auto opened =
        connection.send(wire::encode(wire::DealerAnswer(wire::StockOpened{*grant->stock})), seed, kSend);
    if (!opened) grant->meeting->fail(opened.error());
    SPUD_TRY(opened);
    return deal_stock(*grant, rank, setup, connection);
  }
  SPUD_TRY(connection.send(wire::encode(wire::DealerAnswer(wire::TapeOpened{grant->tape})), seed, kSend));
  if (grant->demand) return deal_live(*grant, setup, connection);
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
