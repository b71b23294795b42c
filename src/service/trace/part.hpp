// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "service/trace/context.hpp"

namespace spud::service::trace {

// Bounds of one part, so that it fits a frame.
inline constexpr std::size_t kSpansPerPart = 512;
inline constexpr std::size_t kInstructionsPerPart = 2048;  ///< the dearest; the rest is one row
inline constexpr std::size_t kAttributesPerSpan = 64;
inline constexpr std::int64_t kLastMoment = std::int64_t{1} << 53;  ///< microseconds since 1970
/// Eleven days: times that a service tells are taken up to here, so that a part's add up.
inline constexpr std::uint64_t kLongestNanos = 1'000'000'000'000'000;
inline constexpr std::size_t kTextBytes = 160;  ///< of a name or an attribute; what is longer is cut

/// A number or a short text that belongs to a span: counts, bytes, times, names. Nothing else goes in here.
struct Attribute {
  std::string name;
  std::variant<std::int64_t, double, std::string> value;
  bool operator==(const Attribute&) const = default;
};
using Attributes = std::vector<Attribute>;

/// What somebody did from then to then, by its own clock.
struct Span {
  SpanId id;
  SpanId parent;  ///< none: at the top
  std::string name;
  std::int64_t start_micros = 0;  ///< since 1970, UTC
  std::int64_t end_micros = 0;    ///< 0: it has not ended
  Attributes attributes{};
  std::optional<std::string> problem{};
  bool operator==(const Span&) const = default;
};

/// One instruction of the plan, all its runs together: of a loop's the sum over its turns.
struct InstructionRow {
  std::uint32_t number = 0;  ///< in the order of the plan's text, from 1
  std::uint32_t outer = 0;   ///< the one in whose region it is; 0: none
  std::string operation;
  std::string origin;  ///< its name in the program
  std::uint64_t runs = 0;
  std::int64_t start_micros = 0, end_micros = 0;  ///< of the first and the last run; the same clock
  std::uint64_t computing_nanos = 0, waiting_nanos = 0, dealer_nanos = 0;
  std::uint64_t rounds = 0;
  std::uint64_t sent_bytes = 0;  ///< to each peer
  bool operator==(const InstructionRow&) const = default;
  std::uint64_t nanos() const { return computing_nanos + waiting_nanos + dealer_nanos; }
};

/// One service's part of the trace of an attempt.
struct Part {
  TraceId trace;
  JobId job;
  std::uint32_t attempt = 0;  ///< 0: of the job as a whole, by the scheduler
  PartyId party;
  std::string service;  ///< scheduler, node, dealer
  NodeId name;
  PartyId heard_of{};  ///< a dealer's part is told by the node of this party; empty: its own words
  std::vector<Span> spans{};
  SpanId run{};  ///< the span in which the instructions ran
  std::vector<InstructionRow> instructions{};
  std::uint32_t folded = 0;  ///< so many are one row, the last, with number 0
  bool operator==(const Part&) const = default;
};

/// Keeps the dearest `most` and puts the others together.
void fold(std::vector<InstructionRow>& rows, std::uint32_t& folded, std::size_t most = kInstructionsPerPart);
/// As it may stand in a part: no longer than kTextBytes, whole characters of UTF-8, no control characters.
std::string short_text(std::string text);

}  // namespace spud::service::trace
