# SPDX-License-Identifier: Apache-2.0
@0xd6a1f6c5b9a0e106;
# What services keep in their stores beside the structs of control.capnp. Written and read by one service on one machine;
# a version that a reader does not know is refused at start.
using Cxx = import "/capnp/c++.capnp";
using Control = import "control.capnp";
$Cxx.namespace("spud::schema");

# scheduler: a node it has heard of.
struct NodeRecord {
  member @0 :Control.Member;
  role @1 :Text;
  compiler @2 :Text;
}

# node: an upload, from its first announcement on.
struct UploadRecord {
  statement @0 :Control.Statement;
  signature @1 :Data;
  certificate @2 :Text;
  rank @3 :UInt16;
  seeded @4 :Bool;              # the share's blob is a 32-byte seed
  committed @5 :Bool;
  preparedUnixMillis @6 :Int64; # uncommitted uploads expire by this
}

# node: an attempt that it has prepared at least.
struct AttemptRecord {
  job @0 :Text;
  attempt @1 :UInt32;
  state @2 :UInt8;              # node.capnp AttemptState, by position
  problem @3 :Control.Problem;
  measures @4 :List(Control.Measure);
  outputs @5 :List(Control.Output);
  fetched @6 :Bool;             # a share of a result has left the node: no other attempt of the job may run
}

# node: the share of one result.
struct ResultRecord {
  recipient @0 :Text;
  type @1 :Control.TensorType;
  format @2 :Control.ElementFormat;
  plain @3 :Bool;               # as in node.capnp ResultShare
  storedUnixMillis @4 :Int64;   # 0: by an older version, which did not say
  fetchedUnixMillis @5 :Int64;  # by its recipient, the last time; 0: never
  expiredUnixMillis @6 :Int64;  # when the share was erased; 0: it is there
  tape @7 :Text;                # as in node.capnp ResultShare
}

# node: one entry of the audit log. The hash covers the previous entry's hash and all other fields.
struct AuditRecord {
  sequence @0 :UInt64;
  unixMillis @1 :Int64;
  actor @2 :Text;               # identity that asked
  action @3 :Text;              # e.g. "attempt.start"
  subject @4 :Text;             # dataset, job, program
  decision @5 :Text;            # "allowed", or "refused: why"
  previous @6 :Data;
  hash @7 :Data;
}

# scheduler: a plan of which tapes are kept.
struct StockKindRecord {
  device @0 :Control.Device;
  demand @1 :Data;
  plan @2 :Data;
  program @3 :Data;
  target @4 :UInt32;
  ordered @5 :UInt32;
  made @6 :UInt64;
}

# scheduler: one of the last 1000 orders of stock, so that one that is repeated adds nothing.
struct StockOrderRecord {
  version @0 :UInt16;           # 1
  id @1 :Text;                  # as the client named it
  request @2 :Data;             # digest of who asked for what
  device @3 :Text;
  demand @4 :Data;
  madeAtOrder @5 :UInt64;       # as in scheduler.capnp StockKind
  number @6 :UInt64;            # orders in the order of their coming
}

# node: the ledger's line of one tape.
struct TapeRecord {
  version @0 :UInt16;           # 1
  tape @1 :Control.StockTape;
  epoch @2 :UInt64;             # of the node when it was made; a store brought back from a copy has a later one
  manifest @3 :Data;            # reserved and burnt: what the attempt agreed on; empty: none
}

# node: no tape of this dealer and epoch with this number or a lesser one is taken any more.
struct TapeMark {
  version @0 :UInt16;           # 1
  epoch @1 :UInt64;
  sequence @2 :UInt64;
}

# node: what opens a tape. The key is sealed by the node's stock key, so that another key means another head only.
struct TapeHead {
  version @0 :UInt16;           # 1
  keyName @1 :Data;             # which stock key sealed it: 8 bytes
  nonce @2 :Data;               # 12 bytes
  sealed @3 :Data;              # the tape's own key and this party's seed, AES-256-GCM
}
