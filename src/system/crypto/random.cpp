// SPDX-License-Identifier: Apache-2.0
#include "system/crypto/random.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <sys/random.h>

namespace spud::crypto {
namespace {

Seed seed_of(std::uint64_t number) {
  Seed seed;
  for (int i = 0; i < 8; ++i) seed.writable()[i] = static_cast<std::byte>(number >> (56 - 8 * i));
  return seed;
}

}  // namespace

Status OsRandom::fill(MutableBytes out) {
  while (!out.empty()) {
    ssize_t got = ::getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      return fail(ErrorCode::kUnavailable,
                  std::string("the operating system gave no randomness: ") + std::strerror(errno),
                  "getrandom");
    }
    out = out.subspan(static_cast<std::size_t>(got));
  }
  return {};
}

SeededRandom::SeededRandom(std::uint64_t seed) : prg_(seed_of(seed)) {}

Status SeededRandom::fill(MutableBytes out) {
  prg_.fill(calls_++, out);
  return {};
}

}  // namespace spud::crypto
