// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <future>
#include <memory>
#include <string>
#include <utility>

#include "system/net/connection.hpp"

/// Parties with certificates and connections between them over loopback, for the tests of this layer.
namespace spud::net {

inline constexpr Millis kPatience{30'000};

/// The same for authorities and leaves of a whole run: a leaf may not outlive its authority.
inline crypto::Validity valid_now() {
  static const std::int64_t now = SystemClock().unix_millis() / 1000;
  return {now - 3600, now + 86'400};
}

inline crypto::Identity node_of(const std::string& party, crypto::Role role = crypto::Role::kCompute) {
  return {PartyId(party), party + ".spud", role, NodeId(party + "-0")};
}

/// Authorities of alice and bob, each in the other's bundles; carol has one that nobody knows.
class Parties {
 public:
  crypto::Trust trust() const {
    crypto::Trust trust;
    trust.add({PartyId("alice"), "alice.spud", {alice.certificate}}).value();
    trust.add({PartyId("bob"), "bob.spud", {bob.certificate}}).value();
    return trust;
  }
  TlsContext context(const std::string& party, crypto::Role role = crypto::Role::kCompute) const {
    auto leaf = crypto::issue(party == "alice" ? alice : bob, node_of(party, role), valid_now());
    return TlsContext::make(leaf.value(), trust()).value();
  }
  /// A context whose own bundles believe `own`, whatever others think of it.
  TlsContext context_of(const crypto::Credential& own, const std::string& party,
                        const crypto::Certificate& authority) const {
    crypto::Trust trust;
    trust.add({PartyId(party), party + ".spud", {authority}}).value();
    trust.add({PartyId("bob"), "bob.spud", {bob.certificate}}).value();
    return TlsContext::make(own, std::move(trust)).value();
  }

  crypto::Credential alice = crypto::create_ca(PartyId("alice"), valid_now()).value();
  crypto::Credential bob = crypto::create_ca(PartyId("bob"), valid_now()).value();
  crypto::Credential carol = crypto::create_ca(PartyId("carol"), valid_now()).value();
};

using ConnectionResult = Result<std::unique_ptr<Connection>>;

struct Handshake {
  ConnectionResult client, server;
};

/// Both ends of one attempt to connect.
inline Handshake shake_hands(const TlsContext& client, const TlsContext& server,
                             const ExpectedPeer& of_client = ExpectedPeer::anyone(),
                             const ExpectedPeer& of_server = ExpectedPeer::anyone(),
                             const LinkShape& shape = {}) {
  auto listener = Listener::bind({"127.0.0.1", 0}).value();
  auto accepted = std::async(std::launch::async, [&]() -> ConnectionResult {
    auto socket = listener.accept(kPatience);
    if (!socket) return std::unexpected(socket.error());
    return Connection::accept(std::move(*socket), server, of_server, kPatience, shape);
  });
  auto connected = Connection::connect(listener.address(), client, of_client, kPatience, shape);
  return {std::move(connected), accepted.get()};
}

}  // namespace spud::net
