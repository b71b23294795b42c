// SPDX-License-Identifier: Apache-2.0
#include "system/crypto/sha256.hpp"

#include <algorithm>
#include <string>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.hpp"

namespace spud::crypto {
namespace {

// Looked up once: in OpenSSL 3 the look-up costs more than hashing a short message.
const EVP_MD* algorithm() {
  static const EVP_MD* md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  SPUD_CHECK(md != nullptr, "OpenSSL has no SHA-256: no provider is loaded");
  return md;
}

unsigned char* raw(std::byte* bytes) {
  return reinterpret_cast<unsigned char*>(bytes);
}

}  // namespace

Digest sha256(ByteView data) {
  Digest digest;
  int done = EVP_Digest(data.data(), data.size(), raw(digest.bytes.data()), nullptr, algorithm(), nullptr);
  SPUD_CHECK(done == 1, "hashing fails only when memory is exhausted");
  return digest;
}

void Sha256::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  SPUD_CHECK(context_ && EVP_DigestInit_ex(context_.get(), algorithm(), nullptr) == 1,
             "hashing fails only when memory is exhausted");
}

void Sha256::update(ByteView data) {
  SPUD_CHECK(EVP_DigestUpdate(context_.get(), data.data(), data.size()) == 1,
             "update of a live hash cannot fail");
}

Digest Sha256::finish() {
  Digest digest;
  SPUD_CHECK(EVP_DigestFinal_ex(context_.get(), raw(digest.bytes.data()), nullptr) == 1 &&
                 EVP_DigestInit_ex(context_.get(), algorithm(), nullptr) == 1,
             "the end of a live hash cannot fail");
  return digest;
}

Seed derive(const Seed& parent, std::string_view label) {
  std::string info = "spud derive 1:";
  info += label;
  info += '\x01';
  Seed child;
  auto key = parent.view();
  auto* done = HMAC(algorithm(), key.data(), static_cast<int>(key.size()),
                    reinterpret_cast<const unsigned char*>(info.data()), info.size(),
                    raw(child.writable().data()), nullptr);
  SPUD_CHECK(done != nullptr, "hashing fails only when memory is exhausted");
  return child;
}

}  // namespace spud::crypto
