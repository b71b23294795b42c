// SPDX-License-Identifier: Apache-2.0
#include "system/crypto/trust.hpp"

#include <algorithm>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "base/check.hpp"
#include "base/utc.hpp"
#include "system/crypto/pem_file.hpp"

namespace spud::crypto {
namespace {

constexpr std::string_view kPemBegin = "-----BEGIN";

std::string_view trimmed(std::string_view text) {
  std::size_t first = text.find_first_not_of(" \t\r"), last = text.find_last_not_of(" \t\r");
  return first == std::string_view::npos ? std::string_view() : text.substr(first, last - first + 1);
}

std::unexpected<Refusal> refuse(Refusal::Kind kind, std::string what, const Certificate& leaf,
                                std::string expected, std::string party, std::string hint = {}) {
  return std::unexpected(
      Refusal{kind, Error{ErrorCode::kDenied, std::move(what), "certificate of " + leaf.subject(),
                          std::move(expected), std::move(party), std::move(hint)}});
}

}  // namespace

std::string TrustBundle::text() const {
  std::string out = "party: " + party.str() + "\ndomain: " + domain + "\n";
  for (const Certificate& authority : authorities) out += authority.pem();
  return out;
}

Result<TrustBundle> TrustBundle::from_text(std::string_view text, const std::string& where) {
  TrustBundle bundle;
  std::size_t pem = text.find(kPemBegin);
  if (pem == std::string_view::npos) return bad_input("holds no certificate", where, "certificates in PEM");
  std::string_view head = text.substr(0, pem);
  while (!head.empty()) {
    std::size_t end = std::min(head.find('\n'), head.size());
    std::string_view line = trimmed(head.substr(0, end));
    head.remove_prefix(std::min(end + 1, head.size()));
    if (line.empty() || line.starts_with('#')) continue;
    std::size_t colon = line.find(':');
    std::string_view key = trimmed(line.substr(0, colon));
    std::string value(colon == std::string_view::npos ? std::string_view() : trimmed(line.substr(colon + 1)));
    if (key == "party" && bundle.party.empty() && is_valid_name(value)) {
      bundle.party = PartyId(value);
    } else if (key == "domain" && bundle.domain.empty() && is_valid_domain(value)) {
      bundle.domain = value;
    } else {
      return bad_input("has an unexpected line before the certificates", where,
                       "one line 'party: NAME' and one line 'domain: NAME'");
    }
  }
  if (bundle.party.empty() || bundle.domain.empty()) {
    return bad_input("does not say whose bundle it is", where, "the lines 'party: NAME' and 'domain: NAME'");
  }
  SPUD_ASSIGN(bundle.authorities, Certificate::all_from_pem(text.substr(pem), where));
  return bundle;
}

Result<TrustBundle> TrustBundle::read(const std::filesystem::path& file) {
  SPUD_ASSIGN(std::string text, read_pem_file(file, Access::kEveryone));
  return from_text(text, file.string());
}

Status TrustBundle::write(const std::filesystem::path& file) const {
  return replace_public_file(file, text());
}

Result<Trust> Trust::load(const std::filesystem::path& path) {
  std::error_code error;
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_directory(path, error)) {
    for (std::filesystem::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
      if (it->path().extension() == ".pem") files.push_back(it->path());
    }
    if (error) return fail(ErrorCode::kUnavailable, "cannot list: " + error.message(), path.string());
    if (files.empty())
      return bad_input("has no bundle in it", path.string(), "a file PARTY.pem for each party");
    std::sort(files.begin(), files.end());
  } else {
    files.push_back(path);
  }
  Trust trust;
  for (const auto& file : files) {
    SPUD_ASSIGN(TrustBundle bundle, TrustBundle::read(file));
    if (auto added = trust.add(std::move(bundle)); !added) {
      return std::unexpected(std::move(added.error()).in(file.string()));
    }
  }
  return trust;
}

