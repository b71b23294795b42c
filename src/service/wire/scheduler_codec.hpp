// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "service/job.hpp"

/// What the scheduler is asked, as schemas/scheduler.capnp puts it.
namespace spud::service::wire {

struct Announce {
  std::string address;
  std::string compiler;
  bool draining = false;
};
struct ListNodes {};
struct CreateDevice {
  DeviceId name;
  Layout layout = Layout::kOutsourcing;
  Protocol protocol = Protocol::kSemi2k;
  alu::NumberFormat format;
  std::vector<PartyId> parties;
  PartyId dealer;  ///< empty: chosen by the scheduler
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
struct ListJobs {};
struct CancelJob {
  JobId id;
};
using SchedulerRequest = std::variant<Announce, ListNodes, CreateDevice, ListDevices, ShowDevice, DropDevice,
                                      SubmitJob, ShowJob, ListJobs, CancelJob>;

struct Heartbeat {
  std::uint32_t interval_millis = 0;
};
struct NodeStatus {
  Member member;
  std::string role;
  std::string compiler;
  bool draining = false;
  std::int64_t silent_millis = 0;
};
using Nodes = std::vector<NodeStatus>;
using Devices = std::vector<Device>;
using Jobs = std::vector<Job>;
struct Dropped {};
using SchedulerAnswer = std::variant<Error, Heartbeat, Nodes, Device, Devices, Job, Jobs, Dropped>;

Bytes encode(const SchedulerRequest& request);
Result<SchedulerRequest> decode_scheduler_request(ByteView bytes);
Bytes encode(const SchedulerAnswer& answer);
Result<SchedulerAnswer> decode_scheduler_answer(ByteView bytes);

}  // namespace spud::service::wire
