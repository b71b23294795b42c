# SPDX-License-Identifier: Apache-2.0
@0xd6a1f6c5b9a0e101;
# What all services speak of: errors, devices, policies, datasets, jobs. The conversations that carry these structs are
# in scheduler.capnp, node.capnp, dealer.capnp and session.capnp; record.capnp says how they are stored.
#
# Conversations. A request is one frame, its answer one or more frames, over a TLS 1.3 connection on which both sides
# have shown a certificate. Who is speaking is taken from the certificate, never from a frame. The Cap'n Proto part of a
# frame holds at most 1 MiB (limits::kHeaderBytesPerFrame); bulk data travels beside it as the frame's payload.
#
# Bounds that hold everywhere: names are 1 to 63 of [a-z0-9._-] and start with a letter or digit; digests are exactly 32
# bytes; other text is at most 4096 bytes. A message that breaks one is refused as a whole.
#
# Versions: every request names the version of its sender. A service answers versions 1 and, later, the one before its
# own; 0 is never valid. Field numbers are never reused.
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("spud::schema");

const wireVersion :UInt16 = 1;

# Why something was refused or failed. Set by the service that found out; never holds secret values.
struct Problem {
  code @0 :UInt16;      # spud::ErrorCode, by position; numbers unknown to the reader become "internal"
  what @1 :Text;        # one clause
  where @2 :Text;       # file, field, peer; empty: none
  expected @3 :Text;    # empty: nothing to say
  party @4 :Text;       # party or node at fault; empty: the caller or unknown
  hint @5 :Text;        # empty: none
}

# Type of a plain tensor.
struct TensorType {
  dtype @0 :UInt8;              # spud::DType, by position
  shape @1 :List(Int64);        # at most 32 sizes, none negative; empty: a scalar
}

# How a party's share of a secret tensor is held; see spud::alu::ElementFormat.
struct ElementFormat {
  boolean @0 :Bool;             # XOR shares, one bit an element
  ringBits @1 :UInt16;          # 1 if boolean, else 32, 64 or 128
  fractionBits @2 :UInt16;      # 0 for integers and booleans
}

# One line of what several parties must agree on: a device, a manifest. Compared name by name, so that a difference can be
# named; the digest of the whole is SHA-256 over all names and values, each with its length before it.
struct Field {
  name @0 :Text;
  value @1 :Text;
}

# A process of a party, as a device or the registry names it.
struct Member {
  party @0 :Text;
  node @1 :Text;
  identity @2 :Text;            # URI of its certificate: spiffe://<domain>/spud/<role>/<name>
  address @3 :Text;             # host:port; not part of any digest: it says where, not who
}

# A virtual SPU. Made by the scheduler on a client's request, immutable; clients pin its digest.
struct Device {
  name @0 :Text;
  layout @1 :UInt8;             # 1 outsourcing: every input is shared among the nodes; 2 colocated: compute parties
                                # only, whose inputs stay with their own node; 3 hybrid: both; 0 and others are refused
  protocol @2 :UInt8;           # 1 ref2k, 2 semi2k; 0 and others are refused
  ringBits @3 :UInt16;          # of floats: 32 or 64
  fractionBits @4 :UInt16;      # of floats: 1 to ringBits / 2
  compute @5 :List(Member);     # in rank order, 2 to 5, one a party
  dealer @6 :Member;            # of a party that runs no compute node of the device; null for ref2k
  owner @7 :Text;               # party whose client made it; only that party may drop it
  moreDealers @8 :List(Member); # as dealer, which comes first: any of them deals; at most 3, all distinct nodes
  previous @9 :Data;            # digest of the device that had the name before its last replacement, empty: none; no digest
                                # covers it. What was pushed to that one must be pushed again
}

# What an owner allows. Enforced by each node on its own.
struct Policy {
  holders @0 :List(Text);       # parties that may hold shares; at most 64, never empty
  anyProgram @1 :Bool;          # programs is ignored
  programs @2 :List(Data);      # digests of the programs that may read; at most 1024
  recipients @3 :List(Text);    # parties that results may reach; at most 64, never empty
  expiresUnixMillis @4 :Int64;  # 0: never
  uses @5 :UInt64;              # number of jobs that may read it; 0: no limit
}

# What an owner says of one upload, signed with the key of the owner's certificate over the digest of its fields.
struct Statement {
  upload @0 :Text;              # chosen by the client; names this version of the dataset
  dataset @1 :Text;
  device @2 :Data;              # digest of the device it goes to
  owner @3 :Text;               # party
  type @4 :TensorType;
  format @5 :ElementFormat;
  rowIds @6 :Data;              # digest of the table's row ids; empty: the dataset has none
  shares @7 :List(Data);        # SHA-256 of what each rank gets: its share, whether it travels as a seed or in full;
                                # of private data 32 random bytes and the tensor's for the keeper, nothing for others
  policy @8 :Policy;
  signer @9 :Text;              # identity URI of the certificate that signed
  keeper @10 :UInt16;           # of private data: 1 + the rank of the owner's node, which has it in plain; 0: shared
}

# A dataset as a node knows it.
struct Dataset {
  statement @0 :Statement;
  uses @1 :UInt64;              # jobs that have read it so far
}

