// SPDX-License-Identifier: Apache-2.0
#include "service/wire/control_codec.hpp"

#include "base/limits.hpp"
#include "service/wire/trace_id_codec.hpp"

namespace spud::service::wire {

namespace {

constexpr std::size_t kTextBytes = 4096;

template <class List>
unsigned bounded(const char* field, const List& list, std::size_t most) {
  if (list.size() > most) {
    throw Refused{field, std::to_string(list.size()) + " entries, at most " + std::to_string(most)};
  }
  return list.size();
}

void write_parties(const std::vector<PartyId>& parties, capnp::List<capnp::Text>::Builder out) {
  for (unsigned i = 0; i < parties.size(); ++i) out.set(i, parties[i].str());
}

std::vector<PartyId> read_parties(const char* field, capnp::List<capnp::Text>::Reader in) {
  bounded(field, in, 64);
  std::vector<PartyId> parties;
  for (auto party : in) parties.emplace_back(read_name(field, party));
  return parties;
}

void write_digests(const std::vector<Digest>& digests, capnp::List<capnp::Data>::Builder out) {
  for (unsigned i = 0; i < digests.size(); ++i) out.set(i, data_of(digests[i]));
}

std::vector<Digest> read_digests(const char* field, capnp::List<capnp::Data>::Reader in, std::size_t most) {
  bounded(field, in, most);
  std::vector<Digest> digests;
  for (auto digest : in) digests.push_back(read_digest(field, digest));
  return digests;
}

}  // namespace

static void write(const Policy& policy, schema::Policy::Builder out) {
  write_parties(policy.holders, out.initHolders(policy.holders.size()));
  out.setAnyProgram(policy.any_program);
  write_digests(policy.programs, out.initPrograms(policy.programs.size()));
  write_parties(policy.recipients, out.initRecipients(policy.recipients.size()));
  out.setExpiresUnixMillis(policy.expires_unix_millis);
  out.setUses(policy.uses);
}

static Policy read(schema::Policy::Reader in) {
  Policy policy;
  policy.holders = read_parties("policy.holders", in.getHolders());
  policy.any_program = in.getAnyProgram();
  policy.programs = read_digests("policy.programs", in.getPrograms(), 1024);
  policy.recipients = read_parties("policy.recipients", in.getRecipients());
  policy.expires_unix_millis = in.getExpiresUnixMillis();
  policy.uses = in.getUses();
  return policy;
}

static void write(const Attempt& attempt, schema::Attempt::Builder out) {
  out.setNumber(attempt.number);
  out.setStartedUnixMillis(attempt.started_unix_millis);
  out.setEndedUnixMillis(attempt.ended_unix_millis);
  if (attempt.manifest) out.setManifest(data_of(*attempt.manifest));
  if (attempt.problem) write(*attempt.problem, out.initProblem());
  auto reports = out.initReports(attempt.reports.size());
  for (unsigned i = 0; i < attempt.reports.size(); ++i) {
    reports[i].setNode(attempt.reports[i].node.str());
    write(attempt.reports[i].measures, reports[i].initMeasures(attempt.reports[i].measures.size()));
  }
  if (attempt.tape) write(*attempt.tape, out.initTape());
  out.setPutOff(attempt.put_off);
}

static Attempt read(schema::Attempt::Reader in) {
  Attempt attempt;
  attempt.number = in.getNumber();
  attempt.started_unix_millis = in.getStartedUnixMillis();
  attempt.ended_unix_millis = in.getEndedUnixMillis();
  if (in.getManifest().size() != 0) attempt.manifest = read_digest("attempt.manifest", in.getManifest());
  if (in.hasProblem()) attempt.problem = read(in.getProblem());
  bounded("attempt.reports", in.getReports(), limits::kPartiesPerDevice);
  for (auto report : in.getReports()) {
    attempt.reports.push_back(
        {NodeId(read_text("report.node", report.getNode())), read(report.getMeasures())});
  }
  if (in.hasTape()) attempt.tape = read(in.getTape());
  attempt.put_off = in.getPutOff();
  return attempt;
}

std::string read_text(const char* field, capnp::Text::Reader text) {
  if (text.size() > kTextBytes)
    throw Refused{field, "text of " + std::to_string(text.size()) + " bytes, at most 4096"};
  for (unsigned char c : text) {
    // Text ends up in logs and on terminals: no control characters.
    if (c < 0x20 || c == 0x7f) throw Refused{field, "a control character"};
  }
  return {text.begin(), text.size()};
}

std::string read_name(const char* field, capnp::Text::Reader text) {
  auto name = read_text(field, text);
  if (!is_valid_name(name)) throw Refused{field, "'" + name.substr(0, 80) + "' is not a name"};
  return name;
}

Digest read_digest(const char* field, capnp::Data::Reader data) {
  Digest digest;
  if (data.size() != digest.bytes.size()) {
    throw Refused{field, "a digest of " + std::to_string(data.size()) + " bytes, expected 32"};
  }
  std::copy_n(reinterpret_cast<const std::byte*>(data.begin()), digest.bytes.size(), digest.bytes.begin());
  return digest;
}

Bytes read_bytes(capnp::Data::Reader data) {
  const auto* begin = reinterpret_cast<const std::byte*>(data.begin());
  return Bytes(begin, begin + data.size());
}

void write(const Error& error, schema::Problem::Builder out) {
  // Long texts are cut rather than refused by the reader: an error must arrive.
  auto fit = [](const std::string& text) {
    std::string plain = text.substr(0, kTextBytes);
    for (char& c : plain) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    }
    return plain;
  };
  out.setCode(static_cast<std::uint16_t>(error.code));
  out.setWhat(fit(error.what));
  out.setWhere(fit(error.where));
  out.setExpected(fit(error.expected));
  out.setParty(fit(error.party));
  out.setHint(fit(error.hint));
}

