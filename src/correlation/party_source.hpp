// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "correlation/source.hpp"
#include "correlation/streams.hpp"
#include "correlation/tape.hpp"

namespace spud::correlation {

/// One party's correlations for one attempt: its own randomness from its seed, and, for the last party, the
/// dealer's corrections from the tape. Owned by the thread that runs the attempt.
class PartySource final : public Source {
 public:
  /// `tape` is used by the last party only and must outlive the source; the others pass nullptr.
  PartySource(Rank rank, unsigned parties, const Seed& seed, TapeReader* tape);
  /// With other randomness than a seed's: for tests.
  PartySource(Rank rank, unsigned parties, std::shared_ptr<const Streams> streams, TapeReader* tape);

  const std::optional<Error>& failure() const override { return failure_; }
  std::uint64_t tape_bytes() const { return tape_bytes_; }

 private:
  bool is_last() const { return index(rank_) + 1 == parties_; }
  Bytes from_tape(std::size_t size);

  ring::Tensor draw_words(ItemId item, unsigned ring_bits, const Shape& shape, unsigned width) override;
  ring::BitTensor draw_bits(ItemId item, const Shape& shape, std::optional<Rank> owner) override;
  ring::Tensor share_words(ItemId item, const RegisterType& type, unsigned width) override;
  ring::BitTensor share_bits(ItemId item, const RegisterType& type) override;
  ring::DigitTable share_table(ItemId item, const RegisterType& type) override;

  Rank rank_;
  unsigned parties_;
  std::shared_ptr<const Streams> streams_;
  TapeReader* tape_;
  std::uint64_t tape_bytes_ = 0;
  std::optional<Error> failure_;
};

}  // namespace spud::correlation
