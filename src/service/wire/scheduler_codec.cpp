// SPDX-License-Identifier: Apache-2.0
#include "service/wire/scheduler_codec.hpp"

#include "base/limits.hpp"
#include "schemas/scheduler.capnp.h"
#include "service/wire/control_codec.hpp"

namespace spud::service::wire {

namespace {

void put(const Announce& announce, schema::SchedulerRequest::Builder out) {
  auto builder = out.initAnnounce();
  builder.setAddress(announce.address);
  builder.setCompiler(announce.compiler);
  builder.setDraining(announce.draining);
}
void put(const ListNodes&, schema::SchedulerRequest::Builder out) {
  out.setListNodes();
}
void put(const CreateDevice& create, schema::SchedulerRequest::Builder out) {
  auto builder = out.initCreateDevice();
  builder.setName(create.name.str());
  builder.setLayout(static_cast<std::uint8_t>(create.layout));
  builder.setProtocol(static_cast<std::uint8_t>(create.protocol));
  builder.setRingBits(static_cast<std::uint16_t>(create.format.ring_bits));
  builder.setFractionBits(static_cast<std::uint16_t>(create.format.fraction_bits));
  auto parties = builder.initParties(create.parties.size());
  for (unsigned i = 0; i < create.parties.size(); ++i) parties.set(i, create.parties[i].str());
  builder.setDealer(create.dealer.str());
}
void put(const ListDevices&, schema::SchedulerRequest::Builder out) {
  out.setListDevices();
}
void put(const ShowDevice& show, schema::SchedulerRequest::Builder out) {
  out.setShowDevice(show.name.str());
}
void put(const DropDevice& drop, schema::SchedulerRequest::Builder out) {
  out.setDropDevice(drop.name.str());
}
void put(const SubmitJob& submit, schema::SchedulerRequest::Builder out) {
  write(submit.request, out.initSubmitJob());
}
void put(const ShowJob& show, schema::SchedulerRequest::Builder out) {
  auto builder = out.initShowJob();
  builder.setId(show.id.str());
  builder.setWaitMillis(show.wait_millis);
}
void put(const ListJobs&, schema::SchedulerRequest::Builder out) {
  out.setListJobs();
}
void put(const CancelJob& cancel, schema::SchedulerRequest::Builder out) {
  out.setCancelJob(cancel.id.str());
}

SchedulerRequest take(schema::SchedulerRequest::Reader in) {
  using Which = schema::SchedulerRequest;
  check_version(in.getVersion());
  switch (in.which()) {
    case Which::ANNOUNCE: {
      auto announce = in.getAnnounce();
      return Announce{read_text("announce.address", announce.getAddress()),
                      read_text("announce.compiler", announce.getCompiler()), announce.getDraining()};
    }
    case Which::LIST_NODES:
      return ListNodes{};
    case Which::CREATE_DEVICE: {
      auto create = in.getCreateDevice();
      CreateDevice out{DeviceId(read_name("createDevice.name", create.getName())),
                       read_layout(create.getLayout()),
                       read_protocol(create.getProtocol()),
                       {create.getRingBits(), create.getFractionBits()},
                       {},
                       PartyId(read_text("createDevice.dealer", create.getDealer()))};
      if (create.getParties().size() > limits::kPartiesPerDevice) {
        throw Refused{"createDevice.parties", std::to_string(create.getParties().size()) + " parties"};
      }
      for (auto party : create.getParties())
        out.parties.emplace_back(read_name("createDevice.parties", party));
      return out;
    }
    case Which::LIST_DEVICES:
      return ListDevices{};
    case Which::SHOW_DEVICE:
      return ShowDevice{DeviceId(read_name("showDevice", in.getShowDevice()))};
    case Which::DROP_DEVICE:
      return DropDevice{DeviceId(read_name("dropDevice", in.getDropDevice()))};
    case Which::SUBMIT_JOB:
      return SubmitJob{read(in.getSubmitJob())};
    case Which::SHOW_JOB:
      return ShowJob{JobId(read_name("showJob.id", in.getShowJob().getId())),
                     std::min<std::uint32_t>(in.getShowJob().getWaitMillis(), 10'000)};
    case Which::LIST_JOBS:
      return ListJobs{};
    case Which::CANCEL_JOB:
      return CancelJob{JobId(read_name("cancelJob", in.getCancelJob()))};
    case Which::UNSET:
      break;
  }
  throw Refused{"request", "of a kind this build does not know"};
}

void put(const Error& error, schema::SchedulerAnswer::Builder out) {
  write(error, out.initProblem());
}
void put(const Heartbeat& heartbeat, schema::SchedulerAnswer::Builder out) {
  out.setHeartbeatMillis(heartbeat.interval_millis);
}
void put(const Nodes& nodes, schema::SchedulerAnswer::Builder out) {
  auto list = out.initNodes(nodes.size());
  for (unsigned i = 0; i < nodes.size(); ++i) {
    write(nodes[i].member, list[i].initMember());
    list[i].setRole(nodes[i].role);
    list[i].setCompiler(nodes[i].compiler);
    list[i].setDraining(nodes[i].draining);
    list[i].setSilentMillis(nodes[i].silent_millis);
  }
}
void put(const Device& device, schema::SchedulerAnswer::Builder out) {
  write(device, out.initDevice());
}
void put(const Devices& devices, schema::SchedulerAnswer::Builder out) {
  auto list = out.initDevices(devices.size());
  for (unsigned i = 0; i < devices.size(); ++i) write(devices[i], list[i]);
}
void put(const Job& job, schema::SchedulerAnswer::Builder out) {
  write(job, out.initJob());
}
void put(const Jobs& jobs, schema::SchedulerAnswer::Builder out) {
  auto list = out.initJobs(jobs.size());
  for (unsigned i = 0; i < jobs.size(); ++i) write(jobs[i], list[i]);
}
void put(const Dropped&, schema::SchedulerAnswer::Builder out) {
  out.setDropped();
}

SchedulerAnswer take(schema::SchedulerAnswer::Reader in) {
  using Which = schema::SchedulerAnswer;
  switch (in.which()) {
    case Which::PROBLEM:
      return read(in.getProblem());
    case Which::HEARTBEAT_MILLIS:
      return Heartbeat{in.getHeartbeatMillis()};
    case Which::NODES: {
      Nodes nodes;
      for (auto node : in.getNodes()) {
        nodes.push_back({read(node.getMember()), read_text("node.role", node.getRole()),
                         read_text("node.compiler", node.getCompiler()), node.getDraining(),
                         node.getSilentMillis()});
      }
      return nodes;
    }
    case Which::DEVICE:
      return read(in.getDevice());
    case Which::DEVICES: {
      Devices devices;
      for (auto device : in.getDevices()) devices.push_back(read(device));
      return devices;
    }
    case Which::JOB:
      return read(in.getJob());
    case Which::JOBS: {
      Jobs jobs;
      for (auto job : in.getJobs()) jobs.push_back(read(job));
      return jobs;
    }
    case Which::DROPPED:
      return Dropped{};
    case Which::UNSET:
      break;
  }
  throw Refused{"answer", "of a kind this build does not know"};
}

}  // namespace

Bytes encode(const SchedulerRequest& request) {
  return write_message([&](capnp::MessageBuilder& message) {
    auto root = message.initRoot<schema::SchedulerRequest>();
    root.setVersion(kVersion);
    std::visit([&](const auto& kind) { put(kind, root); }, request);
  });
}

Result<SchedulerRequest> decode_scheduler_request(ByteView bytes) {
  SchedulerRequest request;
  SPUD_TRY(read_message(bytes, "request to the scheduler", [&](capnp::MessageReader& message) {
    request = take(message.getRoot<schema::SchedulerRequest>());
  }));
  return request;
}

Bytes encode(const SchedulerAnswer& answer) {
  return write_message([&](capnp::MessageBuilder& message) {
    auto root = message.initRoot<schema::SchedulerAnswer>();
    std::visit([&](const auto& kind) { put(kind, root); }, answer);
  });
}

Result<SchedulerAnswer> decode_scheduler_answer(ByteView bytes) {
  SchedulerAnswer answer;
  SPUD_TRY(read_message(bytes, "answer of the scheduler", [&](capnp::MessageReader& message) {
    answer = take(message.getRoot<schema::SchedulerAnswer>());
  }));
  return answer;
}

}  // namespace spud::service::wire