Error read(schema::Problem::Reader in) {
  Error error;
  const auto code = in.getCode();
  error.code = code <= static_cast<unsigned>(ErrorCode::kInternal) ? static_cast<ErrorCode>(code)
                                                                   : ErrorCode::kInternal;
  error.what = read_text("problem.what", in.getWhat());
  error.where = read_text("problem.where", in.getWhere());
  error.expected = read_text("problem.expected", in.getExpected());
  error.party = read_text("problem.party", in.getParty());
  error.hint = read_text("problem.hint", in.getHint());
  return error;
}

void write(const TensorType& type, schema::TensorType::Builder out) {
  out.setDtype(static_cast<std::uint8_t>(type.dtype));
  auto shape = out.initShape(type.shape.size());
  for (unsigned i = 0; i < type.shape.size(); ++i) shape.set(i, type.shape[i]);
}

TensorType read(schema::TensorType::Reader in) {
  TensorType type;
  if (in.getDtype() > static_cast<unsigned>(DType::kF64)) throw Refused{"type.dtype", "unknown number"};
  type.dtype = static_cast<DType>(in.getDtype());
  bounded("type.shape", in.getShape(), limits::kTensorRank);
  for (auto size : in.getShape()) type.shape.push_back(size);
  if (auto valid = verify_shape(type.shape); !valid) throw Refused{"type.shape", valid.error().what};
  return type;
}

void write(const alu::ElementFormat& format, schema::ElementFormat::Builder out) {
  out.setBoolean(format.boolean);
  out.setRingBits(static_cast<std::uint16_t>(format.ring_bits));
  out.setFractionBits(static_cast<std::uint16_t>(format.fraction_bits));
}

alu::ElementFormat read(schema::ElementFormat::Reader in) {
  alu::ElementFormat format{in.getBoolean(), in.getRingBits(), in.getFractionBits()};
  const auto bits = format.ring_bits;
  if (format.boolean ? bits != 1 : (bits != 32 && bits != 64 && bits != 128)) {
    throw Refused{"format.ringBits", std::to_string(bits)};
  }
  if (format.fraction_bits > bits) throw Refused{"format.fractionBits", std::to_string(format.fraction_bits)};
  return format;
}

void write(const Fields& fields, capnp::List<schema::Field>::Builder out) {
  for (unsigned i = 0; i < fields.size(); ++i) {
    out[i].setName(fields[i].name);
    out[i].setValue(fields[i].value);
  }
}

Fields read(capnp::List<schema::Field>::Reader in) {
  bounded("fields", in, 4 * limits::kParametersPerProgram);
  Fields fields;
  for (auto field : in) {
    fields.push_back({read_text("field.name", field.getName()), read_text("field.value", field.getValue())});
  }
  return fields;
}

void write(const Member& member, schema::Member::Builder out) {
  out.setParty(member.party.str());
  out.setNode(member.node.str());
  out.setIdentity(member.identity);
  out.setAddress(member.address);
}

Member read(schema::Member::Reader in) {
  return {PartyId(read_name("member.party", in.getParty())), NodeId(read_name("member.node", in.getNode())),
          read_text("member.identity", in.getIdentity()), read_text("member.address", in.getAddress())};
}

Layout read_layout(unsigned number) {
  if (number < 1 || number > 3) throw Refused{"layout", "unknown number " + std::to_string(number)};
  return static_cast<Layout>(number);
}

