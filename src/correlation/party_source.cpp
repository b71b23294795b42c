// SPDX-License-Identifier: Apache-2.0
#include "correlation/party_source.hpp"

#include "ring/dense_bits.hpp"

namespace spud::correlation {

PartySource::PartySource(Rank rank, unsigned parties, const Seed& seed, TapeReader* tape)
    : PartySource(rank, parties, std::make_shared<SeedStreams>(seed), tape) {}

PartySource::PartySource(Rank rank, unsigned parties, std::shared_ptr<const Streams> streams,
                         TapeReader* tape)
    : rank_(rank), parties_(parties), streams_(std::move(streams)), tape_(tape) {
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
  return stream_words(*streams_, item, ring_bits, shape, width);
}

ring::BitTensor PartySource::draw_bits(ItemId item, const Shape& shape, std::optional<Rank> owner) {
  if (owner && *owner != rank_) return ring::BitTensor::zeros(shape);
  return stream_bits(*streams_, item, shape);
}

ring::Tensor PartySource::share_words(ItemId item, const RegisterType& type, unsigned width) {
  if (!is_last()) return stream_words(*streams_, item, type.ring_bits, type.shape, width);
  return ring::unpack_low_bits(type.ring_bits, type.shape, width,
                               from_tape(ring::packed_bytes(element_count(type.shape), width)));
}

ring::BitTensor PartySource::share_bits(ItemId item, const RegisterType& type) {
  if (!is_last()) return stream_bits(*streams_, item, type.shape);
  return ring::BitTensor::from_bytes(type.shape, from_tape(ring::packed_bytes(element_count(type.shape), 1)));
}

ring::DigitTable PartySource::share_table(ItemId item, const RegisterType& type) {
  if (!is_last()) return stream_table(*streams_, item, type.shape, type.layout);
  std::size_t bytes = 0;
  for (unsigned d = 0; d < type.layout.digits(); ++d) {
    bytes += ring::packed_bytes(element_count(type.shape), type.layout.entries_of(d));
  }
  return ring::DigitTable::unpack(type.shape, type.layout, from_tape(bytes));
}

}  // namespace spud::correlation
