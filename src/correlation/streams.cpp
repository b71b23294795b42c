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
  ring::BitTensor out = ring::BitTensor::zeros(shape);
  streams.fill(item, out.writable_bytes());
  out.clear_surplus();
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
