// SPDX-License-Identifier: Apache-2.0
#include "system/crypto/prg.hpp"

#include "base/check.hpp"
#include "system/crypto/sha256.hpp"

namespace spud::crypto {
namespace {

CounterAes keyed(const Seed& seed) {
  Bytes material(as_bytes("spud prg 1").begin(), as_bytes("spud prg 1").end());
  auto view = seed.view();
  material.insert(material.end(), view.begin(), view.end());
  Digest digest = sha256(material);
  wipe(material);
  CounterAes aes(std::span<const std::byte>(digest.bytes).first<16>());
  wipe(digest.bytes);
  return aes;
}

}  // namespace

Prg::Prg(const Seed& seed) : aes_(keyed(seed)) {}

void Prg::fill_from(std::uint64_t stream, std::uint64_t block, MutableBytes out) const {
  SPUD_CHECK(block <= UINT64_MAX - out.size() / 16, "the block counter must not run into the next stream");
  aes_.fill(stream, block, out);
}

}  // namespace spud::crypto
