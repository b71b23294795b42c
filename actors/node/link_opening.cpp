// SPDX-License-Identifier: Apache-2.0
/// How the parties of an attempt find each other: whoever has the higher rank connects.
#include <array>

#include "actors/node/link_peer.hpp"
#include "system/metrics/catalogue.hpp"

namespace spud::actors {

namespace {

/// The same; the peer with which it failed is judged by it.
template <class Peer, class Done>
Done judged(Peer& peer, Done done) {
  if (!done && peer.meters) peer.meters->judge(done.error());
  return done;
}

}  // namespace

Result<std::unique_ptr<Links>> Links::open(const service::session::Terms& terms, const net::TlsContext& tls,
                                           LinkTimes times, SessionControl& control, Random& random,
                                           const net::LinkShape& shape, Peers* observer,
                                           metrics::Logger log) {
  std::unique_ptr<Links> links(new Links(terms, times));
  links->observer_ = observer;
  links->log_ = std::move(log);
  if (observer != nullptr) links->rounds_ = observer->registry().counter(metrics::family::kRounds);
  Status opened;
  for (unsigned i = 0; opened && i < terms.device.parties(); ++i) {
    if (Rank{i} == terms.own) continue;
    auto& peer = *links->peers_.emplace_back(std::make_unique<Peer>());
    peer.rank = Rank{i};
    peer.party = terms.device.compute[i].party.str();
    if (observer != nullptr) peer.meters.emplace(*observer, terms.device.compute[i]);
    opened =
        Rank{i} < terms.own ? links->connect(Rank{i}, tls, shape) : links->accept(Rank{i}, control, random);
    if (opened) links->log_.debug("link opened", {{"peer", peer.connection->peer().str()}});
    if (!opened) {
      opened = std::unexpected(links->named(peer, std::move(opened).error()));
      // Without a connection it is somebody else's; what the peer has told us, it blames on somebody, too.
      if (opened.error().code == ErrorCode::kPeerFault && peer.connection && !peer.told)
        links->refused(peer, opened.error());
    }
  }
  if (opened) opened = links->begin(control);
  if (!opened) {
    const Error cause = service::session::blame(std::move(opened).error(), terms);
    links->fail(cause);
    // Peers whose links we have not come to would else wait for us, and blame us.
    control.cancel(cause);
    return std::unexpected(cause);
  }
  return links;
}

Error Links::named(const Peer& peer, Error error) const {
  if (error.party.empty()) error.party = peer.party;
  return error;
}

Status Links::connect(Rank rank, const net::TlsContext& tls, const net::LinkShape& shape) {
  auto& peer = *peers_.back();
  const auto& member = terms_.device.compute[index(rank)];
  SPUD_ASSIGN(auto address, net::Address::parse(member.address));
  const net::ExpectedPeer expected{member.party, crypto::Role::kCompute, member.node};
  auto connected = net::Connection::connect(address, tls, expected, times_.silence, shape);
  if (!connected) {
    if (peer.meters) peer.meters->failed();
    return std::unexpected(std::move(connected).error());
  }
  peer.connection = std::move(*connected);
  if (observer_ != nullptr) observer_->count(*peer.connection, Carries::kSession);
  SPUD_TRY(judged(peer, peer.connection->send(wire::encode(wire::LinkFrame(service::session::hello(terms_))),
                                              times_.silence)));
  // The peer answers when it has its links to the ranks before ours: if one of them is silent, it says so.
  SPUD_ASSIGN(auto frame, judged(peer, peer.connection->receive({.payload_bytes = 0}, 2 * times_.silence)));
  SPUD_ASSIGN(auto said, wire::decode_link_frame(frame.header));
  const auto told = [&](Error& cause) {
    peer.told = true;
    return std::unexpected(std::move(cause));
  };
  if (auto* cause = std::get_if<Error>(&said)) return told(*cause);
  const auto* hello = std::get_if<wire::Hello>(&said);
  if (hello == nullptr) return spud::fail(ErrorCode::kPeerFault, "no hello", "link", "hello first");
  SPUD_TRY(service::session::check_hello(terms_, peer.connection->peer().uri(), *hello));
  SPUD_ASSIGN(auto key,
              judged(peer, peer.connection->receive({.payload_bytes = Seed::kBytes}, times_.silence)));
  SPUD_ASSIGN(auto key_frame, wire::decode_link_frame(key.header));
  if (auto* cause = std::get_if<Error>(&key_frame)) return told(*cause);
  if (!std::holds_alternative<wire::PairKey>(key_frame) || key.payload.size() != Seed::kBytes) {
    return spud::fail(ErrorCode::kPeerFault, "no pair key", "link", "32 bytes after hello");
  }
  keys_.emplace(rank, Seed(std::span<const std::byte, Seed::kBytes>(key.payload.data(), Seed::kBytes)));
  wipe(key.payload);
  return {};
}

Status Links::accept(Rank rank, SessionControl& control, Random& random) {
  auto& peer = *peers_.back();
  auto taken = control.take(rank, times_.silence);
  if (!taken) {
    // The cause of a cancel is somebody else's.
    if (peer.meters && taken.error().code == ErrorCode::kTimeout && !control.cancelled())
      peer.meters->failed();
    return std::unexpected(std::move(taken).error());
  }
  const auto offer = std::move(*taken);
  peer.connection = offer->connection;
  // A peer that is refused is told why by fail(), which needs the connection.
  SPUD_TRY(service::session::check_hello(terms_, peer.connection->peer().uri(), offer->hello));
  SPUD_TRY(judged(peer, peer.connection->send(wire::encode(wire::LinkFrame(service::session::hello(terms_))),
                                              times_.silence)));
  SPUD_ASSIGN(auto seed, random.seed());
  const std::array<ByteView, 1> payload{seed.view()};
  SPUD_TRY(judged(
      peer, peer.connection->send(wire::encode(wire::LinkFrame(wire::PairKey{})), payload, times_.silence)));
  keys_.emplace(rank, std::move(seed));
  return {};
}

}  // namespace spud::actors
