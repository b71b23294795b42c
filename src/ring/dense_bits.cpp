// SPDX-License-Identifier: Apache-2.0
#include "ring/dense_bits.hpp"

#include <cstring>

namespace spud::ring {

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
