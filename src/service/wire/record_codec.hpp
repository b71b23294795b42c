// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "service/audit.hpp"
#include "service/wire/node_codec.hpp"

/// What services keep in their stores, as schemas/record.capnp puts it. Devices and jobs are stored as they
/// are sent.
namespace spud::service::wire {

struct NodeRecord {
  Member member;
  std::string role;
  std::string compiler;
};

struct UploadRecord {
  Statement statement;
  Bytes signature;
  std::string certificate;
  Rank rank{};
  bool seeded = false;
  bool committed = false;
  std::int64_t prepared_unix_millis = 0;
};

struct AttemptRecord {
  JobId job;
  std::uint32_t attempt = 0;
  AttemptStatus status;
  std::vector<OutputBinding> outputs;
  bool fetched = false;
};

struct ResultRecord {
  PartyId recipient;
  TensorType type;
  std::optional<alu::ElementFormat> format;  ///< nullopt: in plain
};

Bytes encode(const NodeRecord& record);
Result<NodeRecord> decode_node_record(ByteView bytes);
Bytes encode(const UploadRecord& record);
Result<UploadRecord> decode_upload_record(ByteView bytes);
Bytes encode(const AttemptRecord& record);
Result<AttemptRecord> decode_attempt_record(ByteView bytes);
Bytes encode(const ResultRecord& record);
Result<ResultRecord> decode_result_record(ByteView bytes);
Bytes encode(const AuditRecord& record);
Result<AuditRecord> decode_audit_record(ByteView bytes);
Bytes encode(const Device& device);
Result<Device> decode_device(ByteView bytes);
Bytes encode(const Job& job);
Result<Job> decode_job(ByteView bytes);

}  // namespace spud::service::wire
