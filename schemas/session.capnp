# SPDX-License-Identifier: Apache-2.0
@0xd6a1f6c5b9a0e105;
# The link between two compute nodes for one attempt. The node of the higher rank connects; either side may be first to be
# ready, and waits for the other.
#
#   both: hello                 who, which attempt, the manifest field by field; any difference ends the attempt
#   lower rank: key             payload: 32 fresh random bytes, the pair's seed
#   both: round, round, …       one a round or, where large openings leave early, one a part of a round; in step
#   both: heartbeat             in between, so that silence means death
#   either: abort               the cause and the party at fault, before closing
#   both: finished              results are stored; nothing follows
using Cxx = import "/capnp/c++.capnp";
using Control = import "control.capnp";
$Cxx.namespace("spud::schema");

const linkVersion :UInt16 = 2;  # 1 knew no parts of rounds; no other version is answered

struct LinkFrame {
  union {
    unset @0 :Void;
    hello @1 :Hello;
    key @2 :Void;
    round @3 :Round;
    heartbeat @4 :Void;
    abort @5 :Control.Problem;
    finished @6 :Void;
  }
}

struct Hello {
  version @0 :UInt16;           # linkVersion of the sender
  job @1 :Text;
  attempt @2 :UInt32;
  rank @3 :UInt16;              # of the sender
  manifest @4 :List(Control.Field);
}

# What one party opens in one round, or a part of it: openings in the order in which kernels make them, which is the same
# on every party. A part ends behind each opening of 256 KiB or more (limits::kEarlyOpeningBytes), and where the round does.
# The receiver knows the plan and checks every figure against it.
struct Round {
  number @0 :UInt64;            # from 1
  openings @1 :UInt32;          # how many the payload carries
  bytes @2 :UInt64;             # of the payload
  part @3 :UInt32;              # within the round, from 0
}
