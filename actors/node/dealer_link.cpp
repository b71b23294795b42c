// SPDX-License-Identifier: Apache-2.0
#include "actors/node/dealer_link.hpp"

#include <array>

#include "actors/door/refused_frame.hpp"

namespace spud::actors {

namespace {

Status open(const wire::OpenTape& request, const service::Member& dealer, ByteView demand,
            const net::TlsContext& tls, Millis silence, const net::LinkShape& shape, Peers* observer,
            OpenedTape& opened, bool& told) {
  SPUD_ASSIGN(auto address, net::Address::parse(dealer.address));
  const net::ExpectedPeer expected{dealer.party, crypto::Role::kDealer, dealer.node};
  auto connected = net::Connection::connect(address, tls, expected, silence, shape);
  if (observer != nullptr) {
    if (connected) {
      observer->count(**connected, Carries::kTape);
      observer->worked(**connected);
    } else {
      observer->failed(Peers::name_of({dealer.party, {}, crypto::Role::kDealer, dealer.node}));
    }
  }
  SPUD_ASSIGN(opened.connection, std::move(connected));
  const std::array segments{demand};
  SPUD_TRY(opened.connection->send(wire::encode(wire::DealerRequest(request)), segments, silence));
  // The dealer waits that long for the others before it answers.
  SPUD_ASSIGN(auto frame, opened.connection->receive({.payload_bytes = Seed::kBytes}, 2 * silence));
  SPUD_ASSIGN(opened.answer, decode_answer(frame.header, told));
  if (frame.payload.size() != Seed::kBytes)
    return fail(ErrorCode::kPeerFault, "no seed", "tape", "a tape's name and its seed");
  opened.seed = Seed(std::span<const std::byte, Seed::kBytes>(frame.payload.data(), Seed::kBytes));
  wipe(frame.payload);
  return {};
}

}  // namespace

Result<wire::DealerAnswer> decode_answer(ByteView header, bool& told) {
  SPUD_ASSIGN(auto answer, wire::decode_dealer_answer(header));
  if (auto* problem = std::get_if<Error>(&answer)) {
    told = true;
    return std::unexpected(std::move(*problem));
  }
  return answer;
}

Result<OpenedTape> open_tape(const wire::OpenTape& request, const service::Member& dealer, ByteView demand,
                             const net::TlsContext& tls, Millis silence, const net::LinkShape& shape,
                             Peers* observer, const metrics::Logger& log) {
  OpenedTape opened;
  bool told = false;
  auto done = open(request, dealer, demand, tls, silence, shape, observer, opened, told);
  if (done) return opened;
  auto error = std::move(done).error();
  if (observer != nullptr && opened.connection && !told) {
    observer->judge(Peers::name_of(opened.connection->peer()), error);
    judge_frame(observer->registry(), kBrokenTape, log, *opened.connection, error);
  }
  if (error.party.empty()) error.party = dealer.party.str();
  return std::unexpected(std::move(error));
}

}  // namespace spud::actors
