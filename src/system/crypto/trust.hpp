// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "system/crypto/identity.hpp"
#include "system/crypto/keys.hpp"

struct x509_store_st;

namespace spud::crypto {

/// What we know of one party: its domain and the authorities that may speak for it (several while one
/// replaces another). As a file: the lines "party: …" and "domain: …", then the authorities' certificates in
/// PEM.
struct TrustBundle {
  PartyId party;
  std::string domain;
  std::vector<Certificate> authorities;

  std::string text() const;
  static Result<TrustBundle> from_text(std::string_view text, const std::string& where);
  static Result<TrustBundle> read(const std::filesystem::path& file);
  Status write(const std::filesystem::path& file) const;
};

/// Why a certificate was not believed. The kind decides what a TLS peer is told; the error is for our own
/// side.
struct Refusal {
  enum class Kind { kUnknownAuthority, kNotInItsTime, kBadIdentity };
  Kind kind;
  Error error;
};

/// The bundles of all parties we deal with, and the one place that turns certificates into identities.
/// Immutable once built; verify() may be called from several threads.
class Trust {
 public:
  /// A bundle file, or a folder of them (each "*.pem" in it is one).
  static Result<Trust> load(const std::filesystem::path& path);

  /// Refuses a party or domain that is there already, an authority of another party, and what is no
  /// authority.
  Status add(TrustBundle bundle);

  /// The identity of `leaf`'s holder at `now` (unix seconds): exactly one URI name, in the strict form, of a
  /// domain we have a bundle for, signed by an authority of *that* bundle, in its time, no authority itself.
  std::expected<Identity, Refusal> verify(const Certificate& leaf, std::int64_t now) const;

  const std::vector<TrustBundle>& bundles() const& { return bundles_; }
  std::vector<TrustBundle> bundles() && { return std::move(bundles_); }  ///< of a copy: a loop may go over it

 private:
  int chain_error(std::size_t bundle, const Certificate& leaf, std::int64_t now) const;

  std::vector<TrustBundle> bundles_;
  std::vector<std::shared_ptr<x509_store_st>> stores_;  // one a bundle
};

}  // namespace spud::crypto
