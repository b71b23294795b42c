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
  /// The next bytes of the tape; zeros once anything has failed.
  void from_tape(MutableBytes out);

  ring::Tensor draw_words(ItemId item, unsigned ring_bits, const Shape& shape, unsigned width,
                          std::optional<Rank> owner) override;
  ring::BitTensor draw_bits(ItemId item, const Shape& shape, std::optional<Rank> owner) override;
  ring::Tensor draw_permutation(ItemId item, const Shape& shape, Rank owner) override;
  ring::Tensor share_words(ItemId item, const RegisterType& type, unsigned width) override;
  ring::BitTensor share_bits(ItemId item, const RegisterType& type) override;
  void share_tables(ItemId item, const RegisterType& type, const ring::TableVisitor& visit) override;

  Rank rank_;
  unsigned parties_;
  std::shared_ptr<const Streams> streams_;
  TapeReader* tape_;
  std::uint64_t tape_bytes_ = 0;
  Bytes packed_;                       ///< what was last read, before it is unpacked
  std::vector<std::uint16_t> tables_;  ///< of one block
  std::optional<Error> failure_;
};

}  // namespace spud::correlation
