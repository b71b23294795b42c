// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "base/type.hpp"
#include "ops/op.hpp"

namespace spud::ir {

/// Who knows a value. Ordered: an operation's result is at least as secret as its operands. A secret may have
/// an owner, who has it in plain.
enum class Visibility : std::uint8_t { kPublic = 0, kSecret = 2 };
const char* to_string(Visibility visibility);

/// Index of a value within its region: parameters first, then results in order of their instructions.
using ValueId = std::uint32_t;

/// What a region knows of a value before it runs.
struct ValueInfo {
  TensorType type;
  Visibility visibility = Visibility::kPublic;
  /// Of a secret number: every element, as it is held, lies in [−2^(b−1), 2^(b−1)), of an unsigned type in
  /// [0, 2^(b−1)). 0 if no more is known than its ring. Comparisons rely on it.
  unsigned signed_bits = 0;
  /// Of a value that follows from inputs private to one party and public values alone: that party. It has the
  /// value in plain and computes it by itself, the others have nothing of it; it becomes shares where it
  /// meets what the party does not have.
  std::optional<Rank> owner{};
};

struct Region;

/// One operation. Operands are values of the same region defined earlier; results are numbered from
/// `first_result`.
struct Instruction {
  ops::Opcode opcode = ops::Opcode::kConstant;
  ops::Attributes attributes;
  std::vector<ValueId> operands;
  ValueId first_result = 0;
  std::uint32_t result_count = 1;  ///< 1, or the number of carried values of a while or conditional
  std::vector<Region> regions;     ///< closed: they see only their own parameters
  std::string origin;              ///< name of the HLO instruction it came from, for errors and cost tables
};

/// A straight list of instructions in static single assignment: a value is defined once, before its uses.
struct Region {
  std::uint32_t parameter_count = 0;
  std::vector<ValueInfo> values;
  std::vector<Instruction> instructions;
  std::vector<ValueId> results;
};

/// How a party's input comes: its type and who knows it.
struct InputSpec {
  std::string name;  ///< in0, in1, …
  ValueInfo info;
};

/// The unit that nodes agree on: a program for exact shapes, visibilities and number formats. Equal plans
/// have equal digests on every machine and build (see ir/codec.hpp).
struct Plan {
  Digest program;  ///< SHA-256 of the uploaded bytes
  std::string compiler_version;
  unsigned ring_bits = 64;  ///< of the device: floats live in this ring
  unsigned fraction_bits = 18;
  std::vector<InputSpec> inputs;
  Region main;  ///< parameters are the inputs, results the outputs out0, out1, …
};

}  // namespace spud::ir