Status Trust::add(TrustBundle bundle) {
  const std::string where = "bundle of " + bundle.party.str();
  if (!is_valid_name(bundle.party.str()) || !is_valid_domain(bundle.domain) || bundle.authorities.empty()) {
    return bad_input("lacks a party, a domain or an authority", where);
  }
  for (const TrustBundle& known : bundles_) {
    if (known.party == bundle.party)
      return fail(ErrorCode::kConflict, "there are two bundles of this party", where);
    if (known.domain == bundle.domain) {
      return fail(ErrorCode::kConflict, known.party.str() + " has the domain " + bundle.domain + " already",
                  where, "a domain of its own for each party");
    }
  }
  std::shared_ptr<x509_store_st> store(X509_STORE_new(), &X509_STORE_free);
  SPUD_CHECK(store != nullptr, "a certificate store fails only when memory is exhausted");
  for (const Certificate& authority : bundle.authorities) {
    if (!authority.is_ca()) return bad_input(authority.subject() + " is no certificate authority", where);
    for (const TrustBundle& known : bundles_) {
      for (const Certificate& other : known.authorities) {
        if (other.public_key_digest() != authority.public_key_digest()) continue;
        return fail(ErrorCode::kConflict,
                    authority.subject() + " is also an authority of " + known.party.str(), where,
                    "an authority of its own for each party");
      }
    }
    SPUD_CHECK(X509_STORE_add_cert(store.get(), authority.handle()) == 1,
               "a certificate store fails only when memory is exhausted");
  }
  bundles_.push_back(std::move(bundle));
  stores_.push_back(std::move(store));
  return {};
}

int Trust::chain_error(std::size_t bundle, const Certificate& leaf, std::int64_t now) const {
  std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> context(X509_STORE_CTX_new(),
                                                                          &X509_STORE_CTX_free);
  SPUD_CHECK(
      context && X509_STORE_CTX_init(context.get(), stores_[bundle].get(), leaf.handle(), nullptr) == 1,
      "verifying fails only when memory is exhausted");
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  // An organisation may hand out an intermediate authority as its anchor. Level 2: keys of 112 bits and more.
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_X509_STRICT);
  X509_VERIFY_PARAM_set_time(parameters, now);
  X509_VERIFY_PARAM_set_auth_level(parameters, 2);
  int good = X509_verify_cert(context.get());
  int error = X509_STORE_CTX_get_error(context.get());
  ERR_clear_error();
  return good == 1 ? X509_V_OK : error == X509_V_OK ? X509_V_ERR_UNSPECIFIED : error;
}

std::expected<Identity, Refusal> Trust::verify(const Certificate& leaf, std::int64_t now) const {
  using Kind = Refusal::Kind;
  auto names = leaf.uri_names();
  if (names.size() != 1) {
    return refuse(Kind::kBadIdentity, "has " + std::to_string(names.size()) + " URI names", leaf,
                  "exactly one", {});
  }
  auto identity = parse_uri(names.front());
  if (!identity) {
    return refuse(Kind::kBadIdentity, identity.error().what, leaf, identity.error().expected, {});
  }
  auto found = std::find_if(bundles_.begin(), bundles_.end(),
                            [&](const TrustBundle& bundle) { return bundle.domain == identity->domain; });
  if (found == bundles_.end()) {
    return refuse(Kind::kUnknownAuthority, "no party we know has the domain " + identity->domain, leaf,
                  "a party with a bundle here", {}, "install that party's bundle if it is to be trusted");
  }
  identity->party = found->party;

  auto home = static_cast<std::size_t>(found - bundles_.begin());
  int error = chain_error(home, leaf, now);
  if (error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID) {
    return refuse(Kind::kNotInItsTime,
                  identity->str() + ": certificate or authority is valid from " +
                      utc_text(leaf.not_before(), kUtcStamp) + " to " +
                      utc_text(leaf.not_after(), kUtcStamp) + ", now is " + utc_text(now, kUtcStamp),
                  leaf, "a certificate in its time", found->party.str(),
                  "renew it, or set this machine's clock");
  }
  if (error != X509_V_OK) {
    for (std::size_t other = 0; other < bundles_.size(); ++other) {
      if (other == home || chain_error(other, leaf, now) != X509_V_OK) continue;
      const std::string& culprit = bundles_[other].party.str();
      return refuse(Kind::kBadIdentity, "an authority of " + culprit + " signed a name of " + identity->str(),
                    leaf, "an authority of " + identity->party.str(), culprit);
    }
    return refuse(Kind::kUnknownAuthority,
                  "claims to be " + identity->str() + " but no authority of " + identity->party.str() +
                      " vouches for it (" + X509_verify_cert_error_string(error) + "; issuer " +
                      leaf.issuer() + ")",
                  leaf, "a certificate of an authority in the bundle of " + identity->party.str(), {});
  }
  if (leaf.is_ca())
    return refuse(Kind::kBadIdentity, "is an authority's own", leaf, "a leaf", found->party.str());
  if (X509_check_purpose(leaf.handle(), X509_PURPOSE_SSL_CLIENT, 0) != 1 ||
      X509_check_purpose(leaf.handle(), X509_PURPOSE_SSL_SERVER, 0) != 1) {
    return refuse(Kind::kBadIdentity, "is not made for both ends of TLS", leaf,
                  "extended key usages serverAuth and clientAuth", found->party.str());
  }
  return std::move(*identity);
}

}  // namespace spud::crypto
