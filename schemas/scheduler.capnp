# SPDX-License-Identifier: Apache-2.0
@0xd6a1f6c5b9a0e102;
# What nodes, dealers and clients ask of the scheduler. The scheduler sees names, shapes, digests and states: never a
# share, a program text or a result.
#
#   node, dealer  --announce--------------------------------->  scheduler     every heartbeat interval
#   client        --createDevice, listDevices, …------------->  scheduler
#   client        --submitJob, showJob, listJobs, cancelJob-->  scheduler
#
# Each request has exactly one answer. A request that is repeated has the effect of one.
using Cxx = import "/capnp/c++.capnp";
using Control = import "control.capnp";
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
  }
}

# I am here and take work. The first one registers; who and in which role is in the certificate.
struct Announce {
  address @0 :Text;             # host:port under which clients, peers and the scheduler reach the sender
  compiler @1 :Text;            # version of its compiler; empty for a dealer
  draining @2 :Bool;            # takes no new work
}

struct CreateDevice {
  name @0 :Text;
  layout @1 :UInt8;             # as Device.layout
  protocol @2 :UInt8;           # as Device.protocol
  ringBits @3 :UInt16;
  fractionBits @4 :UInt16;
  parties @5 :List(Text);       # compute parties in rank order
  dealer @6 :Text;              # party; empty: the scheduler chooses one that does not compute
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
  silentMillis @4 :Int64;       # since the last announcement
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
  }
}
