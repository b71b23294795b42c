# SPDX-License-Identifier: Apache-2.0
@0xd6a1f6c5b9a0e103;
# What clients and the scheduler ask of a compute node. Peers open links with session.capnp instead.
#
# Data providers put a dataset on the nodes of a device in two phases, so that it is visible on all of them or on none:
#
#   client --prepareUpload--> every node     announces; answered with what the node has of it already
#   client --uploadChunk----> every node     until all bytes are there; a seed comes with prepareUpload
#   client --commitUpload---> every node     only after all of them have everything; then the dataset is visible
#
# The scheduler runs an attempt:
#
#   scheduler --prepareAttempt--> every node   each resolves names, checks policies, compiles; answers its manifest
#   scheduler --startAttempt----> every node   with the digest all manifests have
#   scheduler --awaitAttempt----> every node   until it has ended
#
# With a tape from stock, between preparing and starting:
#
#   scheduler --reserveTape-----> every node   answered with the manifest as it is with that tape
#
# And stock is made, without data:
#
#   scheduler --prepareStock----> every node   each compiles; answers what the plan asks of a dealer
#   scheduler --makeTape--------> every node   each asks the dealer named, and answers once all nodes have stored theirs
#
# A node trusts neither: the owner's signature covers policy and shares, and peers compare manifests before the first round.
using Cxx = import "/capnp/c++.capnp";
using Control = import "control.capnp";
using Trace = import "trace.capnp";
$Cxx.namespace("spud::schema");

struct NodeRequest {
  version @0 :UInt16;           # wireVersion of the sender
  union {
    unset @1 :Void;
    prepareUpload @2 :PrepareUpload;      # by a client of the owner
    uploadChunk @3 :UploadChunk;          # payload: the bytes, at most 16 MiB
    commitUpload @4 :Text;                # upload id
    abortUpload @5 :Text;                 # upload id; a committed one is kept
    listData @6 :Void;                    # datasets of the caller's party
    showData @7 :NamedData;
    dropData @8 :NamedData;
    blobChunk @9 :BlobChunk;              # payload: the bytes, at most 16 MiB
    listPrograms @10 :Void;
    showProgram @11 :Data;                # digest
    prepareAttempt @12 :PrepareAttempt;   # by the scheduler, as the next three
    startAttempt @13 :AttemptName;
    awaitAttempt @14 :AwaitAttempt;
    cancelAttempt @15 :CancelAttempt;
    fetchResult @16 :FetchResult;         # by a client of the recipient
    prepareStock @17 :PrepareStock;       # by the scheduler, as the next two
    makeTape @18 :MakeTape;
    reserveTape @19 :ReserveTape;
    listStock @20 :Void;                  # by the scheduler or a client of the node's party
    discardTape @21 :Control.TapeId;      # by the same; burns it, whatever state it is in
    fetchTrace @22 :Trace.FetchTrace;     # by a client of the job's party or of a recipient
  }
}

struct PrepareUpload {
  statement @0 :Control.Statement;
  signature @1 :Data;           # of the statement's digest
  certificate @2 :Text;         # PEM of the signing certificate; checked against the owner's bundle
  rank @3 :UInt16;              # of the node addressed
  seeded @4 :Bool;              # the payload is the 32-byte seed of the share; else the share comes in chunks
}

struct UploadChunk {
  upload @0 :Text;
  offset @1 :UInt64;            # in bytes; must be what the node has so far
}

struct NamedData {
  dataset @0 :Text;
  device @1 :Data;              # digest
  upload @2 :Text;              # of dropData: if that is what lies under the name; empty: whatever does
}

enum BlobKind {
  unset @0;
  program @1;
  publicInput @2;
}

# Programs and public inputs, by digest. Repeating a chunk that the node has is harmless.
struct BlobChunk {
  kind @0 :BlobKind;
  digest @1 :Data;              # SHA-256 of the whole
  total @2 :UInt64;             # bytes of the whole
  offset @3 :UInt64;            # of this chunk; the answer says from where to go on
}

