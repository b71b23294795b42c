// SPDX-License-Identifier: Apache-2.0
#include "service/wire/record_codec.hpp"

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
  });
}

Result<ResultRecord> decode_result_record(ByteView bytes) {
  return decode_record<ResultRecord, schema::ResultRecord>(
      bytes, "result record", [](schema::ResultRecord::Reader in) {
        ResultRecord out{PartyId(read_name("recipient", in.getRecipient())), read(in.getType()), {}};
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
