// SPDX-License-Identifier: Apache-2.0
#include "system/crypto/pki.hpp"

#include <algorithm>
#include <memory>

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/check.hpp"
#include "system/crypto/openssl_error.hpp"

namespace spud::crypto {
namespace {

using Draft = std::unique_ptr<X509, decltype(&X509_free)>;

struct Extension {
  int id;
  std::string value;
};

bool set_serial(X509* draft) {
  // 127 random bits: positive, within the 20 bytes that RFC 5280 allows, never the same twice.
  unsigned char raw[16];
  if (RAND_bytes(raw, sizeof raw) != 1) return false;
  raw[0] = static_cast<unsigned char>((raw[0] & 0x7f) | 0x40);
  BIGNUM* number = BN_bin2bn(raw, sizeof raw, nullptr);
  bool done = number != nullptr && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(draft)) != nullptr;
  BN_free(number);
  return done;
}

bool set_subject(X509* draft, const std::string& organisation, const std::string& name) {
  X509_NAME* subject = X509_get_subject_name(draft);
  auto add = [&](const char* field, const std::string& value) {
    return X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(value.data()),
                                      static_cast<int>(value.size()), -1, 0) == 1;
  };
  // Common names end at 64 characters; the domain, which may be longer, is cut: nobody decides by it.
  return add("O", organisation.substr(0, 64)) && add("CN", name.substr(0, 64));
}

bool add_extension(X509* draft, X509* issuer, const Extension& extension) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, draft, nullptr, nullptr, 0);
  X509_EXTENSION* made = X509V3_EXT_conf_nid(nullptr, &context, extension.id, extension.value.c_str());
  bool done = made != nullptr && X509_add_ext(draft, made, -1) == 1;
  X509_EXTENSION_free(made);
  return done;
}

struct Subject {
  std::string organisation;
  std::string name;
  std::vector<Extension> extensions;
};

// `issuer` null: signs itself.
Result<Credential> make(const Subject& subject, Validity validity, const Credential* issuer) {
  SPUD_ASSIGN(PrivateKey key, PrivateKey::generate());
  Draft draft(X509_new(), &X509_free);
  SPUD_CHECK(draft != nullptr, "a certificate fails only when memory is exhausted");
  X509* parent = issuer != nullptr ? issuer->certificate.handle() : draft.get();
  EVP_PKEY* signer = issuer != nullptr ? issuer->key.handle() : key.handle();

  bool done = X509_set_version(draft.get(), X509_VERSION_3) == 1 && set_serial(draft.get()) &&
              set_subject(draft.get(), subject.organisation, subject.name) &&
              X509_set_issuer_name(draft.get(), X509_get_subject_name(parent)) == 1 &&
              ASN1_TIME_set(X509_getm_notBefore(draft.get()), validity.not_before) != nullptr &&
              ASN1_TIME_set(X509_getm_notAfter(draft.get()), validity.not_after) != nullptr &&
              X509_set_pubkey(draft.get(), key.handle()) == 1 &&
              add_extension(draft.get(), parent, {NID_subject_key_identifier, "hash"}) &&
              add_extension(draft.get(), parent, {NID_authority_key_identifier, "keyid:always"});
  for (const Extension& extension : subject.extensions) {
    done = done && add_extension(draft.get(), parent, extension);
  }
  const EVP_MD* hash = EVP_PKEY_is_a(signer, "ED25519") ? nullptr : EVP_sha256();
  if (!done || X509_sign(draft.get(), signer, hash) == 0) {
    return fail(ErrorCode::kInternal, "cannot make a certificate: " + take_openssl_error(), subject.name);
  }
  return Credential{std::move(key), Certificate::adopt(draft.release())};
}

Status check(Validity validity) {
  if (validity.not_before >= validity.not_after) {
    return bad_input("a certificate would end before it begins", "validity", "not_before < not_after");
  }
  return {};
}

}  // namespace

std::int64_t renewal_due(Validity validity) {
  constexpr std::int64_t kThirtyDays = std::int64_t{30} * 86'400;
  return validity.not_after - std::min(kThirtyDays, (validity.not_after - validity.not_before) / 3);
}

Result<Credential> create_ca(const PartyId& party, Validity validity) {
  if (!is_valid_name(party.str())) {
    return bad_input("'" + party.str() + "' is no party name", "party", "1 to 63 of a-z 0-9 . _ -");
  }
  SPUD_TRY(check(validity));
  std::string domain = development_domain(party);
  return make({domain,
               party.str() + " development CA",
               {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                {NID_key_usage, "critical,keyCertSign,cRLSign"},
                {NID_subject_alt_name, "URI:spiffe://" + domain}}},
              validity, nullptr);
}

Result<Credential> issue(const Credential& ca, const Identity& identity, Validity validity) {
  // A parse of its own output catches every name that the strict form does not allow.
  SPUD_TRY(parse_uri(identity.uri()));
  SPUD_TRY(check(validity));
  if (!ca.certificate.is_ca() || !ca.certificate.belongs_to(ca.key)) {
    return bad_input("is not an authority with its own key", ca.certificate.subject());
  }
  if (validity.not_after > ca.certificate.not_after()) {
    return bad_input(
        "a certificate would outlive its authority", identity.uri(),
        "an end no later than " + std::to_string(ca.certificate.not_after()) + " (unix seconds)");
  }
  return make({identity.domain,
               identity.name.str(),
               {{NID_basic_constraints, "critical,CA:FALSE"},
                {NID_key_usage, "critical,digitalSignature"},
                {NID_ext_key_usage, "serverAuth,clientAuth"},
                {NID_subject_alt_name, "URI:" + identity.uri()}}},
              validity, &ca);
}

}  // namespace spud::crypto
