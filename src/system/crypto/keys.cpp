// SPDX-License-Identifier: Apache-2.0
#include "system/crypto/keys.hpp"

#include <ctime>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/check.hpp"
#include "system/crypto/openssl_error.hpp"
#include "system/crypto/pem_file.hpp"
#include "system/crypto/sha256.hpp"

namespace spud::crypto {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

Bio reader(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free_all);
}

Bio writer() {
  Bio bio(BIO_new(BIO_s_mem()), &BIO_free_all);
  SPUD_CHECK(bio != nullptr, "a memory buffer fails only when memory is exhausted");
  return bio;
}

std::string_view written(const Bio& bio) {
  char* data = nullptr;
  long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

// OpenSSL would ask on the terminal for the passphrase of an encrypted key.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

// Ed25519 hashes for itself.
const EVP_MD* hash_for(EVP_PKEY* key) {
  return EVP_PKEY_is_a(key, "ED25519") ? nullptr : EVP_sha256();
}

std::string one_line(const X509_NAME* name) {
  Bio bio = writer();
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
  return std::string(written(bio).substr(0, 200));
}

std::int64_t unix_seconds(const ASN1_TIME* time) {
  std::tm parts{};
  // An unreadable time lies at the epoch, long past; OpenSSL refuses such a certificate when it is verified.
  return ASN1_TIME_to_tm(time, &parts) == 1 ? static_cast<std::int64_t>(::timegm(&parts)) : 0;
}

}  // namespace

PrivateKey::PrivateKey(evp_pkey_st* key) : key_(key, &EVP_PKEY_free) {}

Result<PrivateKey> PrivateKey::generate() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  if (key == nullptr) {
    return fail(ErrorCode::kUnavailable, "cannot make a key: " + take_openssl_error());
  }
  return PrivateKey(key);
}

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem, const std::string& where) {
  EVP_PKEY* key = PEM_read_bio_PrivateKey(reader(pem).get(), nullptr, &no_passphrase, nullptr);
  if (key == nullptr) {
    return bad_input("holds no readable private key (" + take_openssl_error() + ")", where,
                     "one private key in PEM, not encrypted");
  }
  return PrivateKey(key);
}

Result<PrivateKey> PrivateKey::read(const std::filesystem::path& file) {
  SPUD_ASSIGN(std::string text, read_pem_file(file, Access::kOwnerOnly));
  auto key = from_pem(text, file.string());
  wipe(std::as_writable_bytes(std::span(text)));
  return key;
}

Status PrivateKey::write(const std::filesystem::path& file) const {
  Bio bio = writer();
  if (PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return fail(ErrorCode::kInternal, "cannot encode a private key: " + take_openssl_error(), file.string());
  }
  auto status = write_secret_file(file, written(bio));
  char* data = nullptr;
  long size = BIO_get_mem_data(bio.get(), &data);
  wipe(std::as_writable_bytes(std::span(data, static_cast<std::size_t>(size))));
  return status;
}

Certificate::Certificate(x509_st* certificate) : certificate_(certificate, &X509_free) {
  // Caches the extensions now: OpenSSL would otherwise do so on first use, in whatever thread that is.
  X509_check_purpose(certificate, -1, 0);
}

Certificate Certificate::adopt(x509_st* certificate) {
  SPUD_CHECK(certificate != nullptr, "there is a certificate to adopt");
  return Certificate(certificate);
}

Result<Certificate> Certificate::from_der(ByteView der, const std::string& where) {
  auto* at = reinterpret_cast<const unsigned char*>(der.data());
  X509* certificate = d2i_X509(nullptr, &at, static_cast<long>(der.size()));
  if (certificate == nullptr) {
    return bad_input("is no certificate (" + take_openssl_error() + ")", where,
                     "one X.509 certificate in DER");
  }
  Certificate parsed(certificate);
  if (at != reinterpret_cast<const unsigned char*>(der.data()) + der.size()) {
    return bad_input("has bytes after the certificate", where, "one X.509 certificate in DER");
  }
  return parsed;
}

Result<std::vector<Certificate>> Certificate::all_from_pem(std::string_view pem, const std::string& where) {
  Bio bio = reader(pem);
  std::vector<Certificate> all;
  ERR_clear_error();
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, &no_passphrase, nullptr)) {
    all.push_back(Certificate(certificate));
  }
  bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  std::string why = take_openssl_error();
  if (!at_end || all.empty()) {
    return bad_input("holds no readable certificate (" + why + ")", where, "X.509 certificates in PEM");
  }
  return all;
}

