// SPDX-License-Identifier: Apache-2.0
#include "correlation/party_source.hpp"

#include <algorithm>

#include "ring/dense_bits.hpp"
#include "ring/workers.hpp"

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

ring::Tensor PartySource::draw_words(ItemId item, unsigned ring_bits, const Shape& shape, unsigned width,
                                     std::optional<Rank> owner) {
  if (owner && *owner != rank_) return ring::Tensor::zeros(ring_bits, shape);
  return stream_words(*streams_, item, ring_bits, shape, width);
}

ring::BitTensor PartySource::draw_bits(ItemId item, const Shape& shape, std::optional<Rank> owner) {
  if (owner && *owner != rank_) return ring::BitTensor::zeros(shape);
  return stream_bits(*streams_, item, shape);
}

ring::Tensor PartySource::draw_permutation(ItemId item, const Shape& shape, Rank owner) {
  if (owner != rank_) return ring::Tensor::phantom(32, shape);
  return stream_permutation(*streams_, item, shape);
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
  ring::BitTensor out = ring::BitTensor::uninitialised(type.shape);
  from_tape(out.writable_bytes());
  out.clear_surplus();
  return out;
}

// As many blocks at a time as threads can share.
void PartySource::share_tables(ItemId item, const RegisterType& type, const ring::TableVisitor& visit) {
  constexpr std::int64_t kElements = ring::DigitBlock::kElements;
  const std::int64_t n = element_count(type.shape), digits = type.layout.digits();
  const std::int64_t at_once = kElements * (ring::threads() == 1 ? 1 : 4 * ring::threads());
  const std::size_t packed_block = ring::packed_table_bytes(type.layout, kElements);
  for (std::int64_t begin = 0; begin < n; begin += at_once) {
    const std::int64_t size = std::min(at_once, n - begin);
    tables_.resize(static_cast<std::size_t>(digits * size));
    if (is_last()) {
      packed_.resize(static_cast<std::size_t>(size / kElements) * packed_block +
                     ring::packed_table_bytes(type.layout, size % kElements));
      from_tape(packed_);
    }
    ring::parallel_for((size + kElements - 1) / kElements, 1, [&](std::int64_t from, std::int64_t to) {
      for (std::int64_t block = from; block < to; ++block) {
        const std::int64_t first = block * kElements, count = std::min(kElements, size - first);
        const std::span tables(tables_.data() + digits * first, static_cast<std::size_t>(digits * count));
        if (is_last()) {
          ring::unpack_tables(type.layout, count,
                              ByteView(packed_).subspan(static_cast<std::size_t>(block) * packed_block,
                                                        ring::packed_table_bytes(type.layout, count)),
                              tables.data());
        } else {
          stream_tables(*streams_, item, type.layout, begin + first, count, tables);
        }
        visit(begin + first, count, tables.data());
      }
    });
  }
}

}  // namespace spud::correlation
