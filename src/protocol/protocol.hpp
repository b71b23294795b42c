// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "protocol/executor.hpp"
#include "protocol/share.hpp"
#include "ring/linear_map.hpp"

namespace spud::protocol {

/// Where e^x is wanted: x in [high − 27, high], high ≤ 14, the input with `input_fraction` fraction bits. The
/// result has `result_fraction` bits in the ring of 64 bits and is off by less than 1.2 units of its last
/// bit, or by e^x / 2^relative_bits where that is more: fewer relative bits are cheaper where e^high is
/// large. Outside the window the result is wrong, and nothing notices: clamp first.
struct ExpWindow {
  unsigned input_fraction = 18;
  unsigned result_fraction = 18;
  int high = 0;
  unsigned relative_bits = 64;
  /// The caller replaces the results below the window; so the reference does not refuse arguments there.
  bool replaced_below = false;
};

/// Right shifts fill with zeros or with the sign.
enum class Shift : std::uint8_t { kLeft, kRightLogical, kRightArithmetic };

/// Tables of public numbers that are looked up at a secret place have at most 2^14 entries.
inline constexpr unsigned kLookUpBits = 14;

/// Tables of the pieces of a function have at most 2^9 entries.
inline constexpr unsigned kPieceBits = 9;

/// More rows of bits than this are not multiplied in one step: products of all sets of them are dealt.
inline constexpr std::size_t kConditionRows = 8;

/// Holds where the rows of `set` are 1 and those of `clear` are 0: rows of one tensor of bits, each named
/// once.
struct Condition {
  std::vector<std::int64_t> set, clear;
};

/// A bit times several numbers, and the bit itself as a number.
struct Chosen {
  Chosen(std::vector<Arith> p, Arith b) : products(std::move(p)), bit(std::move(b)) {}
  std::vector<Arith> products;
  Arith bit;
};

/// x·w and w, w chosen from a list of public weights by the place that holds; of each further list too.
struct Scaled {
  Scaled(Arith p, std::vector<Arith> w) : product(std::move(p)), weights(std::move(w)) {}
  Arith product;
  std::vector<Arith> weights;
};

/// Multi-party computation over Z_2^k. Above this interface all parties, and the run on shapes, execute the
/// same code; below it they differ. Values are signed: an element x of Z_2^k stands for a number in
/// [−2^(k−1), 2^(k−1)).
///
/// What is not a Task is local: no message, no correlation. Operands of binary operations agree in ring and
/// shape. Costs stand beside each protocol's kernels (semi2k/cost.hpp) and are tested exactly.
class Protocol {
 public:
  virtual ~Protocol() = default;

  // ---- in and out
  // -------------------------------------------------------------------------------------------------------------
  /// From this party's additive (XOR) share of an input.
  virtual Task<Arith> input(ring::Tensor share) = 0;
  virtual Task<Boolean> input_bits(ring::BitTensor share) = 0;
  /// A value that `owner` knows: the others have no `value`. It becomes secret without a message, and where
  /// it is opened under a mask, the owner alone sends.
  virtual Task<Arith> private_input(Rank owner, unsigned ring_bits, Shape shape,
                                    std::optional<ring::Tensor> value) = 0;
  virtual Task<Boolean> private_input_bits(Rank owner, Shape shape, std::optional<ring::BitTensor> value) = 0;
  /// A public value as a (trivial) sharing.
  virtual Arith constant(ring::Tensor value) = 0;
  virtual Boolean constant_bits(ring::BitTensor value) = 0;
  /// This party's share of an output, refreshed: it says nothing but the output itself.
  virtual ring::Tensor output(const Arith& x) = 0;
  virtual ring::BitTensor output_bits(const Boolean& x) = 0;

