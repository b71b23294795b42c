// SPDX-License-Identifier: Apache-2.0
#include "service/wire/record_codec.hpp"

#include <cstring>

#include "base/limits.hpp"
#include "schemas/record.capnp.h"
#include "service/wire/control_codec.hpp"

namespace spud::service::wire {

namespace {

/// A record that does not decode was damaged on this machine: nobody else is at fault.
template <class T, class Root, class Take>
Result<T> decode_record(ByteView bytes, const char* kind, Take take) {
  T record;
  auto status = read_message(bytes, kind,
                             [&](capnp::MessageReader& message) { record = take(message.getRoot<Root>()); });
  if (!status) {
    auto error = std::move(status).error();
    error.code = ErrorCode::kCorrupt;
    return std::unexpected(std::move(error));
  }
  return record;
}

/// Of the records of tapes and of orders of them.
constexpr std::uint16_t kRecordVersion = 1;

void check_record_version(std::uint16_t version) {
  if (version != kRecordVersion)
    throw Refused{"version",
                  std::to_string(version) + ", this build knows " + std::to_string(kRecordVersion)};
}

void copy_exactly(const char* field, capnp::Data::Reader data, MutableBytes out) {
  if (data.size() != out.size()) throw Refused{field, std::to_string(data.size()) + " bytes"};
  std::memcpy(out.data(), data.begin(), out.size());
}

AttemptStatus read_status(unsigned state, bool failed, schema::Problem::Reader problem,
                          capnp::List<schema::Measure>::Reader measures) {
  if (state < 1 || state > 5) throw Refused{"attempt.state", "unknown number"};
  AttemptStatus status{static_cast<AttemptState>(state), {}, read(measures)};
  if (failed) status.problem = read(problem);
  return status;
}

}  // namespace

Bytes encode(const NodeRecord& record) {
  return write_message([&](capnp::MessageBuilder& message) {
    auto root = message.initRoot<schema::NodeRecord>();
    write(record.member, root.initMember());
    root.setRole(record.role);
    root.setCompiler(record.compiler);
  });
}

Result<NodeRecord> decode_node_record(ByteView bytes) {
  return decode_record<NodeRecord, schema::NodeRecord>(
      bytes, "node record", [](schema::NodeRecord::Reader in) {
        return NodeRecord{read(in.getMember()), read_text("role", in.getRole()),
                          read_text("compiler", in.getCompiler())};
      });
}

Bytes encode(const UploadRecord& record) {
  return write_message([&](capnp::MessageBuilder& message) {
    auto root = message.initRoot<schema::UploadRecord>();
    write(record.statement, root.initStatement());
    root.setSignature(data_of(record.signature));
    root.setCertificate(record.certificate);
    root.setRank(static_cast<std::uint16_t>(index(record.rank)));
    root.setSeeded(record.seeded);
    root.setCommitted(record.committed);
    root.setPreparedUnixMillis(record.prepared_unix_millis);
  });
}

Result<UploadRecord> decode_upload_record(ByteView bytes) {
  return decode_record<UploadRecord, schema::UploadRecord>(
      bytes, "upload record", [](schema::UploadRecord::Reader in) {
        return UploadRecord{read(in.getStatement()),
                            read_bytes(in.getSignature()),
                            std::string(in.getCertificate().begin(), in.getCertificate().size()),
                            Rank{in.getRank()},
                            in.getSeeded(),
                            in.getCommitted(),
                            in.getPreparedUnixMillis()};
      });
}

Bytes encode(const AttemptRecord& record) {
  return write_message([&](capnp::MessageBuilder& message) {
    auto root = message.initRoot<schema::AttemptRecord>();
    root.setJob(record.job.str());
    root.setAttempt(record.attempt);
    root.setState(static_cast<std::uint8_t>(record.status.state));
    if (record.status.problem) write(*record.status.problem, root.initProblem());
    write(record.status.measures, root.initMeasures(record.status.measures.size()));
    write_outputs(record.outputs, root.initOutputs(record.outputs.size()));
    root.setFetched(record.fetched);
  });
}

Result<AttemptRecord> decode_attempt_record(ByteView bytes) {
  return decode_record<AttemptRecord, schema::AttemptRecord>(
      bytes, "attempt record", [](schema::AttemptRecord::Reader in) {
        return AttemptRecord{JobId(read_name("job", in.getJob())), in.getAttempt(),
                             read_status(in.getState(), in.hasProblem(), in.getProblem(), in.getMeasures()),
                             read_outputs(in.getOutputs()), in.getFetched()};
      });
}

Bytes encode(const ResultRecord& record) {
  return write_message([&](capnp::MessageBuilder& message) {
    auto root = message.initRoot<schema::ResultRecord>();
    root.setRecipient(record.recipient.str());
    write(record.type, root.initType());
    if (record.format) write(*record.format, root.initFormat());
    root.setPlain(!record.format);
    root.setStoredUnixMillis(record.stored_unix_millis);
    root.setFetchedUnixMillis(record.fetched_unix_millis);
    root.setExpiredUnixMillis(record.expired_unix_millis);
    root.setTape(record.tape);
  });
}

Result<ResultRecord> decode_result_record(ByteView bytes) {
  return decode_record<ResultRecord, schema::ResultRecord>(
      bytes, "result record", [](schema::ResultRecord::Reader in) {
        ResultRecord out{PartyId(read_name("recipient", in.getRecipient())),
                         read(in.getType()),
                         {},
                         in.getStoredUnixMillis(),
                         in.getFetchedUnixMillis(),
                         in.getExpiredUnixMillis(),
                         in.getTape()};
        if (!in.getPlain()) out.format = read(in.getFormat());
        return out;
      });
}

Bytes encode(const AuditRecord& record) {
  return write_message([&](capnp::MessageBuilder& message) {
    auto root = message.initRoot<schema::AuditRecord>();
    root.setSequence(record.sequence);
    root.setUnixMillis(record.unix_millis);
    root.setActor(record.actor);
    root.setAction(record.action);
    root.setSubject(record.subject);
    root.setDecision(record.decision);
    root.setPrevious(data_of(record.previous));
    root.setHash(data_of(record.hash));
  });
}

Result<AuditRecord> decode_audit_record(ByteView bytes) {
  return decode_record<AuditRecord, schema::AuditRecord>(
      bytes, "audit record", [](schema::AuditRecord::Reader in) {
        auto text = [](capnp::Text::Reader value) { return std::string(value.begin(), value.size()); };
        return AuditRecord{in.getSequence(),
                           in.getUnixMillis(),
                           text(in.getActor()),
                           text(in.getAction()),
                           text(in.getSubject()),
                           text(in.getDecision()),
                           read_digest("previous", in.getPrevious()),
                           read_digest("hash", in.getHash())};
      });
}

Bytes encode(const StockKindRecord& record) {
  return write_message([&](capnp::MessageBuilder& message) {
    auto root = message.initRoot<schema::StockKindRecord>();
    write(record.device, root.initDevice());
    root.setDemand(data_of(record.demand));
    root.setPlan(data_of(record.plan));
    root.setProgram(data_of(record.program));
    root.setTarget(record.target);
    root.setOrdered(record.ordered);
    root.setMade(record.made);
  });
}

Result<StockKindRecord> decode_stock_kind_record(ByteView bytes) {
  return decode_record<StockKindRecord, schema::StockKindRecord>(
      bytes, "stock record", [](schema::StockKindRecord::Reader in) {
        return StockKindRecord{read(in.getDevice()),
                               read_digest("demand", in.getDemand()),
                               read_digest("plan", in.getPlan()),
                               read_digest("program", in.getProgram()),
                               in.getTarget(),
                               in.getOrdered(),
                               in.getMade()};
      });
}

Bytes encode(const StockOrderRecord& record) {
  return write_message([&](capnp::MessageBuilder& message) {
    auto root = message.initRoot<schema::StockOrderRecord>();
    root.setVersion(kRecordVersion);
    root.setId(record.id);
    root.setRequest(data_of(record.request));
    root.setDevice(record.device.str());
    root.setDemand(data_of(record.demand));
    root.setMadeAtOrder(record.made_at_order);
    root.setNumber(record.number);
  });
}

Result<StockOrderRecord> decode_stock_order_record(ByteView bytes) {
  return decode_record<StockOrderRecord, schema::StockOrderRecord>(
      bytes, "order record", [](schema::StockOrderRecord::Reader in) {
        check_record_version(in.getVersion());
        return StockOrderRecord{read_name("id", in.getId()),
                                read_digest("request", in.getRequest()),
                                DeviceId(read_name("device", in.getDevice())),
                                read_digest("demand", in.getDemand()),
                                in.getMadeAtOrder(),
                                in.getNumber()};
      });
}

Bytes encode(const stock::TapeLine& line) {
  return write_message([&](capnp::MessageBuilder& message) {
    auto root = message.initRoot<schema::TapeRecord>();
    root.setVersion(kRecordVersion);
    write(line.tape, root.initTape());
    root.setEpoch(line.epoch);
    if (line.tape.claim) root.setManifest(data_of(line.tape.claim->manifest));
  });
}

Result<stock::TapeLine> decode_tape_line(ByteView bytes) {
  return decode_record<stock::TapeLine, schema::TapeRecord>(
      bytes, "tape record", [](schema::TapeRecord::Reader in) {
        check_record_version(in.getVersion());
        stock::TapeLine line{read(in.getTape()), in.getEpoch()};
        if (line.tape.claim) line.tape.claim->manifest = read_digest("manifest", in.getManifest());
        return line;
      });
}

Bytes encode(const TapeMark& mark) {
  return write_message([&](capnp::MessageBuilder& message) {
    auto root = message.initRoot<schema::TapeMark>();
    root.setVersion(kRecordVersion);
    root.setEpoch(mark.epoch);
    root.setSequence(mark.sequence);
  });
}

Result<TapeMark> decode_tape_mark(ByteView bytes) {
  return decode_record<TapeMark, schema::TapeMark>(bytes, "tape mark", [](schema::TapeMark::Reader in) {
    check_record_version(in.getVersion());
    return TapeMark{in.getEpoch(), in.getSequence()};
  });
}

Bytes encode(const TapeHead& head) {
  return write_message([&](capnp::MessageBuilder& message) {
    auto root = message.initRoot<schema::TapeHead>();
    root.setVersion(kRecordVersion);
    root.setKeyName(data_of(head.key_name));
    root.setNonce(data_of(head.nonce));
    root.setSealed(data_of(head.sealed));
  });
}

Result<TapeHead> decode_tape_head(ByteView bytes) {
  return decode_record<TapeHead, schema::TapeHead>(bytes, "tape head", [](schema::TapeHead::Reader in) {
    check_record_version(in.getVersion());
    TapeHead head;
    copy_exactly("keyName", in.getKeyName(), head.key_name);
    copy_exactly("nonce", in.getNonce(), head.nonce);
    head.sealed = read_bytes(in.getSealed());
    return head;
  });
}

Bytes encode(const Device& device) {
  return write_message(
      [&](capnp::MessageBuilder& message) { write(device, message.initRoot<schema::Device>()); });
}

Result<Device> decode_device(ByteView bytes) {
  return decode_record<Device, schema::Device>(bytes, "device record",
                                               [](schema::Device::Reader in) { return read(in); });
}

Bytes encode(const Job& job) {
  return write_message([&](capnp::MessageBuilder& message) { write(job, message.initRoot<schema::Job>()); });
}

Result<Job> decode_job(ByteView bytes) {
  return decode_record<Job, schema::Job>(bytes, "job record",
                                         [](schema::Job::Reader in) { return read(in); });
}

}  // namespace spud::service::wire
