# SPDX-License-Identifier: Apache-2.0
@0xd6a1f6c5b9a0e040;
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("spud::schema");

using import "digest.capnp".Digest;

# A compiled plan at rest and between `spud plan` and its readers. A node compiles every plan itself and compares
# digests (ir/canonical.hpp); it never runs a plan that a peer sent. The digest does not depend on this file. A reader
# checks sizes before it allocates and the whole plan by ir/verify.hpp before it believes a word.
# Bounds: base/limits.hpp (instructions, parameters, rank, elements, nesting of regions).

struct Plan {
  version @0 :UInt16;          # 2; other versions are refused
  program @1 :Digest;          # of the uploaded bytes
  compilerVersion @2 :Text;
  ringBits @3 :UInt16;         # of the device's floats
  fractionBits @4 :UInt16;
  inputs @5 :List(Value);      # in0, in1, …: also the parameters of main
  main @6 :Region;
}

# A straight list of instructions. Values are numbered: parameters first, then the results of each instruction.
struct Region {
  parameterCount @0 :UInt32;
  values @1 :List(Value);            # one a value
  instructions @2 :List(Instruction);
  results @3 :List(UInt32);          # values
}

struct Value {
  type @0 :TensorType;
  visibility @1 :UInt8;        # 0 public, 2 secret
  signedBits @2 :UInt8;        # b of a secret number known to lie in [−2^(b−1), 2^(b−1)), if its type is unsigned in
                               # [0, 2^(b−1)): less than the bits of its ring; 0: not known
  owner @3 :UInt16;            # of a secret that one party has in plain: 1 + its rank; 0: nobody has
}

struct TensorType {
  dtype @0 :Text;              # "f32", "pred": XLA's short names
  shape @1 :List(Int64);       # outermost first
}

struct Instruction {
  opcode @0 :UInt16;           # ops::Opcode
  operands @1 :List(UInt32);   # values defined before
  resultCount @2 :UInt32;      # 1 or more
  regions @3 :List(Region);    # of while: condition, body; of conditional: the branches
  attributes @4 :Attributes;
  origin @5 :Text;             # for people; not covered by the digest
}

# Only what the opcode names is set (ops/op.hpp); zero or empty means not set.
struct Attributes {
  dimensions @0 :List(Int64);
  start @1 :List(Int64);
  limit @2 :List(Int64);
  stride @3 :List(Int64);
  low @4 :List(Int64);
  high @5 :List(Int64);
  interior @6 :List(Int64);
  sizes @7 :List(Int64);
  lhsContracting @8 :List(Int64);
  rhsContracting @9 :List(Int64);
  lhsBatch @10 :List(Int64);
  rhsBatch @11 :List(Int64);
  comparison @12 :UInt8;       # ops::Comparison: 0 EQ, 1 NE, 2 GE, 3 GT, 4 LE, 5 LT; of floats
                               # 6 to 11 the same in total order
  reducer @13 :UInt8;          # ops::Reducer: 0 add, 1 multiply, 2 maximum, 3 minimum, 4 and, 5 or, 6 last
  dtype @14 :Text;             # of convert
  literal @15 :Literal;        # of constant
}

struct Literal {
  type @0 :TensorType;
  elements @1 :Data;           # dense, row-major, little-endian
}
