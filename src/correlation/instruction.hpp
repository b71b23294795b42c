// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "correlation/register.hpp"
#include "ring/linear_map.hpp"

namespace spud::correlation {

/// What the dealer's machine can do. A register is a value that the dealer alone knows. *Drawing* ones come
/// from the parties' seeds, *deriving* ones compute, *dealing* ones hand a register out as shares: every
/// party but the last draws its share from its seed, the last party's share is the correction that the tape
/// carries. The numbers are part of the demand's format: never reuse one.
enum class Op : std::uint8_t {
  // Drawing.
  kMask = 1,          ///< words; numbers: ring bits, width: the sum of all parties' words modulo 2^width
  kMaskBits = 2,      ///< bits: the XOR of all parties' bits
  kPrivateBits = 3,   ///< numbers: rank: bits that this party and the dealer know
  kStandingMask = 4,  ///< words; name: a mask that belongs to one dataset version for ever
  kPermutation = 5,   ///< places [batch, rows]; numbers: rank: a permutation of the rows of each batch that
                      ///< this party and the dealer know
  kPrivateMask = 6,   ///< words; numbers: ring bits, width, rank: as kMask, but that this party alone draws
  // Deriving.
  kLinear = 20,      ///< map over words
  kMultiply = 21,    ///< element-wise product of two registers of words
  kMatmul = 22,      ///< batched matrix product
  kShiftRight = 23,  ///< numbers: by; logical
  kBit = 24,         ///< bits; numbers: position
  kWords = 25,       ///< 0 or 1 as words; numbers: ring bits
  kAnd = 26,         ///< product of any number of registers of bits
  kOneHot = 27,      ///< digit tables; numbers: width
  kTableAnd = 28,    ///< numbers: digit; that digit's table times a register of bits
  kExpTable = 29,  ///< numbers: fraction bits of λ, of the entries, ring bits; see correlation/exp_table.hpp
  kCast = 30,      ///< the same numbers in a larger ring; numbers: ring bits
  kEntryBits = 31,  ///< bits, 2^width for each word: entry v set where v = (word ≫ from) modulo 2^width;
                    ///< numbers: width, from; the shape has the entries in front
  kEntry = 32,      ///< of words and bits: that entry of the bits (entries in front); numbers: width, from
  kRotate = 34,    ///< of words and bits (places in front): place r is place r − word modulo 2^width of the
                   ///< bits, continued to 2^width places by zeros or by the last; numbers: width, by the last
  kEntryRow = 35,  ///< kEntryBits of the word's low bits, but the entries last in the shape; numbers: width
  kFirstShare = 36,  ///< of words: entry word modulo 2^width of the first party's share of the bits that were
                     ///< dealt last, which are kEntryRow of this width and shape; numbers: width
  kPermute = 38,  ///< of words [batch, rows, …] and places: row i of a batch is the row that places[i] names
  // Dealing.
  kDeal = 40,       ///< additive shares modulo 2^width; numbers: width
  kDealBits = 41,   ///< XOR shares
  kDealTable = 42,  ///< XOR shares of digit tables
  // Bookkeeping.
  kFree = 60,  ///< the register is not used again
};

/// "mask", "deal-bits", …
const char* to_string(Op op);
/// Does the party's pseudo-random stream advance?
bool takes_stream(Op op);
bool is_dealing(Op op);
bool makes_register(Op op);

struct Instruction {
  Op op = Op::kMask;
  Shape shape;  ///< of drawn registers
  std::vector<std::int64_t> numbers;
  std::optional<ring::LinearMap> map;  ///< of kLinear
  std::string name;                    ///< of kStandingMask
  std::vector<RegisterId> operands;
  bool operator==(const Instruction&) const = default;
};

/// Type of the register that an instruction makes from operands of these types; checks what a hostile demand
/// could get wrong and says so in the error.
Result<RegisterType> infer_type(const Instruction& instruction, std::span<const RegisterType> operands);

/// Bits that dealing a register of this type costs the last party.
std::uint64_t dealt_bits(const Instruction& instruction, const RegisterType& operand);
/// Bytes of it on the tape.
std::size_t dealt_bytes(const Instruction& instruction, const RegisterType& operand);

}  // namespace spud::correlation
