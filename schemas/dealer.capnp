# SPDX-License-Identifier: Apache-2.0
@0xd6a1f6c5b9a0e104;
# What a compute node asks of a dealer of its device: a tape, for one attempt now or for its stock. The dealer sees kinds
# and shapes of correlations and names of nodes; never data, and nothing that the nodes send each other.
#
#   every node --openTape--> dealer     payload: the demand
#   dealer --opened--> every node       once all have come with equal demands; payload: this node's 32-byte seed
#   dealer --chunk, …, end--> last rank corrections in order; the others get end at once
#
# For stock the tape has a number, the others get end only when all of it has been dealt, and then:
#
#   every node --stored--> dealer       all of it is on disk, and of this digest
#   dealer --ready--> every node        so it is at all of them; before that the tape must not be used
#
# Empty chunks in between say that the dealer lives, heartbeats that a node does. A tape is dealt to an attempt, or an order of stock, once. When a node
# does not come in time, asks for something else or leaves, all get a problem that names it.
using Cxx = import "/capnp/c++.capnp";
using Control = import "control.capnp";
$Cxx.namespace("spud::schema");

struct DealerRequest {
  version @0 :UInt16;           # wireVersion of the sender
  union {
    unset @1 :Void;
    openTape @2 :OpenTape;
    stored @3 :Data;            # digest of the tape, as end gave it
    heartbeat @4 :Void;         # the node lives, though it takes no corrections at the moment
  }
}

struct OpenTape {
  job @0 :Text;                 # or the order, for stock
  attempt @1 :UInt32;           # from 1
  device @2 :Control.Device;    # the sender's certificate must be that of its rank; names the dealer among its own
  rank @3 :UInt16;
  demand @4 :Data;              # SHA-256 of the demand in the payload
  stock @5 :Bool;               # to be kept
  trace @6 :Data;               # id of the attempt's trace, 16 bytes; empty: of an older node, or for stock
  span @7 :Data;                # 8 bytes: the node's span, under which the dealer's part stands; empty: none
}

# When the dealer did what, by its own clock, in microseconds since 1970 UTC; 0: not yet, or an older dealer.
struct DealerTimes {
  asked @0 :Int64;              # this node's openTape was there
  granted @1 :Int64;            # all had come
  ended @2 :Int64;              # all was dealt and sent, by the connection that deals
}

struct DealerAnswer {
  union {
    unset @0 :Void;
    problem @1 :Control.Problem;
    opened @2 :Text;            # name of the tape, derived from its seeds; payload: the seed
    chunk @3 :UInt64;           # offset in the tape; payload: at most 16 MiB of corrections
    end @4 :UInt64;             # bytes of the whole tape; for an attempt
    openedStock @5 :Control.TapeId;  # as opened, of a tape to be kept
    endStock @6 :StockEnd;      # as end, of a tape to be kept
    ready @7 :Void;
  }
  times @8 :DealerTimes;        # beside opened and end; null: an older dealer
}

struct StockEnd {
  bytes @0 :UInt64;             # of the corrections
  digest @1 :Data;              # of the tape: over its number, its demand and the hash of the corrections: SHA-256 of the SHA-256 of every MiB
}
