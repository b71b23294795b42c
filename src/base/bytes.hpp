// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spud {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

/// SHA-256 of something; names programs, plans, devices, manifests.
struct Digest {
  std::array<std::byte, 32> bytes{};
  auto operator<=>(const Digest&) const = default;
  std::string hex() const;
  /// First 12 hex digits: for people, never for comparison.
  std::string brief() const;
  static std::optional<Digest> from_hex(std::string_view hex);
};

std::string to_hex(ByteView bytes);
/// nullopt unless `hex` is an even number of hex digits.
std::optional<Bytes> from_hex(std::string_view hex);

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Overwrites memory in a way no optimiser removes.
void wipe(MutableBytes memory);

/// Key material: 32 bytes, wiped when it dies, moved but never copied by accident.
class Seed {
 public:
  static constexpr std::size_t kBytes = 32;
  Seed() = default;
  explicit Seed(std::span<const std::byte, kBytes> bytes);
  Seed(Seed&& other) noexcept;
  Seed& operator=(Seed&& other) noexcept;
  Seed(const Seed&) = delete;
  Seed& operator=(const Seed&) = delete;
  ~Seed();
  Seed clone() const { return Seed(view()); }
  std::span<const std::byte, kBytes> view() const { return bytes_; }
  std::span<std::byte, kBytes> writable() { return bytes_; }

 private:
  std::array<std::byte, kBytes> bytes_{};
};

/// Big-endian integers, as keys and wire headers use them.
void put_u32(Bytes& out, std::uint32_t value);
void put_u64(Bytes& out, std::uint64_t value);
std::uint32_t get_u32(ByteView in);
std::uint64_t get_u64(ByteView in);

}  // namespace spud
