// SPDX-License-Identifier: Apache-2.0
#include "system/crypto/prg.hpp"

#include <algorithm>

#include <openssl/evp.h>

#include "base/check.hpp"
#include "system/crypto/sha256.hpp"

namespace spud::crypto {
namespace {

// Counter mode is the encryption of zeros; this many at a time stay in the first-level cache.
constexpr std::size_t kChunkBytes = 8192;
alignas(64) constexpr unsigned char kZeros[kChunkBytes] = {};

EVP_CIPHER* algorithm() {
  static EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, "AES-128-CTR", nullptr);
  SPUD_CHECK(cipher != nullptr, "OpenSSL has no AES-128-CTR: no provider is loaded");
  return cipher;
}

}  // namespace

Prg::Prg(const Seed& seed) {
  Bytes material(as_bytes("spud prg 1").begin(), as_bytes("spud prg 1").end());
  auto view = seed.view();
  material.insert(material.end(), view.begin(), view.end());
  Digest digest = sha256(material);
  std::copy_n(digest.bytes.begin(), key_.size(), key_.begin());
  wipe(material);
  wipe(digest.bytes);
}

Prg::Prg(Prg&& other) noexcept : key_(other.key_), idle_(other.idle_.exchange(nullptr)) {
  wipe(other.key_);
}

Prg& Prg::operator=(Prg&& other) noexcept {
  if (this != &other) {
    key_ = other.key_;
    wipe(other.key_);
    EVP_CIPHER_CTX_free(idle_.exchange(other.idle_.exchange(nullptr)));
  }
  return *this;
}

Prg::~Prg() {
  EVP_CIPHER_CTX_free(idle_.load());  // overwrites the key schedule
  wipe(key_);
}

evp_cipher_ctx_st* Prg::take() const {
  if (auto* context = idle_.exchange(nullptr, std::memory_order_acquire)) return context;
  auto* context = EVP_CIPHER_CTX_new();
  SPUD_CHECK(context && EVP_EncryptInit_ex2(context, algorithm(),
                                            reinterpret_cast<const unsigned char*>(key_.data()), nullptr,
                                            nullptr) == 1,
             "keying AES fails only when memory is exhausted");
  return context;
}

void Prg::give_back(evp_cipher_ctx_st* context) const {
  EVP_CIPHER_CTX_free(idle_.exchange(context, std::memory_order_acq_rel));
}

void Prg::fill_from(std::uint64_t stream, std::uint64_t block, MutableBytes out) const {
  if (out.empty()) return;
  SPUD_CHECK(block <= UINT64_MAX - out.size() / 16, "the block counter must not run into the next stream");
  unsigned char counter[16];
  for (int i = 0; i < 8; ++i) {
    counter[i] = static_cast<unsigned char>(stream >> (56 - 8 * i));
    counter[8 + i] = static_cast<unsigned char>(block >> (56 - 8 * i));
  }
  auto* context = take();
  SPUD_CHECK(EVP_EncryptInit_ex2(context, nullptr, nullptr, counter, nullptr) == 1,
             "setting a counter cannot fail");
  auto* to = reinterpret_cast<unsigned char*>(out.data());
  for (std::size_t left = out.size(); left > 0;) {
    int length = static_cast<int>(std::min(left, kChunkBytes)), written = 0;
    SPUD_CHECK(EVP_EncryptUpdate(context, to, &written, kZeros, length) == 1 && written == length,
               "counter mode encrypts every length");
    to += length;
    left -= static_cast<std::size_t>(length);
  }
  give_back(context);
}

}  // namespace spud::crypto
