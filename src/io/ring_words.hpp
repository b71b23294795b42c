// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>

#include "alu/format.hpp"
#include "base/bytes.hpp"
#include "base/check.hpp"

namespace spud::io {

/// Elements of Z_2^k for each ring that devices have.
using Word32 = std::uint32_t;
using Word64 = std::uint64_t;
using Word128 = unsigned __int128;

template <class Word>
Word load_word(const std::byte* from) {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}
template <class Word>
void store_word(std::byte* to, Word word) {
  std::memcpy(to, &word, sizeof word);
}

/// Calls visitor.operator()<Word>() for the ring's word.
template <class Visitor>
decltype(auto) visit_ring(unsigned ring_bits, Visitor&& visitor) {
  switch (ring_bits) {
    case 32:
      return visitor.template operator()<Word32>();
    case 64:
      return visitor.template operator()<Word64>();
    case 128:
      return visitor.template operator()<Word128>();
    default:
      SPUD_CHECK(false, "a device's ring has 32, 64 or 128 bits");
  }
}

/// Bytes of ring words that are plain or a share: overwritten when they go. Moved, never copied.
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(std::size_t size) : bytes_(size) {}
  explicit SecretBytes(Bytes bytes) : bytes_(std::move(bytes)) {}
  SecretBytes(SecretBytes&& other) noexcept : bytes_(std::move(other.bytes_)) { other.bytes_.clear(); }
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    if (this != &other) {
      wipe(bytes_);
      bytes_ = std::move(other.bytes_);
      other.bytes_.clear();
    }
    return *this;
  }
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes() { wipe(bytes_); }

  ByteView view() const { return bytes_; }
  MutableBytes writable() { return bytes_; }
  std::size_t size() const { return bytes_.size(); }
  /// Hands the bytes on to an owner that wipes them itself.
  Bytes release() && { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

}  // namespace spud::io
