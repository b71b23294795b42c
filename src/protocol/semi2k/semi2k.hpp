// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "correlation/source.hpp"
#include "protocol/protocol.hpp"
#include "protocol/semi2k/masked.hpp"
#include "protocol/zero_shares.hpp"

namespace spud::protocol::semi2k {

/// Additive shares over Z_2^k, masked on first use; secure against any n − 1 semi-honest compute parties,
/// given a dealer that colludes with none of them. Docs: docs/security.md; each kernel's file says what it
/// opens and why that is uniform.
///
/// One object serves one party for one attempt, on the executor's thread. In the run on shapes `zeros` is
/// absent and everything is phantom.
class Semi2k final : public Protocol {
 public:
  Semi2k(Rank rank, unsigned parties, correlation::Source& source, Executor& executor,
         std::optional<ZeroShares> zeros);

  Task<Arith> input(ring::Tensor share) override;
  Task<Boolean> input_bits(ring::BitTensor share) override;
  Task<Arith> private_input(Rank owner, unsigned ring_bits, Shape shape,
                            std::optional<ring::Tensor> value) override;
  Task<Boolean> private_input_bits(Rank owner, Shape shape, std::optional<ring::BitTensor> value) override;
  Arith constant(ring::Tensor value) override;
  Boolean constant_bits(ring::BitTensor value) override;
  ring::Tensor output(const Arith& x) override;
  ring::BitTensor output_bits(const Boolean& x) override;

  Arith linear(const ring::LinearMap& map, std::vector<Arith> operands) override;
  Arith add_public(const Arith& x, const ring::Tensor& y) override;
  Arith multiply_public(const Arith& x, const ring::Tensor& y) override;
  Arith matmul_public(const Arith& x, const ring::Tensor& y) override;
  Arith matmul_public(const ring::Tensor& y, const Arith& x) override;
  Arith narrow(const Arith& x, unsigned ring_bits) override;
  Arith pick_rows(const Arith& x, std::vector<std::int64_t> rows) override;
  Boolean pick_rows(const Boolean& x, std::vector<std::int64_t> rows) override;
  Arith sum_rows(const Arith& x, std::vector<std::int64_t> rows, std::int64_t n) override;
  Arith take_rows(const Arith& x, const ring::Tensor& places) override;
  Boolean move_bits(const ring::LinearMap& map, std::vector<Boolean> operands) override;
  Boolean exclusive_or(const Boolean& a, const Boolean& b) override;
  Boolean exclusive_or(const Boolean& a, const ring::BitTensor& b) override;
  Boolean logical_and(const Boolean& a, const ring::BitTensor& b) override;
  Boolean logical_not(const Boolean& a) override;

  Task<Arith> multiply(Arith a, Arith b) override;
  Task<Arith> matmul(Arith a, Arith b) override;
  Task<Arith> truncate(Arith x, unsigned by) override;
  Task<Arith> shift_right(Arith x, unsigned by) override;
  Task<Boolean> negative(Arith x) override;
  Task<Boolean> less(Arith a, Arith b, bool is_signed) override;
  Task<Boolean> is_zero(Arith x) override;
  Task<Boolean> logical_and(Boolean a, Boolean b) override;
  Task<Boolean> all_hold(Boolean rows, std::vector<Condition> conditions) override;
  Task<Arith> to_arith(Boolean b, unsigned ring_bits) override;
  Task<Arith> mux(Boolean b, Arith x) override;
  Task<Chosen> choose(Boolean b, std::vector<Arith> x) override;
  Task<Arith> widen(Arith x, unsigned ring_bits, bool is_signed) override;
  Task<Arith> prepare(Arith x) override;
  Task<Boolean> negative(Arith x, unsigned width) override;
  Task<Boolean> is_zero(Arith x, unsigned width) override;
  Task<std::vector<Boolean>> less_than_public(Arith x, std::vector<__int128> thresholds,
                                              unsigned width) override;
  Task<Arith> widen_bounded(Arith x, unsigned ring_bits) override;
  Task<Arith> shift_right_full(Arith x, unsigned by, bool is_signed) override;
  Task<Arith> wrap(Arith x, unsigned width, bool is_signed) override;
  Task<Arith> shift(Arith x, Arith places, Shift kind) override;
  Task<std::vector<Boolean>> bits(Arith x, unsigned width) override;
  Task<Arith> compose(std::vector<Boolean> bits, unsigned ring_bits) override;
  Task<Arith> look_up(Arith index, ring::Tensor table) override;
  Task<std::vector<Boolean>> look_up_bits(Arith index, ring::Tensor table, unsigned width) override;
  Task<Arith> interpolate(Arith x, unsigned low, unsigned dropped, std::vector<ring::Tensor> tables) override;
  Task<Arith> exp(Arith x, ExpWindow window) override;
  Task<std::vector<Arith>> shuffle(std::vector<Arith> columns) override;
  Task<ring::BitTensor> reveal_order(Boolean b) override;
  Task<std::vector<Arith>> leading_one(Arith x, unsigned width,
                                       std::vector<std::vector<std::int64_t>> weights) override;
  Task<Scaled> scale(Arith x, std::vector<Boolean> places,
                     std::vector<std::vector<std::int64_t>> weights) override;

