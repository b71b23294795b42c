// SPDX-License-Identifier: Apache-2.0
#include "system/crypto/counter_aes.hpp"

#include <algorithm>
#include <string_view>

#include <openssl/evp.h>

#include "base/check.hpp"
#include "system/crypto/counter_aes_x86.hpp"

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

std::vector<const char*> counter_aes_paths() {
  std::vector<const char*> paths;
#if defined(__x86_64__)
  if (x86::has_vaes()) paths.push_back("vaes");
  if (x86::has_aesni()) paths.push_back("aesni");
#endif
  paths.push_back("portable");
  return paths;
}

const char* counter_aes_path() {
  static const char* const path = counter_aes_paths().front();
  return path;
}

CounterAes::CounterAes(std::span<const std::byte, 16> key, const char* path) {
  std::copy(key.begin(), key.end(), schedule_.keys.begin());
  const std::string_view name = path;
#if defined(__x86_64__)
  if (name == "vaes") kernel_ = x86::fill_vaes;
  if (name == "aesni") kernel_ = x86::fill_aesni;
  if (kernel_ != nullptr) {
    x86::expand(schedule_);
    return;
  }
#endif
  SPUD_CHECK(name == "portable", "the path is one of counter_aes_paths()");
}

CounterAes::CounterAes(CounterAes&& other) noexcept
    : kernel_(other.kernel_), schedule_(other.schedule_), idle_(other.idle_.exchange(nullptr)) {
  wipe(other.schedule_.keys);
}

CounterAes& CounterAes::operator=(CounterAes&& other) noexcept {
  if (this != &other) {
    kernel_ = other.kernel_;
    schedule_ = other.schedule_;
    wipe(other.schedule_.keys);
    EVP_CIPHER_CTX_free(idle_.exchange(other.idle_.exchange(nullptr)));
  }
  return *this;
}

CounterAes::~CounterAes() {
  EVP_CIPHER_CTX_free(idle_.load());  // overwrites its key schedule
  wipe(schedule_.keys);
}

void CounterAes::fill(std::uint64_t high, std::uint64_t low, MutableBytes out) const {
  if (out.empty()) return;
  if (kernel_ == nullptr) return fill_portably(high, low, out);
  kernel_(schedule_, high, low, out);
}

evp_cipher_ctx_st* CounterAes::take() const {
  if (auto* context = idle_.exchange(nullptr, std::memory_order_acquire)) return context;
  auto* context = EVP_CIPHER_CTX_new();
  SPUD_CHECK(context && EVP_EncryptInit_ex2(context, algorithm(),
                                            reinterpret_cast<const unsigned char*>(schedule_.keys.data()),
                                            nullptr, nullptr) == 1,
             "keying AES fails only when memory is exhausted");
  return context;
}

void CounterAes::give_back(evp_cipher_ctx_st* context) const {
  EVP_CIPHER_CTX_free(idle_.exchange(context, std::memory_order_acq_rel));
}

void CounterAes::fill_portably(std::uint64_t high, std::uint64_t low, MutableBytes out) const {
  unsigned char counter[16];
  for (int i = 0; i < 8; ++i) {
    counter[i] = static_cast<unsigned char>(high >> (56 - 8 * i));
    counter[8 + i] = static_cast<unsigned char>(low >> (56 - 8 * i));
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
