// SPDX-License-Identifier: Apache-2.0
#include "actors/node/dealer_link.hpp"

#include <array>

namespace spud::actors {

namespace {

Result<OpenedTape> open(const wire::OpenTape& request, const service::Member& dealer, ByteView demand,
                        const net::TlsContext& tls, Millis silence, const net::LinkShape& shape,
                        Peers* observer) {
  SPUD_ASSIGN(auto address, net::Address::parse(dealer.address));
  const net::ExpectedPeer expected{dealer.party, crypto::Role::kDealer, dealer.node};
  OpenedTape opened;
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
  SPUD_ASSIGN(opened.answer, wire::decode_dealer_answer(frame.header));
  if (auto* problem = std::get_if<Error>(&opened.answer)) return std::unexpected(std::move(*problem));
  if (frame.payload.size() != Seed::kBytes)
    return fail(ErrorCode::kPeerFault, "no seed", "tape", "a tape's name and its seed");
  opened.seed = Seed(std::span<const std::byte, Seed::kBytes>(frame.payload.data(), Seed::kBytes));
  wipe(frame.payload);
  return opened;
}

}  // namespace

Result<OpenedTape> open_tape(const wire::OpenTape& request, const service::Member& dealer, ByteView demand,
                             const net::TlsContext& tls, Millis silence, const net::LinkShape& shape,
                             Peers* observer) {
  auto opened = open(request, dealer, demand, tls, silence, shape, observer);
  if (!opened && opened.error().party.empty()) opened.error().party = dealer.party.str();
  return opened;
}

}  // namespace spud::actors
