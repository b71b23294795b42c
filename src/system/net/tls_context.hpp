// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "system/crypto/pki.hpp"
#include "system/crypto/trust.hpp"
#include "system/net/handshakes.hpp"

struct ssl_st;

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
/// both sides, no tickets, no resumption, no renegotiation. Thread-safe, cheap to copy. Serves both ends.
///
/// Copies are one context: what renew() brings holds for all of them, from the next handshake on. Our own
/// identity and the names of parties never change.
class TlsContext {
 public:
  /// Refuses a certificate that our own bundles would not believe: better here than at every peer.
  /// `clock` judges certificates and outlives the context; null: the system's.
  static Result<TlsContext> load(const Credentials& credentials, const Clock* clock = nullptr);
  static Result<TlsContext> make(const crypto::Credential& own, crypto::Trust trust,
                                 const Clock* clock = nullptr);

  const crypto::Identity& self() const;
  crypto::Certificate certificate() const;
  crypto::Trust trust() const;
  /// Counted by Connection.
  Handshakes& handshakes() const { return *handshakes_; }

  /// What a renewal did.
  struct Renewal {
    bool certificate = false;      ///< we show another one
    std::vector<PartyId> bundles;  ///< of these parties we believe other authorities
    std::size_t ended = 0;  ///< open connections whose peers' certificates no bundle vouches for any more

    bool changed() const { return certificate || !bundles.empty(); }
  };
  /// Takes key, certificate and bundles of `fresh` in place of our own, for all handshakes from now on. Open
  /// connections go on, but for those with peers whose certificate no bundle vouches for any more: these are
  /// shut down. A certificate that has run out since its handshake is no reason. The old key is overwritten
  /// with the last handshake that uses it. kConflict, and nothing changes, if `fresh` is of another identity
  /// or calls a domain's party otherwise.
  Result<Renewal> renew(const TlsContext& fresh);

  /// Whom a certificate shown to us now belongs to.
  std::expected<crypto::Identity, crypto::Refusal> verify(const crypto::Certificate& leaf) const;

 private:
  friend class TlsStream;
  struct State;
  struct Shared;
  explicit TlsContext(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  std::shared_ptr<const State> current() const;

  /// For one handshake; null if memory is exhausted.
  ssl_st* new_handshake() const;
  /// What a handshake was given of our key; it needs none once it is done.
  static void forget_key(ssl_st* handshake);
  /// Counts renewals.
  std::uint64_t generation() const;
  /// From now until closed(), `end` is called, from any thread, once `peer` is no longer believed; it returns
  /// at once. kDenied if that is so already: `peer` was believed in `generation`.
  Status opened(const void* connection, const crypto::Certificate& peer, std::uint64_t generation,
                std::function<void()> end) const;
  void closed(const void* connection) const;

  std::shared_ptr<Shared> shared_;
  std::shared_ptr<Handshakes> handshakes_ = std::make_shared<Handshakes>();
};

/// What one handshake is checked against, and what came of it. Attached to the connection while it shakes
/// hands.
struct PeerCheck {
  const TlsContext& context;
  const ExpectedPeer& expected;
  std::optional<crypto::Identity> identity;        ///< set once the certificate is believed
  std::optional<crypto::Certificate> certificate;  ///< the same
  std::optional<Error> refusal;                    ///< set once it is not
};

/// The slot of an SSL object that points to its PeerCheck.
int peer_check_index();

}  // namespace spud::net
