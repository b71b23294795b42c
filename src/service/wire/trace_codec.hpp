// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <vector>

#include "base/error.hpp"
#include "service/trace/part.hpp"

/// Traces as schemas/trace.capnp puts them.
namespace spud::service::wire {

struct FetchTrace {
  JobId job;
  std::uint32_t attempt = 0;
  std::uint64_t offset = 0;
};

/// Part of an encoded trace.
struct TracePage {
  std::int64_t now_micros = 0;
  std::uint64_t total = 0;
  std::uint64_t offset = 0;
  Bytes data;
};

/// What one service has of one attempt.
struct TraceRecord {
  std::vector<trace::Part> parts;
  std::set<PartyId> readers{};
  std::int64_t ended_unix_millis = 0;
};

inline constexpr std::size_t kBytesPerTracePage = 512u << 10;
inline constexpr std::size_t kBytesPerTrace = 1u << 20;

Bytes encode(const TraceRecord& record);
Result<TraceRecord> decode_trace_record(ByteView bytes);
/// The page of an encoded trace at this offset; past its end it is empty.
TracePage page_of(ByteView encoded, std::uint64_t offset, std::int64_t now_micros);
/// Leaves as many instructions as fit so many bytes.
void fit(std::vector<trace::Part>& parts, std::size_t bytes);
/// For those who ask: without its readers.
Bytes encode_parts(std::vector<trace::Part> parts);

}  // namespace spud::service::wire
