// SPDX-License-Identifier: Apache-2.0
#include "ring/dense_bits.hpp"

#include <cstring>

#include "ring/map.hpp"

namespace spud::ring {

namespace {

/// Numbers of up to this many bits lie within eight bytes wherever they begin.
constexpr unsigned kWidthOfOneLoad = 57;

/// The numbers packed in `in`, one after the other: body(i, value).
template <class Body>
void for_each_packed(std::int64_t count, unsigned width, ByteView in, Body&& body) {
  std::int64_t i = 0;
  if (width <= kWidthOfOneLoad) {
    const std::uint64_t mask = (std::uint64_t{1} << width) - 1;
    for (std::size_t bit = 0; i < count; ++i, bit += width) {
      const std::size_t at = bit / 8;
      std::uint64_t word = 0;
      if (at + sizeof word <= in.size()) {
        std::memcpy(&word, in.data() + at, sizeof word);
      } else {
        std::memcpy(&word, in.data() + at, in.size() - at);
      }
      body(i, word >> (bit % 8) & mask);
    }
    return;
  }
  std::uint64_t pending = 0;
  unsigned filled = 0;
  std::size_t at = 0;
  for (; i < count; ++i) {
    unsigned __int128 word = 0;
    for (unsigned done = 0; done < width;) {
      const unsigned take = width - done < 48 ? width - done : 48;
      for (; filled < take; filled += 8) pending |= std::to_integer<std::uint64_t>(in[at++]) << filled;
      word |= static_cast<unsigned __int128>(pending & ((std::uint64_t{1} << take) - 1)) << done;
      pending >>= take;
      filled -= take;
      done += take;
    }
    body(i, word);
  }
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
    std::uint64_t pending = 0;  // fewer than 64 bits between steps
    unsigned filled = 0;
    std::byte* to = out.data();
    for (std::int64_t i = 0; i < n; ++i) {
      auto word = static_cast<unsigned __int128>(in[i]);
      for (unsigned left = width; left > 0;) {
        const unsigned take = left < 64 ? left : 63;
        const std::uint64_t bits = static_cast<std::uint64_t>(word) & ((std::uint64_t{1} << take) - 1);
        pending |= bits << filled;
        filled += take;
        if (filled >= 64) {
          std::memcpy(to, &pending, sizeof pending);
          to += sizeof pending;
          filled -= 64;
          pending = bits >> (take - filled);  // filled < take, for fewer than 64 were there before
        }
        word >>= take;
        left -= take;
      }
    }
    if (filled > 0) std::memcpy(to, &pending, (filled + 7) / 8);
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
    for_each_packed(out.elements(), width, in,
                    [&](std::int64_t i, auto value) { to[i] = static_cast<Word>(value); });
  });
  return out;
}

Tensor plus_packed(const Tensor& a, unsigned width, ByteView in) {
  SPUD_CHECK(width >= 1 && width <= a.bits() && in.size() == packed_bytes(a.elements(), width),
             "as many numbers as elements");
  Tensor dense = a.dense(), out = Tensor::uninitialised(a.bits(), a.shape());
  with_ring(a.bits(), [&]<class R>(R) {
    using Word = typename R::Word;
    const Word* from = dense.data<Word>();
    Word* to = out.writable<Word>();
    const std::int64_t n = out.elements();
    if (width == 8 * sizeof(Word)) {
      for (std::int64_t i = 0; i < n; ++i) {
        Word word;
        std::memcpy(&word, in.data() + static_cast<std::size_t>(i) * sizeof word, sizeof word);
        to[i] = static_cast<Word>(from[i] + word);
      }
      return;
    }
    const Word mask = static_cast<Word>((Word{1} << width) - 1);
    for_each_packed(n, width, in, [&](std::int64_t i, auto value) {
      to[i] = static_cast<Word>((from[i] + static_cast<Word>(value)) & mask);
    });
  });
  return out;
}

void add_into(Tensor& to, const Tensor& a) {
  SPUD_CHECK(to.bits() == a.bits() && to.shape() == a.shape() && to.is_dense() && a.is_dense(),
             "sums are of one ring and shape");
  with_ring(a.bits(), [&]<class R>(R) {
    using Word = typename R::Word;
    const Word* from = a.data<Word>();
    Word* sum = to.writable<Word>();
    const std::int64_t n = a.elements();
    for (std::int64_t i = 0; i < n; ++i) sum[i] = R::reduce(static_cast<Word>(sum[i] + from[i]));
  });
}

Tensor low_bits(const Tensor& t, unsigned width) {
  // In a ring narrower than its words even width = bits drops something: words may come from a stream.
  // Of a phantom it is a new one: what was received lies in memory of its own.
  if (width >= 8 * word_bytes(t.bits())) return t.is_phantom() ? Tensor::phantom(t.bits(), t.shape()) : t;
  return map([width](auto x) { return decltype(x)(x & ((decltype(x){1} << width) - 1)); }, t);
}

}  // namespace spud::ring
