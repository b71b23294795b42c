// SPDX-License-Identifier: Apache-2.0
#include "correlation/party_source.hpp"

#include "ring/dense_bits.hpp"

namespace spud::correlation {

ring::Tensor stream_words(const crypto::Prg& prg, ItemId item, unsigned ring_bits, const Shape& shape,
                          unsigned width) {
  ring::Tensor out = ring::Tensor::uninitialised(ring_bits, shape);
  prg.fill(item, out.writable_bytes());
  return width < 8 * ring::word_bytes(ring_bits) ? ring::low_bits(out, width) : out;
}

ring::BitTensor stream_bits(const crypto::Prg& prg, ItemId item, const Shape& shape) {
  Bytes bytes(ring::packed_bytes(element_count(shape), 1));
  prg.fill(item, bytes);
  return ring::BitTensor::from_bytes(shape, bytes);
}

ring::DigitTable stream_table(const crypto::Prg& prg, ItemId item, const Shape& shape,
                              ring::DigitLayout layout) {
  ring::DigitTable out(shape, layout);
  prg.fill(item, {reinterpret_cast<std::byte*>(out.writable()), out.table_count() * sizeof(std::uint16_t)});
  const auto count = static_cast<std::size_t>(out.elements());
  for (unsigned d = 0; d < layout.digits(); ++d) {
    const auto mask = static_cast<std::uint16_t>((1u << layout.entries_of(d)) - 1);
    for (std::size_t i = 0; i < count; ++i) out.writable()[d * count + i] &= mask;
  }
  return out;
}

PartySource::PartySource(Rank rank, unsigned parties, const Seed& seed, TapeReader* tape)
    : rank_(rank), parties_(parties), prg_(seed), tape_(tape) {
  SPUD_CHECK(index(rank) < parties && (!is_last() || tape != nullptr), "the last party reads a tape");
}

Bytes PartySource::from_tape(std::size_t size) {
  Bytes bytes(size);
  if (failure_) return bytes;
  if (auto status = tape_->read(bytes); !status) {
    failure_ = std::move(status).error();
    std::fill(bytes.begin(), bytes.end(), std::byte{0});
    return bytes;
  }
  tape_bytes_ += size;
  return bytes;
}

ring::Tensor PartySource::draw_words(ItemId item, unsigned ring_bits, const Shape& shape, unsigned width) {
  return stream_words(prg_, item, ring_bits, shape, width);
}

ring::BitTensor PartySource::draw_bits(ItemId item, const Shape& shape, std::optional<Rank> owner) {
  if (owner && *owner != rank_) return ring::BitTensor::zeros(shape);
  return stream_bits(prg_, item, shape);
}

ring::Tensor PartySource::share_words(ItemId item, const RegisterType& type, unsigned width) {
  if (!is_last()) return stream_words(prg_, item, type.ring_bits, type.shape, width);
  return ring::unpack_low_bits(type.ring_bits, type.shape, width,
                               from_tape(ring::packed_bytes(element_count(type.shape), width)));
}

ring::BitTensor PartySource::share_bits(ItemId item, const RegisterType& type) {
  if (!is_last()) return stream_bits(prg_, item, type.shape);
  return ring::BitTensor::from_bytes(type.shape, from_tape(ring::packed_bytes(element_count(type.shape), 1)));
}

ring::DigitTable PartySource::share_table(ItemId item, const RegisterType& type) {
  if (!is_last()) return stream_table(prg_, item, type.shape, type.layout);
  std::size_t bytes = 0;
  for (unsigned d = 0; d < type.layout.digits(); ++d) {
    bytes += ring::packed_bytes(element_count(type.shape), type.layout.entries_of(d));
  }
  return ring::DigitTable::unpack(type.shape, type.layout, from_tape(bytes));
}

}  // namespace spud::correlation
