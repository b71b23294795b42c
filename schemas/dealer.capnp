# SPDX-License-Identifier: Apache-2.0
@0xd6a1f6c5b9a0e104;
# What a compute node asks of the dealer: the tape of one attempt. The dealer sees kinds and shapes of correlations and
# names of nodes; never data, and nothing that the nodes send each other.
#
#   every node --openTape--> dealer     payload: the demand
#   dealer --opened--> every node       once all have come with equal demands; payload: this node's 32-byte seed
#   dealer --chunk, …, end--> last rank corrections in order; the others get end at once
#
# A tape is dealt to an attempt once. When a node does not come in time or asks for something else, all get a problem that
# names it.
using Cxx = import "/capnp/c++.capnp";
using Control = import "control.capnp";
$Cxx.namespace("spud::schema");

struct DealerRequest {
  version @0 :UInt16;           # wireVersion of the sender
  union {
    unset @1 :Void;
    openTape @2 :OpenTape;
  }
}

struct OpenTape {
  job @0 :Text;
  attempt @1 :UInt32;           # from 1
  device @2 :Control.Device;    # the sender's certificate must be that of its rank
  rank @3 :UInt16;
  demand @4 :Data;              # SHA-256 of the demand in the payload
}

struct DealerAnswer {
  union {
    unset @0 :Void;
    problem @1 :Control.Problem;
    opened @2 :Text;            # name of the tape, derived from its seeds; payload: the seed
    chunk @3 :UInt64;           # offset in the tape; payload: at most 16 MiB of corrections
    end @4 :UInt64;             # bytes of the whole tape
  }
}
