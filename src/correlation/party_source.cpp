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

void PartySource::from_tape(MutableBytes out) {
  if (!failure_) {
    if (auto status = tape_->read(out); !status) failure_ = std::move(status).error();
  }
  if (failure_) {
    std::fill(out.begin(), out.end(), std::byte{0});
    return;
  }
  tape_bytes_ += out.size();
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
  if (width == 8 * ring::word_bytes(type.ring_bits)) {
    ring::Tensor out = ring::Tensor::uninitialised(type.ring_bits, type.shape);
    from_tape(out.writable_bytes());
    return out;
  }
  packed_.resize(ring::packed_bytes(element_count(type.shape), width));
  from_tape(packed_);
  return ring::unpack_low_bits(type.ring_bits, type.shape, width, packed_);
}

ring::BitTensor PartySource::share_bits(ItemId item, const RegisterType& type) {
  if (!is_last()) return stream_bits(*streams_, item, type.shape);
  ring::BitTensor out = ring::BitTensor::zeros(type.shape);
  from_tape(out.writable_bytes());
  out.clear_surplus();
  return out;
}

void PartySource::share_tables(ItemId item, const RegisterType& type, const ring::TableVisitor& visit) {
  ring::for_each_block(element_count(type.shape), [&](std::int64_t first, std::int64_t count) {
    tables_.resize(type.layout.digits() * static_cast<std::size_t>(count));
    if (is_last()) {
      packed_.resize(ring::packed_table_bytes(type.layout, count));
      from_tape(packed_);
      ring::unpack_tables(type.layout, count, packed_, tables_.data());
    } else {
      stream_tables(*streams_, item, type.layout, first, count, tables_);
    }
    visit(first, count, tables_.data());
  });
}

}  // namespace spud::correlation
