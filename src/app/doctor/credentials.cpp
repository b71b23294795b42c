// SPDX-License-Identifier: Apache-2.0
#include "app/doctor/credentials.hpp"

#include "service/credentials.hpp"

namespace spud::app {

namespace {

void check_certificate(Findings& findings, const service::TlsConfig& config, std::int64_t now) {
  auto certificate = crypto::Certificate::read_leaf(config.certificate);
  if (!certificate) return findings.fail("certificate", certificate.error());
  auto finding = judge_validity("certificate", certificate->validity(), now);
  const auto names = certificate->uri_names();
  finding.says = (names.size() == 1 ? names.front() : config.certificate.string()) + " " + finding.says;
  findings.add(std::move(finding));
}

void check_bundles(Findings& findings, const service::TlsConfig& config, std::int64_t now) {
  for (const auto& path : config.bundles) {
    auto trust = crypto::Trust::load(path);
    if (!trust) {
      findings.fail("bundles", trust.error());
      continue;
    }
    for (const auto& bundle : trust->bundles()) {
      for (const auto& authority : bundle.authorities) {
        auto finding = judge_validity("party " + bundle.party.str(), authority.validity(), now);
        finding.says += ", domain " + bundle.domain + ", SHA-256 " + authority.fingerprint().hex();
        findings.add(std::move(finding));
      }
    }
  }
}

}  // namespace

std::optional<net::TlsContext> check_credentials(Findings& findings, const service::TlsConfig& config,
                                                 crypto::Role role, std::int64_t now) {
  check_certificate(findings, config, now);
  check_bundles(findings, config, now);
  auto tls = service::load_tls(config);
  if (!tls) {
    findings.fail("credentials", tls.error());
    return std::nullopt;
  }
  if (tls->self().role != role) {
    findings.fail("credentials", "a certificate of role " + std::string(crypto::to_string(tls->self().role)),
                  "have one issued for role " + std::string(crypto::to_string(role)));
    return std::nullopt;
  }
  findings.ok("credentials",
              "the key is the certificate's, and its own bundle vouches for " + tls->self().str());
  return std::move(*tls);
}

}  // namespace spud::app
