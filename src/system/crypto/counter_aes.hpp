// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"

struct evp_cipher_ctx_st;

namespace spud::crypto {

/// The round keys of AES-128, in the order of their use.
struct AesSchedule {
  static constexpr int kRounds = 10;
  alignas(64) std::array<std::byte, 16 * (kRounds + 1)> keys{};
};

/// The ways to make the same bytes that this machine has, fastest first: "vaes" (four blocks a register),
/// "aesni" and "portable" (OpenSSL's), which every machine has.
std::vector<const char*> counter_aes_paths();
/// The first of them.
const char* counter_aes_path();

/// AES-128 in counter mode where the counter block is two 8-byte big-endian numbers. fill() may be called
/// from several threads at once, locks nothing and, but for the portable path, allocates nothing.
class CounterAes {
 public:
  explicit CounterAes(std::span<const std::byte, 16> key, const char* path = counter_aes_path());
  CounterAes(CounterAes&& other) noexcept;
  CounterAes& operator=(CounterAes&& other) noexcept;
  CounterAes(const CounterAes&) = delete;
  CounterAes& operator=(const CounterAes&) = delete;
  /// Overwrites the keys.
  ~CounterAes();

  /// The encryptions of (high, low), (high, low + 1), … one after the other; the last may be cut off.
  void fill(std::uint64_t high, std::uint64_t low, MutableBytes out) const;

 private:
  using Kernel = void (*)(const AesSchedule&, std::uint64_t high, std::uint64_t low, MutableBytes out);

  void fill_portably(std::uint64_t high, std::uint64_t low, MutableBytes out) const;
  evp_cipher_ctx_st* take() const;
  void give_back(evp_cipher_ctx_st* context) const;

  Kernel kernel_ = nullptr;  // null: the portable path, which keeps only the key itself in schedule_
  AesSchedule schedule_;
  // The portable path's: a keyed context at rest, or null while a thread uses it. The usual single caller
  // never makes a second one.
  mutable std::atomic<evp_cipher_ctx_st*> idle_{nullptr};
};

}  // namespace spud::crypto