Protocol read_protocol(unsigned number) {
  if (number != 1 && number != 2) throw Refused{"protocol", "unknown number " + std::to_string(number)};
  return static_cast<Protocol>(number);
}

void write(const Device& device, schema::Device::Builder out) {
  out.setName(device.name.str());
  out.setLayout(static_cast<std::uint8_t>(device.layout));
  out.setProtocol(static_cast<std::uint8_t>(device.protocol));
  out.setRingBits(static_cast<std::uint16_t>(device.format.ring_bits));
  out.setFractionBits(static_cast<std::uint16_t>(device.format.fraction_bits));
  auto compute = out.initCompute(device.compute.size());
  for (unsigned i = 0; i < device.compute.size(); ++i) write(device.compute[i], compute[i]);
  if (!device.dealers.empty()) write(device.dealers.front(), out.initDealer());
  out.setOwner(device.owner.str());
  if (device.previous) out.setPrevious(data_of(*device.previous));
  if (device.dealers.size() < 2) return;
  auto more = out.initMoreDealers(static_cast<unsigned>(device.dealers.size() - 1));
  for (unsigned i = 0; i < more.size(); ++i) write(device.dealers[i + 1], more[i]);
}

Device read(schema::Device::Reader in) {
  Device device;
  device.name = DeviceId(read_name("device.name", in.getName()));
  device.layout = read_layout(in.getLayout());
  device.protocol = read_protocol(in.getProtocol());
  device.format = {in.getRingBits(), in.getFractionBits()};
  bounded("device.compute", in.getCompute(), limits::kPartiesPerDevice);
  for (auto member : in.getCompute()) device.compute.push_back(read(member));
  if (in.hasDealer()) device.dealers.push_back(read(in.getDealer()));
  bounded("device.moreDealers", in.getMoreDealers(), in.hasDealer() ? limits::kDealersPerDevice - 1 : 0);
  for (auto member : in.getMoreDealers()) device.dealers.push_back(read(member));
  device.owner = PartyId(read_name("device.owner", in.getOwner()));
  if (in.getPrevious().size() != 0) device.previous = read_digest("device.previous", in.getPrevious());
  if (auto valid = verify(device); !valid) throw Refused{"device", valid.error().message()};
  return device;
}

void write(const Statement& statement, schema::Statement::Builder out) {
  out.setUpload(statement.upload.str());
  out.setDataset(statement.dataset.str());
  out.setDevice(data_of(statement.device));
  out.setOwner(statement.owner.str());
  write(statement.type, out.initType());
  write(statement.format, out.initFormat());
  if (statement.row_ids) out.setRowIds(data_of(*statement.row_ids));
  write_digests(statement.shares, out.initShares(statement.shares.size()));
  write(statement.policy, out.initPolicy());
  out.setSigner(statement.signer);
  out.setKeeper(statement.keeper ? static_cast<std::uint16_t>(index(*statement.keeper) + 1)
                                 : std::uint16_t{0});
}

Statement read(schema::Statement::Reader in) {
  Statement statement;
  statement.upload = UploadId(read_name("statement.upload", in.getUpload()));
  statement.dataset = DatasetId(read_name("statement.dataset", in.getDataset()));
  statement.device = read_digest("statement.device", in.getDevice());
  statement.owner = PartyId(read_name("statement.owner", in.getOwner()));
  statement.type = read(in.getType());
  statement.format = read(in.getFormat());
  if (in.getRowIds().size() != 0) statement.row_ids = read_digest("statement.rowIds", in.getRowIds());
  statement.shares = read_digests("statement.shares", in.getShares(), limits::kPartiesPerDevice);
  statement.policy = read(in.getPolicy());
  statement.signer = read_text("statement.signer", in.getSigner());
  if (in.getKeeper() > 0) statement.keeper = Rank{in.getKeeper() - 1u};
  if (auto valid = verify(statement); !valid) throw Refused{"statement", valid.error().message()};
  return statement;
}

void write(const Dataset& dataset, schema::Dataset::Builder out) {
  write(dataset.statement, out.initStatement());
  out.setUses(dataset.uses);
}

Dataset read(schema::Dataset::Reader in) {
  return {read(in.getStatement()), in.getUses()};
}

void write_outputs(const std::vector<OutputBinding>& outputs, capnp::List<schema::Output>::Builder out) {
  for (unsigned i = 0; i < outputs.size(); ++i) {
    out[i].setName(outputs[i].name);
    out[i].setRecipient(outputs[i].recipient.str());
  }
}

