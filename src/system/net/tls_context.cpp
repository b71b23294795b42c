// SPDX-License-Identifier: Apache-2.0
#include "system/net/tls_context.hpp"

#include <openssl/ssl.h>

#include "base/check.hpp"
#include "system/crypto/openssl_error.hpp"

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
  auto identity =
      check->context.trust().verify(crypto::Certificate::adopt(leaf), check->context.unix_seconds());
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
  X509_STORE_CTX_set_error(store, X509_V_OK);
  return 1;
}

}  // namespace

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
  SPUD_ASSIGN(crypto::Certificate certificate, crypto::Certificate::read(credentials.certificate));
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

  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_method()), &SSL_CTX_free);
  SSL_CTX* raw = context.get();
  bool done = raw != nullptr && SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION) == 1 &&
              SSL_CTX_set_max_proto_version(raw, TLS1_3_VERSION) == 1 &&
              SSL_CTX_set_ciphersuites(
                  raw, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") == 1 &&
              SSL_CTX_set1_groups_list(raw, "X25519:P-256:P-384") == 1 &&
              SSL_CTX_set_num_tickets(raw, 0) == 1 &&
              SSL_CTX_use_certificate(raw, own.certificate.handle()) == 1 &&
              SSL_CTX_use_PrivateKey(raw, own.key.handle()) == 1;
  if (!done) return fail(ErrorCode::kInternal, "cannot set up TLS: " + crypto::take_openssl_error());
  SSL_CTX_set_options(raw, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(raw, &check_peer, nullptr);
  return TlsContext(std::make_shared<const State>(
      State{std::move(context), own.certificate, std::move(trust), std::move(*self), clock}));
}

}  // namespace spud::net