  // ---- local
  // --------------------------------------------------------------------------------------------------------------------
  virtual Arith linear(const ring::LinearMap& map, std::vector<Arith> operands) = 0;
  virtual Arith add_public(const Arith& x, const ring::Tensor& y) = 0;
  virtual Arith multiply_public(const Arith& x, const ring::Tensor& y) = 0;
  /// Batched x · y or y · x, [b, m, k] × [b, k, n].
  virtual Arith matmul_public(const Arith& x, const ring::Tensor& y) = 0;
  virtual Arith matmul_public(const ring::Tensor& y, const Arith& x) = 0;
  /// Modulo a smaller 2^k.
  virtual Arith narrow(const Arith& x, unsigned ring_bits) = 0;
  /// Rows of [n, w] by public number, [m, w]; of a negative number zeros. The result has no mask: where rows
  /// lie is not the dealer's to know.
  virtual Arith pick_rows(const Arith& x, std::vector<std::int64_t> rows) = 0;
  virtual Boolean pick_rows(const Boolean& x, std::vector<std::int64_t> rows) = 0;
  /// [n, w]: row i of x, [m, w], is added to row rows[i] of zeros; left out where that is negative.
  virtual Arith sum_rows(const Arith& x, std::vector<std::int64_t> rows, std::int64_t n) = 0;
  /// Rows of x at public places, known at run time only: of x [batch, rows, …] and places [batch, count],
  /// words of 32 bits, x's row places[b][i] of batch b as row i. Nobody but the nodes hears of the places, so
  /// a mask does not go with the rows.
  virtual Arith take_rows(const Arith& x, const ring::Tensor& places) = 0;
  virtual Boolean move_bits(const ring::LinearMap& map, std::vector<Boolean> operands) = 0;
  virtual Boolean exclusive_or(const Boolean& a, const Boolean& b) = 0;
  virtual Boolean exclusive_or(const Boolean& a, const ring::BitTensor& b) = 0;
  virtual Boolean logical_and(const Boolean& a, const ring::BitTensor& b) = 0;
  virtual Boolean logical_not(const Boolean& a) = 0;

