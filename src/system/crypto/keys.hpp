// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"

struct evp_pkey_st;
struct x509_st;

namespace spud::crypto {

/// A signing key: ECDSA on P-256 when made here; files may also bring Ed25519, P-384 or RSA. Shared,
/// immutable; the key material is overwritten with the last copy. Thread-safe.
class PrivateKey {
 public:
  static Result<PrivateKey> generate();
  /// PKCS#8 or traditional PEM, not encrypted. `where` goes into errors.
  static Result<PrivateKey> from_pem(std::string_view pem, const std::string& where);
  /// Refuses a file that others than owner and group may read.
  static Result<PrivateKey> read(const std::filesystem::path& file);

  /// A new file of mode 0600, synced; never overwrites (kConflict): a lost key cannot be made again.
  Status write(const std::filesystem::path& file) const;

  evp_pkey_st* handle() const { return key_.get(); }

 private:
  explicit PrivateKey(evp_pkey_st* key);
  friend class Certificate;
  std::shared_ptr<evp_pkey_st> key_;
};

/// Unix seconds, both inclusive.
struct Validity {
  std::int64_t not_before = 0;
  std::int64_t not_after = 0;
};

/// An X.509 certificate. Shared, immutable, thread-safe. Parsing one says nothing about whether to believe
/// it: see Trust::verify.
class Certificate {
 public:
  static Result<Certificate> from_der(ByteView der, const std::string& where);
  /// Exactly one certificate; text around it is ignored.
  static Result<Certificate> from_pem(std::string_view pem, const std::string& where);
  /// One or more.
  static Result<std::vector<Certificate>> all_from_pem(std::string_view pem, const std::string& where);
  static Result<Certificate> read(const std::filesystem::path& file);
  /// The first of a file: whose it is. Issuers write their own certificates behind it; who may vouch for it
  /// is a matter of bundles.
  static Result<Certificate> read_leaf(const std::filesystem::path& file);
  /// Takes over the caller's reference; not null.
  static Certificate adopt(x509_st* certificate);

  Bytes der() const;
  std::string pem() const;
  /// Replaces the file at once or not at all.
  Status write(const std::filesystem::path& file) const;

  std::vector<std::string> uri_names() const;
  std::string subject() const;      ///< for people, one line
  std::string issuer() const;       ///< for people, one line
  std::int64_t not_before() const;  ///< unix seconds
  std::int64_t not_after() const;   ///< unix seconds
  Validity validity() const { return {not_before(), not_after()}; }
  bool is_ca() const;
  Digest fingerprint() const;        ///< SHA-256 of the DER form
  Digest public_key_digest() const;  ///< SHA-256 of the subject's public key info
  bool belongs_to(const PrivateKey& key) const;

  x509_st* handle() const { return certificate_.get(); }

 private:
  explicit Certificate(x509_st* certificate);
  std::shared_ptr<x509_st> certificate_;
};

/// Signs `message`; for what outlives a connection, such as policies. The caller puts a purpose of its own at
/// the front of the message, so that no signature fits two purposes.
Result<Bytes> sign(const PrivateKey& key, ByteView message);

/// Whether the holder of `certificate`'s key signed exactly `message` (kDenied if not). Does not ask who that
/// is or whether the certificate is still valid.
Status verify(const Certificate& certificate, ByteView message, ByteView signature);

}  // namespace spud::crypto