std::vector<OutputBinding> read_outputs(capnp::List<schema::Output>::Reader in) {
  bounded("outputs", in, limits::kParametersPerProgram);
  std::vector<OutputBinding> outputs;
  for (auto output : in) {
    outputs.push_back({read_name("output.name", output.getName()),
                       PartyId(read_name("output.recipient", output.getRecipient()))});
  }
  return outputs;
}

void write(const TapeId& id, schema::TapeId::Builder out) {
  out.setParty(id.party.str());
  out.setNode(id.node.str());
  out.setEpoch(id.epoch);
  out.setSequence(id.sequence);
}

TapeId read(schema::TapeId::Reader in) {
  TapeId id{PartyId(read_name("tape.party", in.getParty())), NodeId(read_name("tape.node", in.getNode())),
            in.getEpoch(), in.getSequence()};
  if (id.epoch == 0 || id.sequence == 0) throw Refused{"tape", "epoch and number start at 1"};
  return id;
}

void write(const stock::StockTape& tape, schema::StockTape::Builder out) {
  write(tape.id, out.initId());
  out.setDevice(data_of(tape.device));
  out.setDemand(data_of(tape.demand));
  if (tape.digest != Digest{}) out.setDigest(data_of(tape.digest));
  out.setBytes(tape.bytes);
  out.setState(static_cast<schema::TapeState>(tape.state));
  out.setMadeUnixMillis(tape.made_unix_millis);
  if (!tape.claim) return;
  out.setJob(tape.claim->job.str());
  out.setAttempt(tape.claim->attempt);
}

stock::StockTape read(schema::StockTape::Reader in) {
  stock::StockTape tape{read(in.getId()),
                        read_digest("tape.device", in.getDevice()),
                        read_digest("tape.demand", in.getDemand()),
                        {},
                        in.getBytes(),
                        {},
                        in.getMadeUnixMillis(),
                        {}};
  if (in.getDigest().size() != 0) tape.digest = read_digest("tape.digest", in.getDigest());
  const auto state = static_cast<unsigned>(in.getState());
  if (state < 1 || state > 5) throw Refused{"tape.state", "unknown number"};
  tape.state = static_cast<stock::TapeState>(state);
  if (in.getJob().size() != 0) {
    tape.claim = stock::Claim{JobId(read_name("tape.job", in.getJob())), in.getAttempt(), {}};
  }
  return tape;
}

void write(const stock::StockTapes& tapes, capnp::List<schema::StockTape>::Builder out) {
  for (unsigned i = 0; i < tapes.size(); ++i) write(tapes[i], out[i]);
}

stock::StockTapes read(capnp::List<schema::StockTape>::Reader in) {
  bounded("stock", in, limits::kStockTapesPerMessage);
  stock::StockTapes tapes;
  for (auto tape : in) tapes.push_back(read(tape));
  return tapes;
}

void write(const PublicInput& open, schema::PublicInput::Builder out) {
  out.setDigest(data_of(open.digest));
  write(open.type, out.initType());
}

PublicInput read(schema::PublicInput::Reader in) {
  return {read_digest("open.digest", in.getDigest()), read(in.getType())};
}

void write(const JobRequest& request, schema::JobRequest::Builder out) {
  out.setId(request.id.str());
  out.setDevice(request.device.str());
  out.setDeviceDigest(data_of(request.device_digest));
  out.setProgram(data_of(request.program));
  auto inputs = out.initInputs(request.inputs.size());
  for (unsigned i = 0; i < request.inputs.size(); ++i) {
    inputs[i].setName(request.inputs[i].name);
    if (const auto* dataset = std::get_if<DatasetId>(&request.inputs[i].source)) {
      inputs[i].setDataset(dataset->str());
    } else {
      write(std::get<PublicInput>(request.inputs[i].source), inputs[i].initOpen());
    }
  }
  write_outputs(request.outputs, out.initOutputs(request.outputs.size()));
  out.setSupply(static_cast<schema::Supply>(request.supply));
  out.setDeadlineUnixMillis(request.deadline_unix_millis);
  out.setPriority(static_cast<std::int8_t>(request.priority));
  if (request.max_attempts != kStandardAttempts)
    out.setMaxAttempts(static_cast<std::uint8_t>(request.max_attempts));
  out.setTrace(id_data(request.trace.trace));
  out.setSpan(id_data(request.trace.span));
}

