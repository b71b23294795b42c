// SPDX-License-Identifier: Apache-2.0
#include "system/net/tls_context.hpp"

#include <map>
#include <mutex>

#include <openssl/ssl.h>

#include "base/check.hpp"
#include "system/crypto/openssl_error.hpp"
#include "system/net/open_connections.hpp"

namespace spud::net {
namespace {

using crypto::Refusal;

// The number stands for the alert that OpenSSL sends to the peer; tls_error.cpp turns it to words over there.
int alert_for(Refusal::Kind kind) {
  switch (kind) {
    case Refusal::Kind::kUnknownAuthority:
      return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;  // unknown_ca
    case Refusal::Kind::kNotInItsTime:
      return X509_V_ERR_CERT_HAS_EXPIRED;  // certificate_expired
    case Refusal::Kind::kBadIdentity:
      return X509_V_ERR_CERT_REJECTED;  // bad_certificate
  }
  return X509_V_ERR_CERT_REJECTED;
}

// Stands in for OpenSSL's whole verification. Anything that is not a clear yes is a no.
int check_peer(X509_STORE_CTX* store, void*) {
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* check = static_cast<PeerCheck*>(SSL_get_ex_data(ssl, peer_check_index()));
  X509* leaf = X509_STORE_CTX_get0_cert(store);
  if (check == nullptr || leaf == nullptr) {
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    return 0;
  }
  X509_up_ref(leaf);
  auto certificate = crypto::Certificate::adopt(leaf);
  auto identity = check->context.verify(certificate);
  if (!identity) {
    X509_STORE_CTX_set_error(store, alert_for(identity.error().kind));
    check->refusal = std::move(identity.error().error);
    return 0;
  }
  if (!check->expected.matches(*identity)) {
    check->refusal = Error{ErrorCode::kDenied,    "the peer is " + identity->str(),
                           "its certificate",     check->expected.str(),
                           identity->party.str(), {}};
    X509_STORE_CTX_set_error(store, X509_V_ERR_INVALID_PURPOSE);  // unsupported_certificate
    return 0;
  }
  check->identity = std::move(*identity);
  check->certificate = std::move(certificate);
  X509_STORE_CTX_set_error(store, X509_V_OK);
  return 1;
}

using Context = std::shared_ptr<SSL_CTX>;

/// What is alike in all handshakes: everything but our key and certificate.
Result<Context> make_context() {
  Context context(SSL_CTX_new(TLS_method()), &SSL_CTX_free);
  SSL_CTX* raw = context.get();
  bool done = raw != nullptr && SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION) == 1 &&
              SSL_CTX_set_max_proto_version(raw, TLS1_3_VERSION) == 1 &&
              SSL_CTX_set_ciphersuites(
                  raw, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") == 1 &&
              SSL_CTX_set1_groups_list(raw, "X25519:P-256:P-384") == 1 &&
              SSL_CTX_set_num_tickets(raw, 0) == 1;
  if (!done) return fail(ErrorCode::kInternal, "cannot set up TLS: " + crypto::take_openssl_error());
  SSL_CTX_set_options(raw, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(raw, &check_peer, nullptr);
  return context;
}

/// A process knows peers, its store and its policies by these names.
Status check_names(const crypto::Trust& old, const crypto::Trust& fresh) {
  for (const auto& before : old.bundles()) {
    for (const auto& now : fresh.bundles()) {
      if ((before.party == now.party) == (before.domain == now.domain)) continue;
      return fail(ErrorCode::kConflict, "calls " + now.domain + " the domain of " + now.party.str(),
                  "bundle of " + now.party.str(), before.domain + " as the domain of " + before.party.str(),
                  {}, "names of parties are taken at a start only");
    }
  }
  return {};
}

/// The parties whose bundles are not the same in both, or in one only.
std::vector<PartyId> parties_that_differ(const crypto::Trust& one, const crypto::Trust& other) {
  std::map<PartyId, std::string> left;
  for (const auto& bundle : one.bundles()) left[bundle.party] = bundle.text();
  std::vector<PartyId> parties;
  for (const auto& bundle : other.bundles()) {
    const auto found = left.find(bundle.party);
    if (found == left.end() || found->second != bundle.text()) parties.push_back(bundle.party);
    if (found != left.end()) left.erase(found);
  }
  for (const auto& [party, text] : left) parties.push_back(party);
  return parties;
}

/// A peer that was believed once and whose certificate ran out since is still who it was.
bool vouches_for(const crypto::Trust& trust, const crypto::Certificate& peer, std::int64_t now) {
  auto identity = trust.verify(peer, now);
  return identity || identity.error().kind == Refusal::Kind::kNotInItsTime;
}

}  // namespace

/// What a renewal replaces.
struct TlsContext::State {
  crypto::Credential own;
  crypto::Trust trust;
};

struct TlsContext::Shared {
  const Context context;
  const crypto::Identity self;
  const Clock* const clock;

  std::int64_t now() const { return clock->unix_millis() / 1000; }