struct AttemptName {
  job @0 :Text;
  attempt @1 :UInt32;
  manifest @2 :Data;            # startAttempt: the digest agreed on; else empty
  dealer @3 :Text;              # startAttempt: identity of the device's dealer that deals live, which the manifest then
                                # names in a last field "dealer"; empty: the first, or a tape was reserved
}

struct PrepareAttempt {
  request @0 :Control.JobRequest;
  attempt @1 :UInt32;
  device @2 :Control.Device;
  party @3 :Text;               # of the client that asked for the job
  span @4 :Data;                # 8 bytes: the scheduler's span of the attempt, in request.trace; empty: an older one
}

struct AwaitAttempt {
  job @0 :Text;
  attempt @1 :UInt32;
  waitMillis @2 :UInt32;        # at most 10000; 0: answer at once
}

struct CancelAttempt {
  job @0 :Text;
  attempt @1 :UInt32;
  cause @2 :Control.Problem;    # why the attempt ends, and who is at fault; a node that has noticed itself keeps its own cause
}

struct FetchResult {
  job @0 :Text;
  attempt @1 :UInt32;           # the one that the scheduler calls done
  output @2 :Text;
}

# What a program's plan would ask of a dealer, for inputs of these types.
struct PrepareStock {
  device @0 :Control.Device;
  program @1 :Data;
  inputs @2 :List(StockInput);  # in the order of the program's parameters, at most 4096
}

struct StockInput {
  union {
    unset @0 :Void;
    secret @1 :Control.TensorType;
    open @2 :Control.PublicInput;
    kept @3 :KeptInput;
  }
}

# An input that one party has in plain.
struct KeptInput {
  rank @0 :UInt16;              # of that party's node
  type @1 :Control.TensorType;
}

struct MakeTape {
  device @0 :Control.Device;
  demand @1 :Data;              # digest; the node knows it from preparing
  order @2 :Text;               # chosen by the scheduler, for this tape only
  dealer @3 :Text;              # identity of the device's dealer that makes it; empty: the first
}

struct ReserveTape {
  job @0 :Text;
  attempt @1 :UInt32;
  manifest @2 :Data;            # the digest agreed on so far
  tape @3 :Control.TapeId;
}

struct BlobState {
  digest @0 :Data;
  total @1 :UInt64;
  received @2 :UInt64;          # bytes the node has; total: complete
}

struct UploadState {
  received @0 :UInt64;          # bytes the node has of its share
  committed @1 :Bool;
}

struct Program {
  digest @0 :Data;
  bytes @1 :UInt64;
}

enum AttemptState {
  unset @0;
  unknown @1;                   # this node has never heard of it, or has lost it
  prepared @2;
  running @3;
  failed @4;
  done @5;
}

struct AttemptStatus {
  state @0 :AttemptState;
  problem @1 :Control.Problem;  # if failed
  measures @2 :List(Control.Measure);
  progress @3 :Control.Progress;  # if running; null: nothing is known
}

# First answer to fetchResult; the share follows in the payloads of as many chunks as it takes.
struct ResultShare {
  type @0 :Control.TensorType;
  format @1 :Control.ElementFormat;
  bytes @2 :UInt64;
  plain @3 :Bool;               # the program's result is public: the same bytes at every node, not a share; format is unused
  tape @4 :Text;                # of the run that it is a share of, the same at every node; empty: it used none, or an older version
}

struct NodeAnswer {
  union {
    unset @0 :Void;
    problem @1 :Control.Problem;
    done @2 :Void;
    upload @3 :UploadState;
    datasets @4 :List(Control.Dataset);
    blob @5 :BlobState;
    programs @6 :List(Program);
    manifest @7 :List(Control.Field);     # to prepareAttempt, prepareStock and reserveTape
    attempt @8 :AttemptStatus;
    result @9 :ResultShare;
    resultChunk @10 :UInt64;              # offset; payload: at most 16 MiB
    stockTape @11 :Control.StockTape;     # to makeTape
    stock @12 :List(Control.StockTape);   # to listStock; at most 2048
    heartbeat @13 :Void;                  # the answer is being worked on; any number of them before it
    trace @14 :Trace.TracePage;           # to fetchTrace
  }
}
