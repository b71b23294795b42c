// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "base/clock.hpp"
#include "system/crypto/pki.hpp"
#include "system/crypto/trust.hpp"

struct ssl_ctx_st;

namespace spud::net {

/// Where a process finds what it proves its identity with, and whom it believes.
struct Credentials {
  std::filesystem::path certificate;  ///< PEM, one leaf
  std::filesystem::path key;          ///< PEM, readable by the owner only
  std::filesystem::path bundles;      ///< a folder of trust bundles, one a party, our own among them
};

/// Whom we mean to talk to; what is not set may be anything. Checked in the handshake, on both sides.
struct ExpectedPeer {
  std::optional<PartyId> party;
  std::optional<crypto::Role> role;
  std::optional<NodeId> name;

  static ExpectedPeer exactly(const crypto::Identity& identity) {
    return {identity.party, identity.role, identity.name};
  }
  static ExpectedPeer of(crypto::Role role, const PartyId& party) { return {party, role, std::nullopt}; }
  static ExpectedPeer of(crypto::Role role) { return {std::nullopt, role, std::nullopt}; }
  /// Whoever our bundles vouch for: the caller decides by Connection::peer() what they may do.
  static ExpectedPeer anyone() { return {}; }

  bool matches(const crypto::Identity& identity) const;
  std::string str() const;
};

/// Everything that TLS connections of one process share: TLS 1.3 only, AES-128-GCM first, certificates on
/// both sides, no tickets, no resumption, no renegotiation. Immutable, thread-safe, cheap to copy. Serves
/// both ends.
class TlsContext {
 public:
  /// Refuses a certificate that our own bundles would not believe: better here than at every peer.
  /// `clock` judges certificates and outlives the context; null: the system's.
  static Result<TlsContext> load(const Credentials& credentials, const Clock* clock = nullptr);
  static Result<TlsContext> make(const crypto::Credential& own, crypto::Trust trust,
                                 const Clock* clock = nullptr);

  const crypto::Identity& self() const { return state_->self; }
  const crypto::Certificate& certificate() const { return state_->certificate; }
  const crypto::Trust& trust() const { return state_->trust; }
  std::int64_t unix_seconds() const { return state_->clock->unix_millis() / 1000; }
  ssl_ctx_st* handle() const { return state_->context.get(); }

 private:
  struct State {
    std::shared_ptr<ssl_ctx_st> context;
    crypto::Certificate certificate;
    crypto::Trust trust;
    crypto::Identity self;
    const Clock* clock;
  };
  explicit TlsContext(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

/// What one handshake is checked against, and what came of it. Attached to the connection while it shakes
/// hands.
struct PeerCheck {
  const TlsContext& context;
  const ExpectedPeer& expected;
  std::optional<crypto::Identity> identity;  ///< set once the certificate is believed
  std::optional<Error> refusal;              ///< set once it is not
};

/// The slot of an SSL object that points to its PeerCheck.
int peer_check_index();

}  // namespace spud::net
