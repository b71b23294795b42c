// SPDX-License-Identifier: Apache-2.0
#include "service/trace/context.hpp"

#include <algorithm>

#include "system/crypto/sha256.hpp"

namespace spud::service::trace {

namespace {

template <class Id>
Id first_bytes(const Digest& digest) {
  Id id;
  std::copy_n(digest.bytes.begin(), id.bytes.size(), id.bytes.begin());
  // What is all zero would be none.
  if (!id.is_set()) id.bytes.back() = std::byte{1};
  return id;
}

/// Lower case only, as the specification has it.
template <class Id>
bool read_id(const std::string& text, std::size_t at, Id& id) {
  const auto part = text.substr(at, 2 * id.bytes.size());
  const bool lower =
      std::ranges::all_of(part, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  const auto bytes = lower ? from_hex(part) : std::nullopt;
  if (!bytes || bytes->size() != id.bytes.size()) return false;
  std::ranges::copy(*bytes, id.bytes.begin());
  return id.is_set();
}

}  // namespace

Result<Context> fresh(Random& random) {
  Context context;
  SPUD_TRY(random.fill(context.trace.bytes));
  return context;
}

std::string traceparent(const Context& context) {
  return "00-" + context.trace.hex() + "-" + context.span.hex() + "-01";
}

Result<Context> parse_traceparent(const std::string& text, const std::string& where) {
  Context context;
  constexpr std::size_t kTrace = 3, kSpan = 36, kFlags = 53, kEnd = 55;
  const auto version = text.substr(0, 2);
  const bool whole =
      text.size() >= kEnd && text[2] == '-' && text[kSpan - 1] == '-' && text[kFlags - 1] == '-';
  const auto is_hex = [](const std::string& two) { return two.size() == 2 && from_hex(two).has_value(); };
  if (!whole || !is_hex(version) || version == "ff" || !is_hex(text.substr(kFlags, 2)) ||
      (version == "00" && text.size() != kEnd) || (text.size() > kEnd && text[kEnd] != '-') ||
      !read_id(text, kTrace, context.trace) || !read_id(text, kSpan, context.span)) {
    return bad_input("is no traceparent", where, "00-<32 hex digits>-<16 hex digits>-<2 hex digits>");
  }
  return context;
}

TraceId made_up(const JobId& job) {
  return first_bytes<TraceId>(crypto::sha256(as_bytes("spud trace 1:" + job.str())));
}

SpanId span_id(const TraceId& trace, const std::string& what, std::uint64_t number) {
  return first_bytes<SpanId>(
      crypto::sha256(as_bytes("spud span 1:" + trace.hex() + ":" + std::to_string(number) + ":" + what)));
}

}  // namespace spud::service::trace
