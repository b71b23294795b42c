// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "service/job.hpp"
#include "service/labels.hpp"
#include "service/wire/node_codec.hpp"

/// What the scheduler is asked, as schemas/scheduler.capnp puts it.
namespace spud::service::wire {

/// What a node or dealer says of itself beside who and where it is.
struct NodeFacts {
  Labels labels{};
  std::uint32_t cores = 0;
  std::uint64_t memory_bytes = 0;
  std::vector<Protocol> protocols{};  ///< none: it does not say
  std::uint16_t wire_version = 0;
  std::uint32_t slots = 0;  ///< attempts at a time; 0: it does not say
  std::uint32_t running = 0;
};

struct Announce {
  std::string address;
  std::string compiler;
  bool draining = false;
  bool keeps_stock = false;   ///< a node that has a key for tapes
  stock::StockTapes stock{};  ///< of a node: tapes that are ready
  NodeFacts facts{};
  std::int64_t unix_millis = 0;  ///< by the sender's clock; 0: it does not say
};
struct ListNodes {};
struct CreateDevice {
  DeviceId name;
  Layout layout = Layout::kOutsourcing;
  Protocol protocol = Protocol::kSemi2k;
  alu::NumberFormat format;
  std::vector<PartyId> parties;
  std::vector<PartyId> dealers;  ///< in the order of preference; none: one is chosen by the scheduler
  std::uint32_t count = 0;       ///< without parties: so many are chosen
  Labels labels{};               ///< that every compute node must have
  std::string spread{};          ///< a label in whose values they differ as far as they can
};
struct ReplaceDevice {
  DeviceId name;
  NodeId node{};  ///< empty: those that are absent
};
struct ListDevices {};
struct ShowDevice {
  DeviceId name;
};
struct DropDevice {
  DeviceId name;
};
struct SubmitJob {
  JobRequest request;
};
struct ShowJob {
  JobId id;
  std::uint32_t wait_millis = 0;
};
/// The newest first.
struct ListJobs {
  std::uint32_t limit = 0;          ///< 0: as many as an answer holds
  std::optional<JobState> state{};  ///< nullopt: any
  DeviceId device{};                ///< empty: any
  JobId before{};                   ///< the last of an earlier answer: those after it
};
struct CancelJob {
  JobId id;
};
/// A program for inputs of these types.
struct StockProgram {
  Digest program;
  std::vector<StockInput> inputs;
};
struct MakeStock {
  DeviceId device;
  Digest device_digest;
  std::uint32_t runs = 0;
  std::variant<StockProgram, Digest> what;  ///< or a demand that the scheduler knows
  std::string order;                        ///< a name: repeating it with the same request repeats nothing
};
struct TargetStock {
  DeviceId device;
  Digest demand;
  std::uint32_t runs = 0;
};
struct DropStock {
  DeviceId device;
  Digest demand;
};
struct ListStockKinds {};
using SchedulerRequest = std::variant<Announce, ListNodes, CreateDevice, ListDevices, ShowDevice, DropDevice,
                                      SubmitJob, ShowJob, ListJobs, CancelJob, MakeStock, TargetStock,
                                      DropStock, ListStockKinds, ReplaceDevice, FetchTrace>;

struct Heartbeat {
  std::uint32_t interval_millis = 0;
};
struct NodeStatus {
  Member member;
  std::string role;
  std::string compiler;
  bool draining = false;
  std::int64_t silent_millis = 0;  ///< −1: not heard of since the scheduler has started
  NodeFacts facts{};
  bool gone = false;    ///< its devices should do without it
  bool absent = false;  ///< it is given no work until it announces itself again
  /// Of the last announcement, by the scheduler's clock and by the node's own; 0: not said.
  std::int64_t heard_unix_millis = 0;
  std::int64_t said_unix_millis = 0;
};
/// How far the node's clock was ahead of the scheduler's at its last announcement, less what that took on its
/// way; nullopt: not known.
inline std::optional<std::int64_t> clock_offset_millis(const NodeStatus& node) {
  if (node.heard_unix_millis == 0 || node.said_unix_millis == 0) return std::nullopt;
  return node.said_unix_millis - node.heard_unix_millis;
}
using Nodes = std::vector<NodeStatus>;
using Devices = std::vector<Device>;
using Jobs = std::vector<Job>;
struct Dropped {};
/// One plan's tapes at one device.
struct StockKind {
  DeviceId device;
  Digest demand;
  Digest plan;
  Digest program;
  std::uint32_t target = 0;   ///< to be kept ready
  std::uint32_t ordered = 0;  ///< asked for once, not made yet
  bool making = false;
  std::uint32_t ready = 0;    ///< at every node of the device
  std::uint32_t waiting = 0;  ///< jobs that wait for one
  std::uint64_t made = 0;
  std::optional<Error> problem{};   ///< why the last one could not be made
  std::uint64_t made_at_order = 0;  ///< to MakeStock: `made` once this order is made
};
using StockKinds = std::vector<StockKind>;
using SchedulerAnswer = std::variant<Error, Heartbeat, Nodes, Device, Devices, Job, Jobs, Dropped, StockKind,
                                     StockKinds, TracePage>;

Bytes encode(const SchedulerRequest& request);
Result<SchedulerRequest> decode_scheduler_request(ByteView bytes);
Bytes encode(const SchedulerAnswer& answer);
Result<SchedulerAnswer> decode_scheduler_answer(ByteView bytes);

}  // namespace spud::service::wire
