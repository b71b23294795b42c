// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>

#include "base/bytes.hpp"
#include "base/id.hpp"
#include "base/random.hpp"

/// Traces of jobs: who did what when, and waited for whom. Names, times and counts; never a payload.
namespace spud::service::trace {

/// The ids of W3C Trace Context: of a trace 16 bytes, of a span 8. All zero: none.
template <std::size_t kBytes>
struct HexId {
  std::array<std::byte, kBytes> bytes{};
  auto operator<=>(const HexId&) const = default;
  bool is_set() const { return *this != HexId{}; }
  std::string hex() const { return to_hex(bytes); }
};
using TraceId = HexId<16>;
using SpanId = HexId<8>;

/// Under what the receiver of a request is to put what it does.
struct Context {
  TraceId trace;
  SpanId span;  ///< none: at the top
  bool operator==(const Context&) const = default;
};

/// A new trace, with nothing above it.
Result<Context> fresh(Random& random);

/// The header "traceparent" of W3C Trace Context, 00-TRACE-SPAN-FLAGS.
std::string traceparent(const Context& context);
/// kBadInput unless it is one of version 00, or a later one that starts alike.
Result<Context> parse_traceparent(const std::string& text, const std::string& where);

/// Of a job whose client gave none: all who hear of the job make up the same.
TraceId made_up(const JobId& job);
/// A span's id follows from what it is, so that parties name each other's spans without asking.
SpanId span_id(const TraceId& trace, const std::string& what, std::uint64_t number = 0);

}  // namespace spud::service::trace
