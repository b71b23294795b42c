# SPDX-License-Identifier: Apache-2.0
@0xd6a1f6c5b9a0e002;
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("spud::schema");

# What a plan asks of the dealer: a program over values that only the dealer knows (masks and what is computed from them).
# Written by every compute node of an attempt; the dealer goes on only if all of them wrote the same. It tells the dealer shapes,
# widths and which masks enter which products: the skeleton of the program, no data and no constants.
# Bounds: at most 1,000,000 steps, 16 levels of loops, 64 operands a step; a reader refuses more.

struct Demand {
  version @0 :UInt16;      # 2, with which tables are dealt in blocks of 4096 numbers; other versions are refused
  parties @1 :UInt8;       # 2 … 5
  steps @2 :List(Step);
}

struct Step {
  union {
    unset @0 :Void;
    instruction @1 :Instruction;
    loop @2 :Loop;
  }
}

struct Loop {
  turns @0 :UInt64;            # 1 or more
  body @1 :List(Step);
  growth @2 :List(Int64);      # what each number of the body grows by a turn, in the order they stand; as many as there are
}

struct Instruction {
  op @0 :UInt8;                # correlation::Op
  shape @1 :List(Int64);       # of drawn registers
  numbers @2 :List(Int64);     # parameters, see correlation::Op
  map @3 :LinearMap;           # of "linear" only
  name @4 :Text;               # of "standing mask" only: the dataset version it belongs to
  operands @5 :List(Int64);    # how many registers ago each operand was made, 1 or more
}

struct LinearMap {
  kind @0 :UInt8;              # ring::LinearMap::Kind
  shape @1 :List(Int64);
  axes @2 :List(Int64);
  start @3 :List(Int64);
  step @4 :List(Int64);
}