# Which tape: the dealer that made it, how often that dealer's state was brought back from a copy, and a number that only
# grows. No number serves twice.
struct TapeId {
  party @0 :Text;               # of the dealer
  node @1 :Text;                # of the dealer
  epoch @2 :UInt64;             # from 1
  sequence @3 :UInt64;          # from 1
}

enum TapeState {
  unset @0;
  making @1;                    # the node has its seed and waits for the rest
  made @2;                      # the node has stored all of it
  ready @3;                     # so have all others
  reserved @4;                  # for one attempt
  burnt @5;                     # used or given up; nothing of it serves again
}

# A tape that a node keeps. Nothing in it is secret.
struct StockTape {
  id @0 :TapeId;
  device @1 :Data;              # digest
  demand @2 :Data;              # digest
  digest @3 :Data;              # of the whole tape, equal at all nodes; empty: not made yet
  bytes @4 :UInt64;             # on this node's disk
  state @5 :TapeState;
  madeUnixMillis @6 :Int64;     # by the node's clock
  job @7 :Text;                 # reserved and burnt: for whom; empty: nobody
  attempt @8 :UInt32;
}

# Where an attempt's correlations come from.
enum Supply {
  any @0;                       # from stock if a tape is ready, else dealt live
  stock @1;                     # from stock only: the job waits for a tape
  live @2;                      # dealt live only
}

struct Input {
  name @0 :Text;                # in0, in1, …
  union {
    unset @1 :Void;
    dataset @2 :Text;           # secret: a dataset at the nodes of the device
    open @3 :PublicInput;       # public: known to every node
  }
}

struct PublicInput {
  digest @0 :Data;              # SHA-256 of the tensor's bytes, uploaded to every node before the job
  type @1 :TensorType;
}

struct Output {
  name @0 :Text;                # out0, out1, …
  recipient @1 :Text;           # the party that fetches it
}

# A run asked for by a client.
struct JobRequest {
  id @0 :Text;                  # chosen by the client; the same id with the same request is the same job
  device @1 :Text;
  deviceDigest @2 :Data;        # as the client pinned it
  program @3 :Data;
  inputs @4 :List(Input);       # in the order of the program's parameters, at most 4096
  outputs @5 :List(Output);     # in the order of the program's results, at most 4096
  supply @6 :Supply;
  deadlineUnixMillis @7 :Int64; # it ends by then, done or not: each service looks at its own clock; 0: never
  priority @8 :Int8;            # -100 to 100, the highest first
  maxAttempts @9 :UInt8;        # 1 to 100; 0: 3
  trace @10 :Data;              # id of its trace, 16 bytes as W3C Trace Context has it; not in the request's digest. Empty:
                                # made up from the job's id by whoever hears of it
  span @11 :Data;               # 8 bytes: the caller's span, under which the job stands; empty: none
}

# A figure of an attempt, e.g. "run_seconds" or "sent_bytes".
struct Measure {
  name @0 :Text;
  value @1 :Float64;
}

# What one node reported of an attempt.
struct NodeReport {
  node @0 :Text;
  measures @1 :List(Measure);
}

struct Attempt {
  number @0 :UInt32;            # from 1
  startedUnixMillis @1 :Int64;
  endedUnixMillis @2 :Int64;    # 0: has not ended
  manifest @3 :Data;            # digest that all nodes agreed on; empty: they did not come that far
  problem @4 :Problem;          # null: none
  reports @5 :List(NodeReport);
  tape @6 :TapeId;              # from stock, never given to another attempt; null: none
  putOff @7 :UInt32;            # so often in turn it could not begin; 0: it began
}

enum JobState {
  unset @0;
  queued @1;
  running @2;
  failed @3;
  done @4;
  cancelled @5;
}

enum Phase {
  unset @0;
  preparing @1;                 # nodes check policies and compile
  reserving @2;                 # they agree; a tape is chosen and set aside
  linking @3;                   # a node opens links to its peers
  tape @4;                      # and has its tape opened
  loading @5;                   # reads its inputs
  running @6;
  storing @7;                   # writes its share of the results
}

# How far an attempt is. Of several nodes, that of the slowest.
struct Progress {
  phase @0 :Phase;
  instructions @1 :UInt64;      # done, each turn of a loop anew
  ofInstructions @2 :UInt64;    # 0: not known
  rounds @3 :UInt64;
  ofRounds @4 :UInt64;          # 0: not known
  runMillis @5 :UInt64;         # since the run of the plan began
}

# A job as the scheduler knows it.
struct Job {
  request @0 :JobRequest;
  party @1 :Text;               # of the client that asked
  state @2 :JobState;
  submittedUnixMillis @3 :Int64;
  attempts @4 :List(Attempt);   # at most 100, oldest first
  waiting @5 :Text;             # why a queued job does not run yet; empty: its turn has not come
  demand @6 :Data;              # digest of what it asks of a dealer, once nodes have said it; empty before
  failures @7 :UInt32;          # attempts that began and failed since it was last submitted
  retryUnixMillis @8 :Int64;    # when a queued job is tried again; 0: as soon as it can
  endedUnixMillis @9 :Int64;    # 0: has not ended
  problem @10 :Problem;         # why it failed, all attempts together; null: it has not, or an older scheduler ended it
  queuedUnixMillis @12 :Int64;  # since when it waits anew: submitted again, or an attempt failed; 0: since it was submitted
  progress @11 :Progress;       # to showJob, of a running attempt; not stored; null: nothing is known
}