  std::mutex mutex;
  // Under mutex.
  std::shared_ptr<const State> state;
  std::uint64_t generation = 0;
  OpenConnections open;
};

int peer_check_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

bool ExpectedPeer::matches(const crypto::Identity& identity) const {
  return (!party || *party == identity.party) && (!role || *role == identity.role) &&
         (!name || *name == identity.name);
}

std::string ExpectedPeer::str() const {
  if (!party && !role && !name) return "anyone we trust";
  return (party ? party->str() : "any party") + "/" + (role ? to_string(*role) : "any role") + "/" +
         (name ? name->str() : "any name");
}

Result<TlsContext> TlsContext::load(const Credentials& credentials, const Clock* clock) {
  SPUD_ASSIGN(crypto::Trust trust, crypto::Trust::load(credentials.bundles));
  SPUD_ASSIGN(crypto::Certificate certificate, crypto::Certificate::read_leaf(credentials.certificate));
  SPUD_ASSIGN(crypto::PrivateKey key, crypto::PrivateKey::read(credentials.key));
  auto context = make({std::move(key), std::move(certificate)}, std::move(trust), clock);
  if (!context) return std::unexpected(std::move(context.error()).in(credentials.certificate.string()));
  return context;
}

Result<TlsContext> TlsContext::make(const crypto::Credential& own, crypto::Trust trust, const Clock* clock) {
  static const SystemClock system_clock;
  if (clock == nullptr) clock = &system_clock;
  if (!own.certificate.belongs_to(own.key)) {
    return bad_input("the certificate and the private key do not belong together", own.certificate.subject());
  }
  auto self = trust.verify(own.certificate, clock->unix_millis() / 1000);
  if (!self) {
    Error error = std::move(self.error().error);
    error.what = "our own certificate is not one that our bundles allow: " + error.what;
    return std::unexpected(std::move(error));
  }
  SPUD_ASSIGN(auto context, make_context());
  auto state = std::make_shared<const State>(own, std::move(trust));
  return TlsContext(std::shared_ptr<Shared>(
      new Shared{std::move(context), std::move(*self), clock, {}, std::move(state), 0, {}}));
}

std::shared_ptr<const TlsContext::State> TlsContext::current() const {
  std::lock_guard lock(shared_->mutex);
  return shared_->state;
}

const crypto::Identity& TlsContext::self() const {
  return shared_->self;
}
crypto::Certificate TlsContext::certificate() const {
  return current()->own.certificate;
}
crypto::Trust TlsContext::trust() const {
  return current()->trust;
}

Result<TlsContext::Renewal> TlsContext::renew(const TlsContext& fresh) {
  const auto old = current(), next = fresh.current();
  if (fresh.self() != self()) {
    return fail(ErrorCode::kConflict, "the certificate is of " + fresh.self().str(),
                next->own.certificate.subject(), self().str() + ", as when this process started", {},
                "an identity is taken at a start only");
  }
  SPUD_TRY(check_names(old->trust, next->trust));
  Renewal renewal;
  renewal.certificate = next->own.certificate.fingerprint() != old->own.certificate.fingerprint();
  renewal.bundles = parties_that_differ(old->trust, next->trust);
  if (!renewal.changed()) return renewal;
  const std::int64_t now = shared_->now();
  std::lock_guard lock(shared_->mutex);
  shared_->state = next;
  ++shared_->generation;
  renewal.ended = shared_->open.end_unless(
      [&](const crypto::Certificate& peer) { return vouches_for(next->trust, peer, now); });
  return renewal;
}

std::expected<crypto::Identity, Refusal> TlsContext::verify(const crypto::Certificate& leaf) const {
  return current()->trust.verify(leaf, shared_->now());
}

SSL* TlsContext::new_handshake() const {
  const auto state = current();
  SSL* ssl = SSL_new(shared_->context.get());
  if (ssl != nullptr && SSL_use_certificate(ssl, state->own.certificate.handle()) == 1 &&
      SSL_use_PrivateKey(ssl, state->own.key.handle()) == 1) {
    return ssl;
  }
  SSL_free(ssl);
  return nullptr;
}

void TlsContext::forget_key(SSL* handshake) {
  SSL_certs_clear(handshake);
}

std::uint64_t TlsContext::generation() const {
  std::lock_guard lock(shared_->mutex);
  return shared_->generation;
}

Status TlsContext::opened(const void* connection, const crypto::Certificate& peer, std::uint64_t generation,
                          std::function<void()> end) const {
  std::lock_guard lock(shared_->mutex);
  if (generation != shared_->generation && !vouches_for(shared_->state->trust, peer, shared_->now())) {
    return fail(ErrorCode::kDenied, "no bundle vouches for it any more", "certificate of " + peer.subject());
  }
  shared_->open.add(connection, peer, std::move(end));
  return {};
}

void TlsContext::closed(const void* connection) const {
  std::lock_guard lock(shared_->mutex);
  shared_->open.remove(connection);
}

}  // namespace spud::net
