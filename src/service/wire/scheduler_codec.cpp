// SPDX-License-Identifier: Apache-2.0
#include "service/wire/scheduler_codec.hpp"

#include "base/limits.hpp"
#include "schemas/scheduler.capnp.h"
#include "service/wire/control_codec.hpp"
#include "service/wire/stock_input_codec.hpp"
#include "service/wire/trace_page_codec.hpp"

namespace spud::service::wire {

namespace {

void put_labels(const Labels& labels, capnp::List<schema::Label>::Builder out) {
  unsigned i = 0;
  for (const auto& [name, value] : labels) {
    out[i].setName(name);
    out[i++].setValue(value);
  }
}

Labels read_labels(const char* field, capnp::List<schema::Label>::Reader in) {
  if (in.size() > limits::kLabelsPerNode) {
    throw Refused{field,
                  std::to_string(in.size()) + " labels, at most " + std::to_string(limits::kLabelsPerNode)};
  }
  Labels labels;
  for (auto label : in) labels[read_name(field, label.getName())] = read_text(field, label.getValue());
  return labels;
}

void put_facts(const NodeFacts& facts, schema::NodeFacts::Builder out) {
  put_labels(facts.labels, out.initLabels(static_cast<unsigned>(facts.labels.size())));
  out.setCores(facts.cores);
  out.setMemoryBytes(facts.memory_bytes);
  auto protocols = out.initProtocols(static_cast<unsigned>(facts.protocols.size()));
  for (unsigned i = 0; i < protocols.size(); ++i)
    protocols.set(i, static_cast<std::uint8_t>(facts.protocols[i]));
  out.setWireVersion(facts.wire_version);
  out.setSlots(facts.slots);
  out.setRunning(facts.running);
}

NodeFacts read_facts(schema::NodeFacts::Reader in) {
  NodeFacts facts{read_labels("facts.labels", in.getLabels()),
                  in.getCores(),
                  in.getMemoryBytes(),
                  {},
                  in.getWireVersion(),
                  in.getSlots(),
                  in.getRunning()};
  if (in.getProtocols().size() > 16) throw Refused{"facts.protocols", "too many"};
  for (auto protocol : in.getProtocols()) {
    // Those of a later version are no concern of ours.
    if (protocol == 1 || protocol == 2) facts.protocols.push_back(static_cast<Protocol>(protocol));
  }
  return facts;
}

void put(const Announce& announce, schema::SchedulerRequest::Builder out) {
  auto builder = out.initAnnounce();
  builder.setAddress(announce.address);
  builder.setCompiler(announce.compiler);
  builder.setDraining(announce.draining);
  builder.setKeepsStock(announce.keeps_stock);
  write(announce.stock, builder.initStock(announce.stock.size()));
  put_facts(announce.facts, builder.initFacts());
  builder.setUnixMillis(announce.unix_millis);
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
  builder.setCount(static_cast<std::uint8_t>(create.count));
  put_labels(create.labels, builder.initLabels(static_cast<unsigned>(create.labels.size())));
  builder.setSpread(create.spread);
  if (create.dealers.empty()) return;
  builder.setDealer(create.dealers.front().str());
  auto more = builder.initMoreDealers(static_cast<unsigned>(create.dealers.size() - 1));
  for (unsigned i = 0; i < more.size(); ++i) more.set(i, create.dealers[i + 1].str());
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
void put(const ListJobs& list, schema::SchedulerRequest::Builder out) {
  if (list.limit == 0 && !list.state && list.device.empty() && list.before.empty()) {
    out.setListJobs();
    return;
  }
  auto builder = out.initFindJobs();
  builder.setLimit(list.limit);
  if (list.state) builder.setState(static_cast<schema::JobState>(*list.state));
  builder.setDevice(list.device.str());
  builder.setBefore(list.before.str());
}
void put(const CancelJob& cancel, schema::SchedulerRequest::Builder out) {
  out.setCancelJob(cancel.id.str());
}
void put(const MakeStock& make, schema::SchedulerRequest::Builder out) {
  auto builder = out.initMakeStock();
  builder.setDevice(make.device.str());
  builder.setDeviceDigest(data_of(make.device_digest));
  builder.setRuns(make.runs);
  builder.setOrder(make.order);
  if (const auto* demand = std::get_if<Digest>(&make.what)) {
    builder.setDemand(data_of(*demand));
    return;
  }
  const auto& program = std::get<StockProgram>(make.what);
  auto inner = builder.initProgram();
  inner.setProgram(data_of(program.program));
  write(program.inputs, inner.initInputs(program.inputs.size()));
}
void put(const TargetStock& target, schema::SchedulerRequest::Builder out) {
  auto builder = out.initTargetStock();
  builder.setDevice(target.device.str());
  builder.setDemand(data_of(target.demand));
  builder.setRuns(target.runs);
}
void put(const DropStock& drop, schema::SchedulerRequest::Builder out) {
  auto builder = out.initDropStock();
  builder.setDevice(drop.device.str());
  builder.setDemand(data_of(drop.demand));
}
void put(const ReplaceDevice& replace, schema::SchedulerRequest::Builder out) {
  auto builder = out.initReplaceDevice();
  builder.setName(replace.name.str());
  builder.setNode(replace.node.str());
}
void put(const FetchTrace& fetch, schema::SchedulerRequest::Builder out) {
  write(fetch, out.initFetchTrace());
}
void put(const ListStockKinds&, schema::SchedulerRequest::Builder out) {
  out.setListStock();
}

std::uint32_t read_runs(const char* field, std::uint32_t runs, std::uint32_t least) {
  if (runs >= least && runs <= limits::kStockRunsPerRequest) return runs;
  throw Refused{field, std::to_string(runs) + " runs, " + std::to_string(least) + " to " +
                           std::to_string(limits::kStockRunsPerRequest)};
}

MakeStock take(schema::MakeStock::Reader in) {
  MakeStock make{DeviceId(read_name("makeStock.device", in.getDevice())),
                 read_digest("makeStock.deviceDigest", in.getDeviceDigest()),
                 read_runs("makeStock.runs", in.getRuns(), 1),
                 {},
                 read_name("makeStock.order", in.getOrder())};
  switch (in.which()) {
    case schema::MakeStock::PROGRAM:
      make.what = StockProgram{read_digest("makeStock.program", in.getProgram().getProgram()),
                               read(in.getProgram().getInputs())};
      return make;
    case schema::MakeStock::DEMAND:
      make.what = read_digest("makeStock.demand", in.getDemand());
      return make;
    default:
      throw Refused{"makeStock", "neither a program nor a plan"};
  }
}

SchedulerRequest take(schema::SchedulerRequest::Reader in) {
  using Which = schema::SchedulerRequest;
  check_version(in.getVersion());
  switch (in.which()) {
    case Which::ANNOUNCE: {
      auto announce = in.getAnnounce();
      return Announce{read_text("announce.address", announce.getAddress()),
                      read_text("announce.compiler", announce.getCompiler()),
                      announce.getDraining(),
                      announce.getKeepsStock(),
                      read(announce.getStock()),
                      read_facts(announce.getFacts()),
                      announce.getUnixMillis()};
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
                       {},
                       create.getCount(),
                       read_labels("createDevice.labels", create.getLabels()),
                       {}};
      if (create.getSpread().size() != 0) out.spread = read_name("createDevice.spread", create.getSpread());
      if (create.getParties().size() > limits::kPartiesPerDevice) {
        throw Refused{"createDevice.parties", std::to_string(create.getParties().size()) + " parties"};
      }
      for (auto party : create.getParties())
        out.parties.emplace_back(read_name("createDevice.parties", party));
      const auto more = create.getMoreDealers();
      const bool named = create.getDealer().size() > 0;
      if (more.size() >= limits::kDealersPerDevice || (!named && more.size() > 0)) {
        throw Refused{"createDevice.moreDealers", std::to_string(more.size()) + " dealers after the first"};
      }
      if (named) out.dealers.emplace_back(read_name("createDevice.dealer", create.getDealer()));
      for (auto dealer : more) out.dealers.emplace_back(read_name("createDevice.moreDealers", dealer));
      return out;
    }
    case Which::LIST_DEVICES:
      return ListDevices{};
    case Which::SHOW_DEVICE:
      return ShowDevice{DeviceId(read_name("showDevice", in.getShowDevice()))};
    case Which::DROP_DEVICE:
      return DropDevice{DeviceId(read_name("dropDevice", in.getDropDevice()))};
    case Which::REPLACE_DEVICE: {
      auto replace = in.getReplaceDevice();
      ReplaceDevice out{DeviceId(read_name("replaceDevice.name", replace.getName())), {}};
      if (replace.getNode().size() != 0)
        out.node = NodeId(read_name("replaceDevice.node", replace.getNode()));
      return out;
    }
    case Which::SUBMIT_JOB:
      return SubmitJob{read(in.getSubmitJob())};
    case Which::SHOW_JOB:
      return ShowJob{JobId(read_name("showJob.id", in.getShowJob().getId())),
                     std::min<std::uint32_t>(in.getShowJob().getWaitMillis(), 10'000)};
    case Which::LIST_JOBS:
      return ListJobs{};
    case Which::FIND_JOBS: {
      auto find = in.getFindJobs();
      ListJobs list{find.getLimit(), {}, {}, {}};
      const auto state = static_cast<unsigned>(find.getState());
      if (state > 5) throw Refused{"findJobs.state", "unknown number"};
      if (state != 0) list.state = static_cast<JobState>(state);
      if (find.getDevice().size() != 0)
        list.device = DeviceId(read_name("findJobs.device", find.getDevice()));
      if (find.getBefore().size() != 0) list.before = JobId(read_name("findJobs.before", find.getBefore()));
      return list;
    }
    case Which::CANCEL_JOB:
      return CancelJob{JobId(read_name("cancelJob", in.getCancelJob()))};
    case Which::MAKE_STOCK:
      return take(in.getMakeStock());
    case Which::TARGET_STOCK: {
      auto target = in.getTargetStock();
      return TargetStock{DeviceId(read_name("targetStock.device", target.getDevice())),
                         read_digest("targetStock.demand", target.getDemand()),
                         read_runs("targetStock.runs", target.getRuns(), 0)};
    }
    case Which::DROP_STOCK:
      return DropStock{DeviceId(read_name("dropStock.device", in.getDropStock().getDevice())),
                       read_digest("dropStock.demand", in.getDropStock().getDemand())};
    case Which::LIST_STOCK:
      return ListStockKinds{};
    case Which::FETCH_TRACE:
      return read(in.getFetchTrace());
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
    put_facts(nodes[i].facts, list[i].initFacts());
    list[i].setGone(nodes[i].gone);
    list[i].setAbsent(nodes[i].absent);
    list[i].setHeardUnixMillis(nodes[i].heard_unix_millis);
    list[i].setSaidUnixMillis(nodes[i].said_unix_millis);
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

void write(const StockKind& kind, schema::StockKind::Builder out) {
  out.setDevice(kind.device.str());
  out.setDemand(data_of(kind.demand));
  out.setPlan(data_of(kind.plan));
  out.setProgram(data_of(kind.program));
  out.setTarget(kind.target);
  out.setOrdered(kind.ordered);
  out.setMaking(kind.making);
  out.setReady(kind.ready);
  out.setWaiting(kind.waiting);
  out.setMade(kind.made);
  if (kind.problem) wire::write(*kind.problem, out.initProblem());
  out.setMadeAtOrder(kind.made_at_order);
}

StockKind read_kind(schema::StockKind::Reader in) {
  StockKind kind{DeviceId(read_name("stock.device", in.getDevice())),
                 read_digest("stock.demand", in.getDemand()),
                 read_digest("stock.plan", in.getPlan()),
                 read_digest("stock.program", in.getProgram()),
                 in.getTarget(),
                 in.getOrdered(),
                 in.getMaking(),
                 in.getReady(),
                 in.getWaiting(),
                 in.getMade(),
                 {},
                 in.getMadeAtOrder()};
  if (in.hasProblem()) kind.problem = read(in.getProblem());
  return kind;
}

void put(const StockKind& kind, schema::SchedulerAnswer::Builder out) {
  write(kind, out.initStockKind());
}
void put(const TracePage& page, schema::SchedulerAnswer::Builder out) {
  write(page, out.initTrace());
}
void put(const StockKinds& kinds, schema::SchedulerAnswer::Builder out) {
  auto list = out.initStock(kinds.size());
  for (unsigned i = 0; i < kinds.size(); ++i) write(kinds[i], list[i]);
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
                         node.getSilentMillis(), read_facts(node.getFacts()), node.getGone(),
                         node.getAbsent(), node.getHeardUnixMillis(), node.getSaidUnixMillis()});
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
    case Which::STOCK_KIND:
      return read_kind(in.getStockKind());
    case Which::TRACE:
      return read(in.getTrace());
    case Which::STOCK: {
      StockKinds kinds;
      for (auto kind : in.getStock()) kinds.push_back(read_kind(kind));
      return kinds;
    }
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
