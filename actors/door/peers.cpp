// SPDX-License-Identifier: Apache-2.0
#include "actors/door/peers.hpp"

#include <optional>

#include "system/metrics/catalogue.hpp"

namespace spud::actors {

namespace {

const char* to_string(Carries kind) {
  switch (kind) {
    case Carries::kSession:
      return "session";
    case Carries::kTape:
      return "tape";
    case Carries::kRequest:
      return "request";
  }
  return "unknown";
}

/// The counters of one peer and kind.
class Counters final : public net::TrafficMeter {
 public:
  Counters(metrics::Registry& registry, const std::string& peer, const char* kind)
      : sent_(registry.counter(metrics::family::kBytesSent, {peer, kind})),
        received_(registry.counter(metrics::family::kBytesReceived, {peer, kind})) {}
  void sent(std::uint64_t bytes) override { sent_.add(static_cast<double>(bytes)); }
  void received(std::uint64_t bytes) override { received_.add(static_cast<double>(bytes)); }

 private:
  metrics::Counter sent_, received_;
};

}  // namespace

Peers::Peers(metrics::Registry& registry, const Clock& clock, Millis beats)
    : registry_(registry), clock_(clock), book_(beats), forgets_(registry.look([this] {
        std::lock_guard lock(mutex_);
        for (const auto& peer : book_.forget(clock_.now())) {
          registry_.remove(metrics::family::kPeerUp, {peer});
          registry_.remove(metrics::family::kRoundTrip, {peer});
        }
      })) {}

std::string Peers::name_of(const crypto::Identity& peer) {
  if (peer.role != crypto::Role::kClient) return peer.str();
  return peer.party.str() + "/" + std::string(crypto::to_string(peer.role));
}

void Peers::count(net::Connection& connection, Carries kind) {
  connection.count_with(std::make_shared<Counters>(registry_, name_of(connection.peer()), to_string(kind)));
}

void Peers::worked(const net::Connection& connection) {
  std::optional<double> seconds;
  if (const auto found = connection.round_trip()) seconds = std::chrono::duration<double>(*found).count();
  const auto peer = name_of(connection.peer());
  std::lock_guard lock(mutex_);
  show(peer, book_.worked(peer, seconds, clock_.now()));
}

void Peers::worked(const std::string& peer) {
  std::lock_guard lock(mutex_);
  show(peer, book_.worked(peer, std::nullopt, clock_.now()));
}

void Peers::failed(const std::string& peer) {
  std::lock_guard lock(mutex_);
  show(peer, book_.failed(peer, clock_.now()));
}

void Peers::judge(const std::string& peer, const Error& error) {
  if (error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kTimeout) failed(peer);
}

// Under mutex_.
void Peers::show(const std::string& peer, const service::PeerBook::Standing& standing) {
  registry_.set(metrics::family::kPeerUp, {peer}, standing.up ? 1 : 0);
  if (standing.round_trip_seconds) {
    registry_.set(metrics::family::kRoundTrip, {peer}, *standing.round_trip_seconds);
  } else {
    registry_.remove(metrics::family::kRoundTrip, {peer});
  }
}

}  // namespace spud::actors
