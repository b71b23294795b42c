# SPDX-License-Identifier: Apache-2.0
@0xd6a1f6c5b9a0e108;
# What services remember of an attempt's course, as clients of its job fetch it from each of them, and as they store it.
# Names, times and counts only: no value, share, seed or text of a program is in it. Every time is of the teller's own clock.
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("spud::schema");

# To the scheduler, and to each node of the device, by a client of the party that asked for the job or receives a result of it.
struct FetchTrace {
  job @0 :Text;
  attempt @1 :UInt32;           # 0, to the scheduler: of the job as a whole
  offset @2 :UInt64;            # in the encoded Trace, from an earlier page
}

# As much of an encoded Trace as fits.
struct TracePage {
  nowMicros @0 :Int64;          # the teller's clock as it answers, since 1970 UTC
  total @1 :UInt64;             # bytes of the whole, at most 1 MiB; another than before: it has changed, start anew
  offset @2 :UInt64;
  data @3 :Data;                # at most 512 KiB
}

struct Trace {
  parts @0 :List(Part);         # the teller's own first, then those that it was told; at most 5
  readers @1 :List(Text);       # in stores: parties whose clients may fetch it; empty on the wire
  endedUnixMillis @2 :Int64;    # in stores
}

# One service's part of an attempt.
struct Part {
  trace @0 :Data;               # 16 bytes, as W3C Trace Context has it
  job @1 :Text;
  attempt @2 :UInt32;
  party @3 :Text;
  service @4 :Text;             # scheduler, node or dealer
  name @5 :Text;
  heardOf @6 :Text;             # party of the node that tells it in a dealer's place; empty: its own words
  spans @7 :List(Span);         # at most 512
  run @8 :Data;                 # id of the span in which the instructions ran; empty: none
  instructions @9 :List(Instruction);   # at most 2048: the dearest, then the others as one
  folded @10 :UInt32;           # so many are the last one
}

struct Span {
  id @0 :Data;                  # 8 bytes
  parent @1 :Data;              # empty: none
  name @2 :Text;
  startMicros @3 :Int64;        # since 1970 UTC
  endMicros @4 :Int64;          # 0: it has not ended
  attributes @5 :List(Attribute);       # at most 64
  problem @6 :Text;             # why it failed; empty: it did not
}

struct Attribute {
  name @0 :Text;
  union {
    unset @1 :Void;
    int @2 :Int64;
    float @3 :Float64;
    text @4 :Text;
  }
}

# An instruction of the plan, all its runs together.
struct Instruction {
  number @0 :UInt32;            # in the order of the plan's text, from 1; 0: others, together
  outer @1 :UInt32;             # the one in whose region it is; 0: none
  operation @2 :Text;
  origin @3 :Text;
  runs @4 :UInt64;
  startMicros @5 :Int64;        # of the first
  endMicros @6 :Int64;          # of the last
  computingNanos @7 :UInt64;
  waitingNanos @8 :UInt64;      # for rounds
  dealerNanos @9 :UInt64;       # for corrections
  rounds @10 :UInt64;
  sentBytes @11 :UInt64;        # to each peer
}
