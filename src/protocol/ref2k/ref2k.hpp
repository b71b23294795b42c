// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/protocol.hpp"

namespace spud::protocol::ref2k {

/// The reference: every party holds every value in plain. No security at all; for trying programs, and the
/// expected value in tests. It does what no secure protocol can: it checks the range of what it truncates and
/// exponentiates, and ends the run with an error that says so. A deployment refuses it unless it is told
/// otherwise.
class Ref2k final : public Protocol {
 public:
  Ref2k(Rank rank, Executor& executor) : rank_(rank), executor_(executor) {}

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
  bool is_prepared(const Arith&) const override { return false; }
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

 private:
  void refuse(const char* what, const char* expected);
  Rank rank_;
  Executor& executor_;
  std::uint64_t shuffled_ = 0;  ///< rows so far: the number of the next one to be moved
};

}  // namespace spud::protocol::ref2k
