// SPDX-License-Identifier: Apache-2.0
// The dealer of a benchmark: what `spud dealer` does for an attempt, without actors and ledger.
#include "correlation/dealer.hpp"

#include <array>

#include "actors/dealer/tape_ahead.hpp"
#include "actors/dealer/tape_sender.hpp"
#include "app/bench/roles.hpp"
#include "app/bench/usage.hpp"
#include "service/dealer/tape_state.hpp"
#include "service/wire/dealer_codec.hpp"
#include "system/crypto/random.hpp"
#include "system/crypto/sha256.hpp"

namespace spud::app::bench {
namespace {

namespace wire = service::wire;

class Dealer {
 public:
  Dealer(const Setting& setting, ControlLine& line, net::TlsContext tls, net::Listener listener)
      : setting_(setting), line_(line), tls_(std::move(tls)), listener_(std::move(listener)) {}

  Status serve() {
    SPUD_TRY(line_.send({{"address", listener_.address().str()}}));
    forget_peak();
    for (;;) {
      SPUD_ASSIGN(auto order, line_.receive(net::Deadline::never()));
      const std::string what = order.value("do", "");
      Json answer = Json::object();
      if (what == "open") {
        SPUD_TRY(open());
        if (setting_.tape != TapeMode::kLive) SPUD_TRY(deal());
      }
      if (what == "go") {
        if (setting_.tape == TapeMode::kLive) SPUD_TRY(deal());
        answer = figures_;
        // The last party ends its connection when it has run; the others have theirs for as long.
      }
      SPUD_TRY(line_.send(answer));
    }
  }

 private:
  /// All parties ask for the same tape; each gets a seed.
  Status open() {
    const unsigned parties = setting_.device.parties;
    connections_.clear();
    connections_.resize(parties);
    seeds_.clear();
    std::optional<service::dealer::TapeState> state;
    for (unsigned i = 0; i < parties; ++i) {
      SPUD_ASSIGN(auto socket, listener_.accept(kSilence));
      SPUD_ASSIGN(auto connection, net::Connection::accept(std::move(socket), tls_,
                                                           net::ExpectedPeer::of(crypto::Role::kCompute),
                                                           kSilence, setting_.link));
      SPUD_ASSIGN(auto frame, connection->receive({}, kSilence));
      SPUD_ASSIGN(auto decoded, wire::decode_dealer_request(frame.header));
      const auto& request = std::get<wire::OpenTape>(decoded);
      SPUD_TRY(service::dealer::check_members(connection->peer(), tls_.self().uri(), request));
      if (!state) {
        state.emplace(request, kSilence);
        SPUD_ASSIGN(demand_, correlation::decode_demand(frame.payload));
      }
      SPUD_TRY(state->join(connection->peer(), request));
      connections_[index(request.rank)] = std::move(connection);
    }
    for (unsigned i = 0; i < parties; ++i) {
      SPUD_ASSIGN(auto seed, random_.seed());
      const std::array<ByteView, 1> payload{seed.view()};
      SPUD_TRY(connections_[i]->send(wire::encode(wire::DealerAnswer(wire::TapeOpened{"bench"})), payload,
                                     kSilence));
      seeds_.push_back(std::move(seed));
    }
    return {};
  }

  Status deal() {
    auto& last = *connections_.back();
    const double cpu_before = cpu_seconds();
    const auto sent_before = last.traffic().bytes_sent;
    for (auto& connection : connections_) {
      if (connection.get() == &last) continue;
      SPUD_TRY(connection->send(wire::encode(wire::DealerAnswer(wire::TapeEnd{0})), kSilence));
    }
    {
      actors::TapeSender sender(last, kSilence);
      actors::TapeAhead ahead(sender, limits::kTapeBufferBytes);
      SPUD_TRY(correlation::deal(demand_, seeds_, ahead));
      SPUD_TRY(ahead.finish());
      SPUD_TRY(sender.end());
    }
    figures_ = {{"ended", now_nanos()},
                {"cpu_seconds", cpu_seconds() - cpu_before},
                {"sent", {{last.peer().party.str(), last.traffic().bytes_sent - sent_before}}},
                {"peak_rss", peak_resident_bytes()}};
    return {};
  }

  const Setting& setting_;
  ControlLine& line_;
  const net::TlsContext tls_;
  net::Listener listener_;
  crypto::OsRandom random_;

  // Of the run that is open.
  std::vector<std::unique_ptr<net::Connection>> connections_;  ///< by rank
  std::vector<Seed> seeds_;
  correlation::Demand demand_;
  Json figures_;
};

}  // namespace

Status be_dealer(const Setting& setting, const Deployment& deployment, ControlLine& line) {
  SPUD_ASSIGN(auto tls, deployment.tls(PartyId(kDealerName)));
  SPUD_ASSIGN(auto listener, net::Listener::bind({"127.0.0.1", 0}));
  return Dealer(setting, line, std::move(tls), std::move(listener)).serve();
}

}  // namespace spud::app::bench
