# SPDX-License-Identifier: Apache-2.0
@0xd6a1f6c5b9a0e102;
# What nodes, dealers and clients ask of the scheduler. The scheduler sees names, shapes, digests and states: never a
# share, a program text or a result.
#
#   node, dealer  --announce--------------------------------->  scheduler     every heartbeat interval
#   client        --createDevice, listDevices, …------------->  scheduler
#   client        --submitJob, showJob, findJobs, cancelJob-->  scheduler
#   client        --makeStock, targetStock, listStock, …----->  scheduler
#
# Each request has exactly one answer. A request that is repeated has the effect of one.
using Cxx = import "/capnp/c++.capnp";
using Control = import "control.capnp";
using Node = import "node.capnp";
using Trace = import "trace.capnp";
$Cxx.namespace("spud::schema");

struct SchedulerRequest {
  version @0 :UInt16;           # wireVersion of the sender
  union {
    unset @1 :Void;
    announce @2 :Announce;      # by compute nodes and dealers only
    listNodes @3 :Void;
    createDevice @4 :CreateDevice;
    listDevices @5 :Void;
    showDevice @6 :Text;        # name
    dropDevice @7 :Text;        # name; by the party that made it
    submitJob @8 :Control.JobRequest;
    showJob @9 :ShowJob;
    listJobs @10 :Void;
    cancelJob @11 :Text;        # id; by the party that submitted it
    makeStock @12 :MakeStock;   # by clients of the device's parties, as the next two
    targetStock @13 :TargetStock;
    dropStock @14 :DropStock;
    listStock @15 :Void;
    findJobs @16 :FindJobs;     # as listJobs, but only some
    replaceDevice @17 :ReplaceDevice;   # by the party that made it
    fetchTrace @18 :Trace.FetchTrace;   # by those who may see the job
  }
}

struct Label {
  name @0 :Text;
  value @1 :Text;
}

# What a node or dealer says of itself beside who and where it is.
struct NodeFacts {
  labels @0 :List(Label);       # from its configuration, at most 16
  cores @1 :UInt32;             # that it computes with
  memoryBytes @2 :UInt64;       # that its attempts may take together
  protocols @3 :List(UInt8);    # as Device.protocol; empty: an older node, which does not say
  wireVersion @4 :UInt16;
  slots @5 :UInt32;             # attempts at a time; 0: 4
  running @6 :UInt32;           # attempts now
}

# I am here and take work. The first one registers; who and in which role is in the certificate.
struct Announce {
  address @0 :Text;             # host:port under which clients, peers and the scheduler reach the sender
  compiler @1 :Text;            # version of its compiler; empty for a dealer
  draining @2 :Bool;            # takes no new work
  keepsStock @3 :Bool;          # a node that has room and a key for tapes
  stock @4 :List(Control.StockTape);  # of a node: tapes that are ready, at most 2048, the oldest
  facts @5 :NodeFacts;
  unixMillis @6 :Int64;         # of the sender's clock; 0: it does not say
}

struct CreateDevice {
  name @0 :Text;
  layout @1 :UInt8;             # as Device.layout
  protocol @2 :UInt8;           # as Device.protocol
  ringBits @3 :UInt16;
  fractionBits @4 :UInt16;
  parties @5 :List(Text);       # compute parties in rank order
  dealer @6 :Text;              # party; empty: the scheduler chooses one that does not compute
  moreDealers @7 :List(Text);   # parties whose dealers come after the first, at most 3
  count @8 :UInt8;              # if parties is empty: the scheduler chooses so many
  labels @9 :List(Label);       # that every compute node must have, at most 16
  spread @10 :Text;             # a label in whose values the compute nodes differ as far as they can; empty: none
}

# Nodes that have been silent for too long, or the one that is named, make room for others of their parties. The device is
# another one then, with another digest: data must be pushed to it, and clients pin it anew.
struct ReplaceDevice {
  name @0 :Text;
  node @1 :Text;                # empty: those that are absent
}

# Make so many tapes more: for a program with inputs of these types, or for a plan that is known.
struct MakeStock {
  device @0 :Text;
  deviceDigest @1 :Data;        # as the client pinned it
  runs @2 :UInt32;              # 1 to 100000
  union {
    unset @3 :Void;
    program @4 :StockProgram;
    demand @5 :Data;            # digest, as listStock names it
  }
  order @6 :Text;               # a name chosen by the client; the same with the same request is the same order
}

struct StockProgram {
  program @0 :Data;
  inputs @1 :List(Node.StockInput);
}

# Keep so many tapes ready of a plan that is known.
struct TargetStock {
  device @0 :Text;
  demand @1 :Data;
  runs @2 :UInt32;              # 0: none
}

# Burn all tapes of a plan, make no more, and forget it.
struct DropStock {
  device @0 :Text;
  demand @1 :Data;
}

# What the scheduler knows of one plan's tapes.
struct StockKind {
  device @0 :Text;
  demand @1 :Data;              # digest; tapes of equal demands are alike
  plan @2 :Data;                # digest of a plan that asks for it
  program @3 :Data;             # and of its program
  target @4 :UInt32;
  ordered @5 :UInt32;           # runs asked for once that are not made yet
  making @6 :Bool;
  ready @7 :UInt32;             # at every node of the device
  waiting @8 :UInt32;           # jobs that wait for one
  made @9 :UInt64;              # since this kind is known
  problem @10 :Control.Problem; # why the last one could not be made; null: it could
  madeAtOrder @11 :UInt64;      # to makeStock: what made is once this order is made; else 0
}

# The newest first. An answer holds as many as fit a frame, at most 200.
struct FindJobs {
  limit @0 :UInt32;             # 0: 200
  state @1 :Control.JobState;   # unset: any
  device @2 :Text;              # empty: any
  before @3 :Text;              # id of the last one of an earlier answer: those after it; empty: from the newest
}

struct ShowJob {
  id @0 :Text;
  waitMillis @1 :UInt32;        # answer when the job has ended, or after this time; 0: at once; at most 10000
}

struct NodeStatus {
  member @0 :Control.Member;
  role @1 :Text;                # "node" or "dealer"
  compiler @2 :Text;
  draining @3 :Bool;
  silentMillis @4 :Int64;       # since the last announcement; -1: not since the scheduler has started
  facts @5 :NodeFacts;
  gone @6 :Bool;                # silent for so long that its devices should do without it
  absent @7 :Bool;              # silent for too long to be given work, or missed by an attempt since
  heardUnixMillis @8 :Int64;    # of the last announcement, by the scheduler's clock; 0: not said
  saidUnixMillis @9 :Int64;     # of the same, by the node's own clock; 0: not said
}

struct SchedulerAnswer {
  union {
    unset @0 :Void;
    problem @1 :Control.Problem;
    heartbeatMillis @2 :UInt32; # to announce: when to do it again
    nodes @3 :List(NodeStatus);
    device @4 :Control.Device;
    devices @5 :List(Control.Device);
    job @6 :Control.Job;
    jobs @7 :List(Control.Job);
    dropped @8 :Void;
    stockKind @9 :StockKind;              # to makeStock and targetStock
    stock @10 :List(StockKind);
    trace @11 :Trace.TracePage;           # to fetchTrace
  }
}
