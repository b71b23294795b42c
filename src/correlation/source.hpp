// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/error.hpp"
#include "base/id.hpp"
#include "correlation/instruction.hpp"
#include "correlation/streams.hpp"
#include "ring/bit_tensor.hpp"
#include "ring/digit_table.hpp"

namespace spud::correlation {

/// One party's part of a fresh mask, and the dealer's register that holds the whole. Moved, never copied:
/// what hides one opening must not hide another.
template <class Share>
struct Fresh {
  Share share;
  Register whole;
  ItemId item = 0;

  Fresh(Share s, Register w, ItemId i) : share(std::move(s)), whole(std::move(w)), item(i) {}
  Fresh(Fresh&&) noexcept = default;
  Fresh& operator=(Fresh&&) noexcept = default;
  Fresh(const Fresh&) = delete;
  Fresh& operator=(const Fresh&) = delete;
};
using Mask = Fresh<ring::Tensor>;
using MaskBits = Fresh<ring::BitTensor>;
/// Places as ring::take_rows() reads them: a phantom to all but the party that draws it.
using Permutation = Fresh<ring::Tensor>;

/// Where a protocol asks for correlations, in program order; the same calls in the same order on every party
/// and in the run on shapes. Failure is sticky: after it calls return zeros, and the executor sends nothing
/// once failure() is set.
class Source {
 public:
  virtual ~Source() = default;

  /// λ = Σ λ_p modulo 2^width, every party drawing its own λ_p.
  Mask mask(unsigned ring_bits, const Shape& shape, unsigned width);
  /// λ that `owner` alone draws (and the dealer knows); the others' share is all zeros.
  Mask private_mask(unsigned ring_bits, const Shape& shape, unsigned width, Rank owner);
  MaskBits mask_bits(const Shape& shape);
  /// Bits that only `owner` (and the dealer) knows; the others' share is all zeros.
  MaskBits private_bits(const Shape& shape, Rank owner);
  /// A uniformly random permutation of the rows of each batch, that only `owner` (and the dealer) knows.
  Permutation permutation(std::int64_t batch, std::int64_t rows, Rank owner);

  /// What the dealer computes from what it knows. Nothing happens on a party.
  Register linear(const ring::LinearMap& map, std::span<const Register> operands);
  Register derive(Op op, std::vector<std::int64_t> numbers, std::span<const Register> operands);

  /// This party's share of a register.
  ring::Tensor deal(const Register& words, unsigned width);
  ring::BitTensor deal_bits(const Register& bits);
  ring::DigitTable deal_table(const Register& tables);
  /// The same block by block, for tables that are read once: `visit` sees each block as soon as it is there,
  /// several at once where there are threads, and none in the run on shapes. It asks for no other share.
  void deal_tables(const Register& tables, const ring::TableVisitor& visit);

  /// A turn of loop `loop` begins, or its last one has ended: lets the run on shapes keep loops as loops.
  /// Loops are numbered by the caller, never twice in one run.
  virtual void turn_begins(std::uint64_t /*loop*/) {}

  virtual const std::optional<Error>& failure() const = 0;

 protected:
  virtual ring::Tensor draw_words(ItemId item, unsigned ring_bits, const Shape& shape, unsigned width,
                                  std::optional<Rank> owner) = 0;
  virtual ring::BitTensor draw_bits(ItemId item, const Shape& shape, std::optional<Rank> owner) = 0;
  virtual ring::Tensor draw_permutation(ItemId item, const Shape& shape, Rank owner) = 0;
  virtual ring::Tensor share_words(ItemId item, const RegisterType& type, unsigned width) = 0;
  virtual ring::BitTensor share_bits(ItemId item, const RegisterType& type) = 0;
  virtual void share_tables(ItemId item, const RegisterType& type, const ring::TableVisitor& visit) = 0;
  /// Whether shares have a shape only.
  virtual bool is_on_shapes() const { return false; }
  /// Sees every instruction, and what its operands are, before it takes effect; returns what keeps the made
  /// register alive.
  virtual std::shared_ptr<void> note(const Instruction& /*instruction*/,
                                     std::span<const RegisterType> /*operands*/, RegisterId /*made*/) {
    return nullptr;
  }

 private:
  Register make(Instruction instruction, std::span<const Register> operands);
  ItemId next_item_ = 0;
  RegisterId next_register_ = 0;
};

}  // namespace spud::correlation
