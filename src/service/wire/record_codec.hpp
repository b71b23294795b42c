// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
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
  std::int64_t stored_unix_millis = 0;       ///< 0: an older version did not say
  std::int64_t fetched_unix_millis = 0;      ///< the last time; 0: never
  std::int64_t expired_unix_millis = 0;      ///< when its share was erased; 0: it is there
  std::string tape{};                        ///< that its run used
};

/// A plan of which a scheduler keeps tapes.
struct StockKindRecord {
  Device device;
  Digest demand;
  Digest plan;
  Digest program;
  std::uint32_t target = 0;
  std::uint32_t ordered = 0;
  std::uint64_t made = 0;
};

/// An order of stock that was taken; see StockOrders.
struct StockOrderRecord {
  std::string id;
  Digest request;  ///< of who asked for what
  DeviceId device;
  Digest demand;
  std::uint64_t made_at_order = 0;  ///< how many tapes the plan has had made once this order is
  std::uint64_t number = 0;         ///< grows from order to order
};

/// No tape of this dealer and epoch with this number or a lesser one is taken any more.
struct TapeMark {
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  auto operator<=>(const TapeMark&) const = default;
};

/// What opens a tape on a node's disk.
struct TapeHead {
  std::array<std::byte, 8> key_name{};  ///< which stock key sealed it
  std::array<std::byte, 12> nonce{};
  Bytes sealed;  ///< the tape's own key and this party's seed
};

Bytes encode(const StockKindRecord& record);
Result<StockKindRecord> decode_stock_kind_record(ByteView bytes);
Bytes encode(const StockOrderRecord& record);
Result<StockOrderRecord> decode_stock_order_record(ByteView bytes);
Bytes encode(const stock::TapeLine& line);
Result<stock::TapeLine> decode_tape_line(ByteView bytes);
Bytes encode(const TapeMark& mark);
Result<TapeMark> decode_tape_mark(ByteView bytes);
Bytes encode(const TapeHead& head);
Result<TapeHead> decode_tape_head(ByteView bytes);
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