  // ---- interactive
  // --------------------------------------------------------------------------------------------------------------
  /// Does at once what the first product or comparison of x would do: for a value that is used often, or in
  /// every turn of a loop. x itself, and what is made of it by linear maps, is cheaper from then on.
  virtual Task<Arith> prepare(Arith x) = 0;
  /// Whether it was, by that or by a step that needed it.
  virtual bool is_prepared(const Arith& x) const = 0;
  virtual Task<Arith> multiply(Arith a, Arith b) = 0;
  /// Batched matrix product, [b, m, k] × [b, k, n].
  virtual Task<Arith> matmul(Arith a, Arith b) = 0;
  /// x / 2^by rounded to one of its two neighbours, unbiased. |x| ≤ 2^(k−2) − 2^by; outside it is wrong, and
  /// nothing notices.
  virtual Task<Arith> truncate(Arith x, unsigned by) = 0;
  /// ⌊x / 2^by⌋ exactly; the same range.
  virtual Task<Arith> shift_right(Arith x, unsigned by) = 0;
  /// The sign: x < 0.
  virtual Task<Boolean> negative(Arith x) = 0;
  /// a < b, for operands that may use the whole ring.
  virtual Task<Boolean> less(Arith a, Arith b, bool is_signed) = 0;
  virtual Task<Boolean> is_zero(Arith x) = 0;
  /// The same for x in [−2^(width−1), 2^(width−1)), cheaper. Outside it is wrong, and nothing notices. Where
  /// x is used again, prepare() it first: only then does the mask of this step serve later ones.
  virtual Task<Boolean> negative(Arith x, unsigned width) = 0;
  virtual Task<Boolean> is_zero(Arith x, unsigned width) = 0;
  /// x < c for each c, for x and all c in [−2^(width−1), 2^(width−1)), the whole ring for width = k.
  virtual Task<std::vector<Boolean>> less_than_public(Arith x, std::vector<__int128> thresholds,
                                                      unsigned width) = 0;
  virtual Task<Boolean> logical_and(Boolean a, Boolean b) = 0;
  /// Row i: whether condition i holds, elementwise. Each names at most kConditionRows rows, of
  /// [rows, …]; a row costs an opening once, for all conditions.
  virtual Task<Boolean> all_hold(Boolean rows, std::vector<Condition> conditions) = 0;
  /// 0 or 1 in Z_2^k.
  virtual Task<Arith> to_arith(Boolean b, unsigned ring_bits) = 0;
  /// b · x.
  virtual Task<Arith> mux(Boolean b, Arith x) = 0;
  /// b · x for each x of one ring, and b as a number: one opened bit serves all.
  virtual Task<Chosen> choose(Boolean b, std::vector<Arith> x) = 0;
  /// The same number in a larger ring, for any x.
  virtual Task<Arith> widen(Arith x, unsigned ring_bits, bool is_signed) = 0;
  /// The same for |x| < 2^(k−2), cheaper. Outside it is wrong, and nothing notices.
  virtual Task<Arith> widen_bounded(Arith x, unsigned ring_bits) = 0;
  /// ⌊x / 2^by⌋ for any x, read as signed or not.
  virtual Task<Arith> shift_right_full(Arith x, unsigned by, bool is_signed) = 0;
  /// x modulo 2^width, width < k, as the number in [0, 2^width), or of signed ones in [−2^(width−1),
  /// 2^(width−1)), for any x.
  virtual Task<Arith> wrap(Arith x, unsigned width, bool is_signed) = 0;
  /// By a secret number of places, read as unsigned: from k on nothing of x is left but the fill.
  virtual Task<Arith> shift(Arith x, Arith places, Shift kind) = 0;
  /// The low `width` bits of x, lowest first, none for 0, and back: Σ bits[i]·2^i.
  virtual Task<std::vector<Boolean>> bits(Arith x, unsigned width) = 0;
  virtual Task<Arith> compose(std::vector<Boolean> bits, unsigned ring_bits) = 0;
  /// table[index] for 0 ≤ index < table's size, at most 2^kLookUpBits. Outside it is wrong, and nothing
  /// notices. As bits: the low `width` bits of the entry, lowest first.
  virtual Task<Arith> look_up(Arith index, ring::Tensor table) = 0;
  virtual Task<std::vector<Boolean>> look_up_bits(Arith index, ring::Tensor table, unsigned width) = 0;
  /// Σ_d tables[d][i]·r^d, in the tables' ring, for x modulo 2^(low + w) = i·2^low + r·2^dropped, 2^w the
  /// tables' size, at most 2^kPieceBits; i is either of the two neighbours, and r, in (−2^(low − dropped),
  /// 2^(low − dropped)), is off by less than one if anything is dropped. The tables' ring is x's or larger.
  virtual Task<Arith> interpolate(Arith x, unsigned low, unsigned dropped,
                                  std::vector<ring::Tensor> tables) = 0;
  virtual Task<Arith> exp(Arith x, ExpWindow window) = 0;
  /// Moves the rows of each batch by a secret permutation of its own, the same for all columns. Columns agree
  /// in [batch, rows, …], not in ring and what follows. Uniformly random, and known to nobody unless all
  /// nodes, or one and the dealer, pool what they know (ref2k: to everybody).
  virtual Task<std::vector<Arith>> shuffle(std::vector<Arith> columns) = 0;
  /// Opens bits to all nodes. For comparisons of distinct numbers after a shuffle only, as in alu/sort.cpp:
  /// their outcomes say how a random permutation is ordered, and nothing of the numbers. Docs:
  /// docs/security.md. In the run on shapes a phantom.
  virtual Task<ring::BitTensor> reveal_order(Boolean b) = 0;
  /// For 0 ≤ x < 2^width with leading one at position j: Σ over the lists, weights[l][j], as many results as
  /// lists. All zero for x = 0.
  virtual Task<std::vector<Arith>> leading_one(Arith x, unsigned width,
                                               std::vector<std::vector<std::int64_t>> weights) = 0;
  /// For bits of which exactly one holds, elementwise: Σ_j weights[l][j]·places[j] for each list, and x times
  /// that of the first. Where none or several hold it is wrong, and nothing notices.
  virtual Task<Scaled> scale(Arith x, std::vector<Boolean> places,
                             std::vector<std::vector<std::int64_t>> weights) = 0;
};

}  // namespace spud::protocol