JobRequest read(schema::JobRequest::Reader in) {
  JobRequest request;
  request.id = JobId(read_name("job.id", in.getId()));
  request.device = DeviceId(read_name("job.device", in.getDevice()));
  request.device_digest = read_digest("job.deviceDigest", in.getDeviceDigest());
  request.program = read_digest("job.program", in.getProgram());
  bounded("job.inputs", in.getInputs(), limits::kParametersPerProgram);
  for (auto input : in.getInputs()) {
    InputBinding binding{read_name("input.name", input.getName()), {}};
    switch (input.which()) {
      case schema::Input::DATASET:
        binding.source = DatasetId(read_name("input.dataset", input.getDataset()));
        break;
      case schema::Input::OPEN:
        binding.source = read(input.getOpen());
        break;
      default:
        throw Refused{"input", "neither a dataset nor public"};
    }
    request.inputs.push_back(std::move(binding));
  }
  request.outputs = read_outputs(in.getOutputs());
  const auto supply = static_cast<unsigned>(in.getSupply());
  if (supply > 2) throw Refused{"job.supply", "unknown number"};
  request.supply = static_cast<Supply>(supply);
  request.deadline_unix_millis = in.getDeadlineUnixMillis();
  request.priority = in.getPriority();
  if (in.getMaxAttempts() != 0) request.max_attempts = in.getMaxAttempts();
  request.trace = {read_id<trace::TraceId>("job.trace", in.getTrace()),
                   read_id<trace::SpanId>("job.span", in.getSpan())};
  if (auto valid = verify(request); !valid) throw Refused{"job", valid.error().message()};
  return request;
}

void write(const Measures& measures, capnp::List<schema::Measure>::Builder out) {
  for (unsigned i = 0; i < measures.size(); ++i) {
    out[i].setName(measures[i].name);
    out[i].setValue(measures[i].value);
  }
}

Measures read(capnp::List<schema::Measure>::Reader in) {
  bounded("measures", in, 64);
  Measures measures;
  for (auto measure : in)
    measures.push_back({read_name("measure.name", measure.getName()), measure.getValue()});
  return measures;
}

void write(const JobProgress& progress, schema::Progress::Builder out) {
  out.setPhase(static_cast<schema::Phase>(progress.phase));
  out.setInstructions(progress.instructions);
  out.setOfInstructions(progress.of_instructions);
  out.setRounds(progress.rounds);
  out.setOfRounds(progress.of_rounds);
  out.setRunMillis(progress.run_millis);
}

JobProgress read(schema::Progress::Reader in) {
  const auto phase = static_cast<unsigned>(in.getPhase());
  if (phase < 1 || phase > 7) throw Refused{"progress.phase", "unknown number"};
  return {static_cast<Phase>(phase), in.getInstructions(), in.getOfInstructions(), in.getRounds(),
          in.getOfRounds(),          in.getRunMillis()};
}

void write(const Job& job, schema::Job::Builder out) {
  write(job.request, out.initRequest());
  out.setParty(job.party.str());
  out.setState(static_cast<schema::JobState>(job.state));
  out.setSubmittedUnixMillis(job.submitted_unix_millis);
  auto attempts = out.initAttempts(job.attempts.size());
  for (unsigned i = 0; i < job.attempts.size(); ++i) write(job.attempts[i], attempts[i]);
  out.setWaiting(job.waiting);
  if (job.demand) out.setDemand(data_of(*job.demand));
  out.setFailures(job.failures);
  out.setQueuedUnixMillis(job.queued_unix_millis);
  out.setRetryUnixMillis(job.retry_unix_millis);
  out.setEndedUnixMillis(job.ended_unix_millis);
  if (job.problem) write(*job.problem, out.initProblem());
  if (job.progress) write(*job.progress, out.initProgress());
}

Job read(schema::Job::Reader in) {
  Job job;
  job.request = read(in.getRequest());
  job.party = PartyId(read_name("job.party", in.getParty()));
  const auto state = static_cast<unsigned>(in.getState());
  if (state < 1 || state > 5) throw Refused{"job.state", "unknown number"};
  job.state = static_cast<JobState>(state);
  job.submitted_unix_millis = in.getSubmittedUnixMillis();
  bounded("job.attempts", in.getAttempts(), kAttemptsPerJob);
  for (auto attempt : in.getAttempts()) job.attempts.push_back(read(attempt));
  job.waiting = read_text("job.waiting", in.getWaiting());
  if (in.getDemand().size() != 0) job.demand = read_digest("job.demand", in.getDemand());
  job.failures = in.getFailures();
  job.queued_unix_millis = in.getQueuedUnixMillis();
  job.retry_unix_millis = in.getRetryUnixMillis();
  job.ended_unix_millis = in.getEndedUnixMillis();
  if (in.hasProblem()) job.problem = read(in.getProblem());
  if (in.hasProgress()) job.progress = read(in.getProgress());
  return job;
}

}  // namespace spud::service::wire
