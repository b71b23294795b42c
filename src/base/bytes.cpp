// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.hpp"

#include <algorithm>
#include <cstring>

#include "base/check.hpp"

namespace spud {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string to_hex(ByteView bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (std::byte b : bytes) {
    out += kDigits[std::to_integer<unsigned>(b) >> 4];
    out += kDigits[std::to_integer<unsigned>(b) & 15];
  }
  return out;
}

std::optional<Bytes> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  Bytes out(hex.size() / 2);
  for (std::size_t i = 0; i < out.size(); ++i) {
    int high = hex_value(hex[2 * i]), low = hex_value(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out[i] = static_cast<std::byte>(high * 16 + low);
  }
  return out;
}

std::string Digest::hex() const {
  return to_hex(bytes);
}
std::string Digest::brief() const {
  return hex().substr(0, 12);
}

std::optional<Digest> Digest::from_hex(std::string_view hex) {
  auto raw = spud::from_hex(hex);
  if (!raw || raw->size() != 32) return std::nullopt;
  Digest digest;
  std::copy(raw->begin(), raw->end(), digest.bytes.begin());
  return digest;
}

void wipe(MutableBytes memory) {
  if (!memory.empty()) ::explicit_bzero(memory.data(), memory.size());
}

Seed::Seed(std::span<const std::byte, kBytes> bytes) {
  std::copy(bytes.begin(), bytes.end(), bytes_.begin());
}
Seed::Seed(Seed&& other) noexcept : bytes_(other.bytes_) {
  wipe(other.bytes_);
}
Seed& Seed::operator=(Seed&& other) noexcept {
  if (this != &other) {
    bytes_ = other.bytes_;
    wipe(other.bytes_);
  }
  return *this;
}
Seed::~Seed() {
  wipe(bytes_);
}

void put_u32(Bytes& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::byte>(value >> shift));
}
void put_u64(Bytes& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<std::byte>(value >> shift));
}
std::uint32_t get_u32(ByteView in) {
  SPUD_CHECK(in.size() >= 4, "the caller checks the length first");
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | std::to_integer<std::uint32_t>(in[i]);
  return value;
}
std::uint64_t get_u64(ByteView in) {
  SPUD_CHECK(in.size() >= 8, "the caller checks the length first");
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | std::to_integer<std::uint64_t>(in[i]);
  return value;
}

}  // namespace spud
