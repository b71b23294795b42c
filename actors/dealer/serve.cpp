// SPDX-License-Identifier: Apache-2.0
#include "actors/dealer/serve.hpp"

#include <array>
#include <atomic>
#include <functional>
#include <thread>

#include "actors/dealer/stock_meeting.hpp"
#include "actors/dealer/tape_actor.hpp"
#include "actors/dealer/tape_ahead.hpp"
#include "actors/dealer/tape_sender.hpp"
#include "actors/door/ask.hpp"
#include "actors/door/refused_frame.hpp"
#include "correlation/dealer.hpp"
#include "service/stock/piece_hash.hpp"
#include "service/stock/tape.hpp"
#include "system/metrics/catalogue.hpp"

namespace spud::actors {

namespace {

constexpr Millis kSend{60'000};
/// How long nodes may take to put on disk what has reached them.
constexpr Millis kStored{5 * 60'000};

std::unexpected<Error> judged(const DealerSetup& setup, const metrics::Logger& log,
                              const net::Connection& connection, Error error) {
  judge_frame(setup.registry, kMalformedRequest, log, connection, error);
  return std::unexpected(std::move(error));
}

std::unexpected<Error> out_of_place(const DealerSetup& setup, const metrics::Logger& log,
                                    const net::Connection& connection, const std::string& expected) {
  return judged(setup, log, connection,
                Error{ErrorCode::kPeerFault, "a request out of place", "tape", expected, "", ""});
}

/// Listens to a party while we deal: what it says beside that it lives, and at last that it has gone or is
/// silent, is told on another thread.
class Listener {
 public:
  /// Whether to listen on.
  using Heard = std::function<bool(Result<wire::DealerRequest>)>;
  Listener(const DealerSetup& setup, const metrics::Logger& log, net::Connection& connection, Heard heard)
      : connection_(connection), ear_([&setup, &log, &connection, heard = std::move(heard)] {
          while (heard(listen(setup, log, connection))) {
          }
        }) {}
  ~Listener() {
    connection_.shutdown();
    if (ear_.joinable()) ear_.join();
  }
  /// Until the party has taken all that was sent, and hung up: a connection that is closed before loses what
  /// is on its way as soon as the party beats.
  void await_end() { ear_.join(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  static Result<wire::DealerRequest> listen(const DealerSetup& setup, const metrics::Logger& log,
                                            net::Connection& connection) {
    const auto silence = setup.peer_silence_limit;
    for (;;) {
      auto frame = connection.receive({.payload_bytes = 0}, silence);
      if (!frame) {
        // What is on its way to it would wait for ever.
        connection.shutdown();
        auto error = std::move(frame).error();
        if (error.code == ErrorCode::kTimeout)
          error.what = "silent for " + std::to_string(silence.count()) + " ms";
        return judged(setup, log, connection, std::move(error));
      }
      auto said = wire::decode_dealer_request(frame->header);
      if (!said) return judged(setup, log, connection, std::move(said).error());
      if (!std::holds_alternative<wire::NodeAlive>(*said)) return said;
    }
  }

  net::Connection& connection_;
  std::thread ear_;
};

Error shutting_down(const DealerSetup& setup) {
  return Error{ErrorCode::kCancelled,        "the dealer is shutting down", "tape", "",
               setup.tls.self().party.str(), "submit the job again"};
}

/// For an attempt: the party only says that it lives, so anything else that is heard is its end.
Status deal_live(const TapeGrant& grant, const DealerSetup& setup, const metrics::Logger& log,
                 wire::DealerTimes times, net::Connection& connection) {
  std::atomic<bool> gone{false};
  std::optional<Error> why;
  std::atomic<bool> given_up{false};
  const TapesUnderWay::Entry entry(setup.under_way, [&] {
    given_up = true;
    gone = true;
  });
  Status dealt;
  {
    Listener listener(setup, log, connection, [&](const Result<wire::DealerRequest>& said) {
      why = said ? out_of_place(setup, log, connection, "signs of life alone").error() : said.error();
      gone = true;
      return false;
    });
    TapeSender sender(connection, setup.peer_silence_limit);
    dealt = [&]() -> Status {
      TapeAhead ahead(sender, setup.tape_buffer);
      SPUD_TRY(correlation::deal(*grant.demand, grant.seeds, ahead, &gone));
      SPUD_TRY(ahead.finish());
      SPUD_TRY(sender.flush());
      times.ended = setup.clock.unix_micros();
      return sender.end(times);
    }();
    setup.registry.counter(metrics::family::kTapeBytesDealt).add(static_cast<double>(sender.sent()));
    if (dealt) listener.await_end();
    if (!dealt && given_up) dealt = std::unexpected(shutting_down(setup));
    if (!dealt && (given_up || !gone))
      (void)connection.send(wire::encode(wire::DealerAnswer(dealt.error())), kSend);
  }
  if (!dealt && why && !given_up) return std::unexpected(std::move(*why));
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
Status deal_stock(const TapeGrant& grant, Rank rank, const DealerSetup& setup, const metrics::Logger& log,
                  net::Connection& connection) {
  auto& meeting = *grant.meeting;
  Listener listener(setup, log, connection, [&](const Result<wire::DealerRequest>& said) {
    if (const auto* stored = said ? std::get_if<wire::TapeStored>(&*said) : nullptr) {
      meeting.stored(rank, stored->digest);
      return true;
    }
    if (said) {
      meeting.fail(out_of_place(setup, log, connection, "signs of life, and that it is stored").error());
      return false;
    }
    meeting.fail(Error{ErrorCode::kUnavailable, "left before the tape was stored at all nodes",
                       "node " + connection.peer().name.str(), "", connection.peer().party.str(), ""});
    return false;
  });
  const TapesUnderWay::Entry entry(setup.under_way, [&] { meeting.fail(shutting_down(setup)); });
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
  if (done) {
    listener.await_end();
    return {};
  }
  meeting.fail(done.error());
  (void)connection.send(wire::encode(wire::DealerAnswer(done.error())), kSend);
  return done;
}

/// `asked` is what the peer wants a tape for, once it has said so.
Status serve_request(caf::actor_system& system, const DealerActor& actor, const DealerSetup& setup,
                     net::Connection& connection, std::optional<wire::OpenTape>& asked) {
  auto frame = connection.receive({}, kSend);
  if (!frame) return judged(setup, setup.log, connection, std::move(frame).error());
  auto read = wire::decode_dealer_request(frame->header);
  if (!read) return judged(setup, setup.log, connection, std::move(read).error());
  wire::DealerTimes times{setup.clock.unix_micros(), 0, 0};
  auto* open = std::get_if<wire::OpenTape>(&*read);
  if (open == nullptr) return out_of_place(setup, setup.log, connection, "openTape first");
  const Rank rank = open->rank;
  asked = *open;
  const auto log = log_of_tape(setup.log, *asked);
  auto request = std::make_shared<const TapeRequest>(
      TapeRequest{std::move(*open), std::make_shared<const Bytes>(std::move(frame->payload))});
  using Grant = std::shared_ptr<const TapeGrant>;
  caf::scoped_actor self(system);
  SPUD_ASSIGN(auto grant, ask<Grant>(self, actor, 2 * setup.peer_silence_limit, connection.peer(), request));
  const std::array<ByteView, 1> seed{grant->seed.view()};
  if (grant->stock) {
    auto opened =
        connection.send(wire::encode(wire::DealerAnswer(wire::StockOpened{*grant->stock})), seed, kSend);
    if (!opened) grant->meeting->fail(opened.error());
    SPUD_TRY(opened);
    return deal_stock(*grant, rank, setup, log, connection);
  }
  times.granted = setup.clock.unix_micros();
  SPUD_TRY(
      connection.send(wire::encode(wire::DealerAnswer(wire::TapeOpened{grant->tape, times})), seed, kSend));
  if (grant->demand) return deal_live(*grant, setup, log, times, connection);
  return connection.send(wire::encode(wire::DealerAnswer(wire::TapeEnd{0, times})), kSend);
}

}  // namespace

void serve_dealer(caf::actor_system& system, const DealerActor& actor, const DealerSetup& setup,
                  net::Connection& connection) {
  if (setup.peers) setup.peers->count(connection, Carries::kTape);
  std::optional<wire::OpenTape> asked;
  auto served = serve_request(system, actor, setup, connection, asked);
  const auto log = asked ? log_of_tape(setup.log, *asked) : setup.log;
  if (served) return log.debug("tape dealt", {{"peer", connection.peer().str()}});
  log.warning("no tape", {{"peer", connection.peer().str()}, {"error", served.error().message()}});
  (void)connection.send(wire::encode(wire::DealerAnswer(served.error())), kSend);
}

}  // namespace spud::actors