  // ---- steps that the kernels share
  // -------------------------------------------------------------------------------------------------
  /// Opens x + λ under a fresh mask of that many bits, of one party's if it knows x.
  Task<Masked> open_masked(Arith x, unsigned width);
  /// Opens x + λ under a fresh mask; the mask goes with it.
  PendingWords open(const ring::Tensor& share, correlation::Mask mask, unsigned width,
                    std::optional<Rank> sender = {});
  PendingBits open(const ring::BitTensor& share, correlation::MaskBits mask);
  /// (Δ, λ_p) of x, opening Δ at x's first use only.
  Task<Masked> masked(Arith x);
  /// Right modulo 2^width, that is: if x has no mask yet, a narrower one that serves this call alone.
  Task<Masked> masked(Arith x, unsigned width);
  /// This party's share of x, whichever form it has.
  ring::Tensor share_of(const Arith& x);
  bool is_masked(const Arith& x) const;
  bool is_prepared(const Arith& x) const override { return is_masked(x); }
  const ring::BitTensor& share_of(const Boolean& b) const;
  /// XOR shares of [Δ mod 2^width < λ mod 2^width].
  Task<ring::BitTensor> borrow(ring::Tensor delta, correlation::Register lambda, unsigned width);

  /// Moves the rows of each batch by a permutation that `owner` and the dealer know.
  Task<std::vector<Arith>> permute_by(Rank owner, std::vector<Arith> columns);

  bool is_first() const { return rank_ == Rank{0}; }
  bool is_last() const { return index(rank_) + 1 == parties_; }
  Rank rank() const { return rank_; }
  unsigned parties() const { return parties_; }
  correlation::Source& source() { return source_; }

  static Arith make(ring::Tensor share);
  static Arith make(Masked masked);
  static Boolean make(ring::BitTensor share);

 private:
  /// As truncate, then modulo 2^ring_bits. Free of any message, and of the bound on x, where two parties drop
  /// as many bits as the ring does.
  Task<Arith> truncate_into(Arith x, unsigned by, unsigned ring_bits);
  Task<Arith> truncate_two_party(Arith x, unsigned by);
  struct Place;
  Task<Arith> interpolate_two_party(Place place, std::vector<ring::Tensor> tables);
  Task<Arith> interpolate_by_bits(Place place, std::vector<ring::Tensor> tables);
  Task<Scaled> scale_two_party(Arith x, std::vector<Boolean> places,
                               std::vector<std::vector<std::int64_t>> weights);
  Task<Arith> widen_two_party(Arith x, unsigned ring_bits);
  Arith widen_masked(const Masked& x, unsigned ring_bits);
  Task<Arith> shift_left_by(Arith x, Arith places);
  Task<Arith> shift_right_by(Arith x, Arith places, Shift kind);
  /// [x < c] for the public numbers c, of x and c read as unsigned.
  Task<Boolean> below(Arith x, __int128 limit);
  Arith truncate_masked(const Masked& x, unsigned by);

  Rank rank_;
  unsigned parties_;
  correlation::Source& source_;
  Executor& executor_;
  std::optional<ZeroShares> zeros_;
};

}  // namespace spud::protocol::semi2k