Result<Certificate> Certificate::from_pem(std::string_view pem, const std::string& where) {
  SPUD_ASSIGN(auto all, all_from_pem(pem, where));
  if (all.size() != 1) {
    return bad_input("holds " + std::to_string(all.size()) + " certificates", where, "exactly one");
  }
  return std::move(all.front());
}

Result<Certificate> Certificate::read(const std::filesystem::path& file) {
  SPUD_ASSIGN(std::string text, read_pem_file(file, Access::kEveryone));
  return from_pem(text, file.string());
}

Result<Certificate> Certificate::read_leaf(const std::filesystem::path& file) {
  SPUD_ASSIGN(std::string text, read_pem_file(file, Access::kEveryone));
  SPUD_ASSIGN(auto all, all_from_pem(text, file.string()));
  return std::move(all.front());
}

Bytes Certificate::der() const {
  int size = i2d_X509(certificate_.get(), nullptr);
  SPUD_CHECK(size > 0, "a parsed certificate can be encoded");
  Bytes out(static_cast<std::size_t>(size));
  auto* to = reinterpret_cast<unsigned char*>(out.data());
  i2d_X509(certificate_.get(), &to);
  return out;
}

std::string Certificate::pem() const {
  Bio bio = writer();
  SPUD_CHECK(PEM_write_bio_X509(bio.get(), certificate_.get()) == 1, "a parsed certificate can be encoded");
  return std::string(written(bio));
}

Status Certificate::write(const std::filesystem::path& file) const {
  return replace_public_file(file, pem());
}

std::vector<std::string> Certificate::uri_names() const {
  std::vector<std::string> names;
  auto* all = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate_.get(), NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all, i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* text = name->d.uniformResourceIdentifier;
    names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                       static_cast<std::size_t>(ASN1_STRING_length(text)));
  }
  GENERAL_NAMES_free(all);
  return names;
}

std::string Certificate::subject() const {
  return one_line(X509_get_subject_name(certificate_.get()));
}
std::string Certificate::issuer() const {
  return one_line(X509_get_issuer_name(certificate_.get()));
}
std::int64_t Certificate::not_before() const {
  return unix_seconds(X509_get0_notBefore(certificate_.get()));
}
std::int64_t Certificate::not_after() const {
  return unix_seconds(X509_get0_notAfter(certificate_.get()));
}
bool Certificate::is_ca() const {
  return X509_check_ca(certificate_.get()) != 0;
}
Digest Certificate::fingerprint() const {
  return sha256(der());
}

Digest Certificate::public_key_digest() const {
  unsigned char* data = nullptr;
  int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate_.get()), &data);
  SPUD_CHECK(size > 0, "a parsed public key can be encoded");
  Digest digest = sha256(std::as_bytes(std::span(data, static_cast<std::size_t>(size))));
  OPENSSL_free(data);
  return digest;
}

bool Certificate::belongs_to(const PrivateKey& key) const {
  bool same = X509_check_private_key(certificate_.get(), key.handle()) == 1;
  ERR_clear_error();
  return same;
}

Result<Bytes> sign(const PrivateKey& key, ByteView message) {
  Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  auto* data = reinterpret_cast<const unsigned char*>(message.data());
  std::size_t size = 0;
  Bytes signature;
  bool done =
      context &&
      EVP_DigestSignInit(context.get(), nullptr, hash_for(key.handle()), nullptr, key.handle()) == 1 &&
      EVP_DigestSign(context.get(), nullptr, &size, data, message.size()) == 1;
  if (done) {
    signature.resize(size);
    done = EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, data,
                          message.size()) == 1;
  }
  if (!done) return fail(ErrorCode::kUnavailable, "cannot sign: " + take_openssl_error());
  signature.resize(size);
  return signature;
}

Status verify(const Certificate& certificate, ByteView message, ByteView signature) {
  EVP_PKEY* key = X509_get0_pubkey(certificate.handle());
  Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  bool good = key != nullptr && context &&
              EVP_DigestVerifyInit(context.get(), nullptr, hash_for(key), nullptr, key) == 1 &&
              EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                               signature.size(), reinterpret_cast<const unsigned char*>(message.data()),
                               message.size()) == 1;
  ERR_clear_error();
  if (!good) {
    return fail(ErrorCode::kDenied, "the signature is not of this content and key", certificate.subject());
  }
  return {};
}

}  // namespace spud::crypto
