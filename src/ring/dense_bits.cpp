// SPDX-License-Identifier: Apache-2.0
#include "ring/dense_bits.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "ring/map.hpp"

namespace spud::ring {

namespace {

std::uint64_t load_little(const std::byte* from) {
  std::uint64_t word;
  std::memcpy(&word, from, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}
void store_little(std::byte* to, std::uint64_t word, std::size_t bytes) {
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  std::memcpy(to, &word, bytes);
}

/// Up to here a number lies within eight bytes, wherever it begins.
constexpr unsigned kNarrow = 57;

/// Whole words of 64 bits at a time.
template <class Word>
void pack_narrow(const Word* in, std::int64_t n, unsigned width, std::byte* out) {
  const std::uint64_t mask = (std::uint64_t{1} << width) - 1;
  std::uint64_t pending = 0;
  unsigned filled = 0;  // below 64
  for (std::int64_t i = 0; i < n; ++i) {
    const std::uint64_t word = static_cast<std::uint64_t>(in[i]) & mask;
    pending |= word << filled;
    filled += width;
    if (filled < 64) continue;
    store_little(out, pending, 8);
    out += 8;
    filled -= 64;
    pending = filled == 0 ? 0 : word >> (width - filled);
  }
  store_little(out, pending, (filled + 7) / 8);
}

template <class Word>
void unpack_narrow(ByteView in, std::int64_t n, unsigned width, Word* to) {
  const std::uint64_t mask = (std::uint64_t{1} << width) - 1;
  // Numbers whose eight bytes lie inside the input, then the last ones from a padded copy.
  const auto bits = static_cast<std::int64_t>(in.size()) * 8;
  const std::int64_t inside = bits < 64 ? 0 : std::min(n, (bits - 64) / static_cast<std::int64_t>(width) + 1);
  const auto read = [&](const std::byte* from, std::uint64_t bit) {
    return static_cast<Word>(load_little(from + bit / 8) >> (bit % 8) & mask);
  };
  std::uint64_t bit = 0;
  for (std::int64_t i = 0; i < inside; ++i, bit += width) to[i] = read(in.data(), bit);
  if (inside == n) return;
  std::byte tail[24] = {};
  const std::size_t from = static_cast<std::size_t>(bit / 8);
  std::memcpy(tail, in.data() + from, in.size() - from);
  bit -= 8 * from;
  for (std::int64_t i = inside; i < n; ++i, bit += width) to[i] = read(tail, bit);
}

}  // namespace

void pack_low_bits(const Tensor& t, unsigned width, MutableBytes out) {
  SPUD_CHECK(width >= 1 && width <= t.bits() && out.size() == packed_bytes(t.elements(), width),
             "packing fits exactly");
  Tensor dense = t.dense();
  if (width == 8 * word_bytes(t.bits())) {
    auto bytes = dense.bytes();
    if (!bytes.empty()) std::memcpy(out.data(), bytes.data(), bytes.size());
    return;
  }
  with_ring(t.bits(), [&]<class R>(R) {
    const auto* in = dense.data<typename R::Word>();
    const std::int64_t n = dense.elements();
    if (width <= kNarrow) return pack_narrow(in, n, width, out.data());
    std::uint64_t pending = 0;  // fewer than 8 bits between steps
    unsigned filled = 0;
    std::size_t at = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      auto word = static_cast<unsigned __int128>(in[i]);
      for (unsigned left = width; left > 0;) {
        const unsigned take = left < 48 ? left : 48;
        pending |= (static_cast<std::uint64_t>(word) & ((std::uint64_t{1} << take) - 1)) << filled;
        filled += take;
        word >>= take;
        left -= take;
        for (; filled >= 8; filled -= 8, pending >>= 8) out[at++] = static_cast<std::byte>(pending);
      }
    }
    if (filled > 0) out[at] = static_cast<std::byte>(pending);
  });
}

Tensor unpack_low_bits(unsigned ring_bits, const Shape& shape, unsigned width, ByteView in) {
  SPUD_CHECK(width >= 1 && width <= ring_bits && in.size() == packed_bytes(element_count(shape), width),
             "unpacking fits exactly");
  if (width == 8 * word_bytes(ring_bits)) return Tensor::from_bytes(ring_bits, shape, in);
  Tensor out = Tensor::uninitialised(ring_bits, shape);
  with_ring(ring_bits, [&]<class R>(R) {
    using Word = typename R::Word;
    Word* to = out.writable<Word>();
    const std::int64_t n = out.elements();
    if (width <= kNarrow) return unpack_narrow(in, n, width, to);
    std::uint64_t pending = 0;
    unsigned filled = 0;
    std::size_t at = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      unsigned __int128 word = 0;
      for (unsigned done = 0; done < width;) {
        const unsigned take = width - done < 48 ? width - done : 48;
        for (; filled < take; filled += 8) pending |= std::to_integer<std::uint64_t>(in[at++]) << filled;
        word |= static_cast<unsigned __int128>(pending & ((std::uint64_t{1} << take) - 1)) << done;
        pending >>= take;
        filled -= take;
        done += take;
      }
      to[i] = static_cast<Word>(word);
    }
  });
  return out;
}

Tensor low_bits(const Tensor& t, unsigned width) {
  // In a ring narrower than its words even width = bits drops something: words may come from a stream.
  if (width >= 8 * word_bytes(t.bits())) return t;
  return map([width](auto x) { return decltype(x)(x & ((decltype(x){1} << width) - 1)); }, t);
}

}  // namespace spud::ring
