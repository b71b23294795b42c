// SPDX-License-Identifier: Apache-2.0
#include "service/credentials.hpp"

namespace spud::service {

Result<net::TlsContext> load_tls(const TlsConfig& config) {
  SPUD_ASSIGN(auto key, crypto::PrivateKey::read(config.key));
  SPUD_ASSIGN(auto certificate, crypto::Certificate::read_leaf(config.certificate));
  crypto::Trust trust;
  for (const auto& path : config.bundles) {
    SPUD_ASSIGN(auto loaded, crypto::Trust::load(path));
    for (const auto& bundle : loaded.bundles()) SPUD_TRY(trust.add(bundle));
  }
  return net::TlsContext::make({std::move(key), std::move(certificate)}, std::move(trust));
}

Result<crypto::Identity> with_party(crypto::Identity identity, const crypto::Trust& trust) {
  for (const auto& bundle : trust.bundles()) {
    if (bundle.domain == identity.domain) {
      identity.party = bundle.party;
      return identity;
    }
  }
  return bad_input("no bundle lists domain " + identity.domain, identity.uri(),
                   "the bundle of its party in tls.bundles");
}

}  // namespace spud::service
