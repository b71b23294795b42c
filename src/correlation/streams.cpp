// SPDX-License-Identifier: Apache-2.0
#include "correlation/streams.hpp"

#include <algorithm>
#include <bit>

#include "ring/dense_bits.hpp"
#include "ring/workers.hpp"

namespace spud::correlation {

namespace {

/// What a thread makes at a time.
constexpr std::size_t kPieceBytes = 64 * 1024;

void fill(const Streams& streams, ItemId item, MutableBytes out) {
  if (out.size() < 2 * kPieceBytes || ring::threads() == 1) return streams.fill(item, out);
  const auto pieces = static_cast<std::int64_t>((out.size() + kPieceBytes - 1) / kPieceBytes);
  ring::parallel_for(pieces, 4, [&](std::int64_t from, std::int64_t to) {
    const auto begin = static_cast<std::size_t>(from) * kPieceBytes;
    const auto end = std::min(out.size(), static_cast<std::size_t>(to) * kPieceBytes);
    streams.fill_from(item, begin / 16, out.subspan(begin, end - begin));
  });
}

}  // namespace

ring::Tensor stream_words(const Streams& streams, ItemId item, unsigned ring_bits, const Shape& shape,
                          unsigned width) {
  ring::Tensor out = ring::Tensor::uninitialised(ring_bits, shape);
  fill(streams, item, out.writable_bytes());
  return ring::low_bits(out, width);
}

ring::BitTensor stream_bits(const Streams& streams, ItemId item, const Shape& shape) {
  ring::BitTensor out = ring::BitTensor::uninitialised(shape);
  fill(streams, item, out.writable_bytes());
  out.clear_surplus();
  return out;
}

namespace {

/// ⌊word · count / 2^128⌋ of a word of 128 bits, lowest byte first: uniform in [0, count), but for count /
/// 2^128.
std::uint32_t below(std::uint64_t count, const std::byte* word) {
  const auto half = [&](std::size_t from) {
    std::uint64_t value = 0;
    for (std::size_t i = 8; i-- > 0;) value = value << 8 | std::to_integer<std::uint64_t>(word[from + i]);
    return static_cast<unsigned __int128>(value);
  };
  return static_cast<std::uint32_t>((half(8) * count + (half(0) * count >> 64)) >> 64);
}

}  // namespace

// Row i changes places with one of the rows 0 … i: all permutations come about alike.
ring::Tensor stream_permutation(const Streams& streams, ItemId item, const Shape& shape) {
  const std::int64_t batch = shape[0], rows = shape[1];
  ring::Tensor out = ring::Tensor::uninitialised(32, shape);
  auto* places = out.writable<std::uint32_t>();
  constexpr std::int64_t kRowsAtOnce = kPieceBytes / 16;
  Bytes piece;
  for (std::int64_t b = 0; b < batch; ++b, places += rows) {
    for (std::int64_t first = 0; first < rows; first += kRowsAtOnce) {
      const std::int64_t count = std::min(kRowsAtOnce, rows - first);
      piece.resize(static_cast<std::size_t>(16 * count));
      streams.fill_from(item, static_cast<std::uint64_t>(b * rows + first), piece);
      for (std::int64_t i = first; i < first + count; ++i) {
        const std::uint32_t other = below(static_cast<std::uint64_t>(i) + 1, piece.data() + 16 * (i - first));
        places[i] = static_cast<std::uint32_t>(i);
        std::swap(places[i], places[other]);
      }
    }
  }
  return out;
}

ring::Tensor stream_words_from(const Streams& streams, ItemId item, unsigned ring_bits, std::int64_t first,
                               std::int64_t count) {
  const auto bytes = static_cast<std::uint64_t>(first) * ring::word_bytes(ring_bits);
  SPUD_CHECK(bytes % 16 == 0, "pieces begin with a block of the stream");
  ring::Tensor out = ring::Tensor::uninitialised(ring_bits, {count});
  streams.fill_from(item, bytes / 16, out.writable_bytes());
  return out;
}

void stream_tables(const Streams& streams, ItemId item, ring::DigitLayout layout, std::int64_t first,
                   std::int64_t count, std::span<std::uint16_t> out) {
  const unsigned digits = layout.digits();
  SPUD_CHECK(out.size() == digits * static_cast<std::size_t>(count), "room for the tables of the block");
  const auto bytes = static_cast<std::uint64_t>(first) * digits * sizeof(std::uint16_t);
  streams.fill_from(item, bytes / 16, std::as_writable_bytes(out));
  if constexpr (std::endian::native == std::endian::big) {
    for (auto& table : out) table = static_cast<std::uint16_t>(table << 8 | table >> 8);
  }
  const unsigned entries = layout.entries_of(digits - 1);
  if (entries == 16) return;
  const auto mask = static_cast<std::uint16_t>((1u << entries) - 1);
  for (auto& table : out.last(static_cast<std::size_t>(count))) table &= mask;
}

}  // namespace spud::correlation
