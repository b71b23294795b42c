// SPDX-License-Identifier: Apache-2.0
#include "actors/traces/trace_desk.hpp"

#include "base/limits.hpp"
#include "system/store/key.hpp"

namespace spud::actors {

namespace {

/// Of the parts of a record; readers come on top of it, and all of it is one message.
constexpr std::size_t kStoredBytes = 640u << 10;

store::Key key_of(const service::trace::Name& name) {
  return store::Key(name.first.str()).number(name.second);
}

}  // namespace

std::unexpected<Error> no_trace(const wire::FetchTrace& request, const std::string& why) {
  return fail(ErrorCode::kNotFound, why,
              "trace of job " + request.job.str() + ", attempt " + std::to_string(request.attempt));
}

Status TraceDesk::load() {
  std::vector<Bytes> damaged;
  std::vector<service::trace::Name> gone;
  SPUD_TRY(store_.scan(family(), {}, [&](ByteView key, ByteView value) -> Result<store::Walk> {
    auto record = wire::decode_trace_record(value);
    if (!record || record->parts.empty()) {
      damaged.emplace_back(key.begin(), key.end());
      return store::Walk::kContinue;
    }
    const auto& part = record->parts.front();
    const auto more = shelf_.put({part.job, part.attempt}, value.size(), record->ended_unix_millis);
    ids_.insert_or_assign({part.job, part.attempt}, part.trace);
    gone.insert(gone.end(), more.begin(), more.end());
    return store::Walk::kContinue;
  }));
  for (const auto& key : damaged) SPUD_TRY(store_.erase(family(), key, store::Durability::kRelaxed));
  return erase(gone);
}

bool TraceDesk::holds(const wire::TraceRecord& record) const {
  return !record.parts.empty() && shelf_.holds({record.parts.front().job, record.parts.front().attempt});
}

Status TraceDesk::keep(wire::TraceRecord record) {
  if (record.parts.empty()) return {};
  SPUD_TRY(store_.fault());
  const service::trace::Name name{record.parts.front().job, record.parts.front().attempt};
  record.ended_unix_millis = clock_.unix_millis();
  wire::fit(record.parts, kStoredBytes);
  const auto value = wire::encode(record);
  if (value.size() > limits::kHeaderBytesPerFrame)
    return fail(ErrorCode::kResource, "larger than a message", "trace of job " + name.first.str());
  SPUD_TRY(store_.room(value.size()));
  const auto gone = shelf_.put(name, value.size(), record.ended_unix_millis);
  ids_.insert_or_assign(name, record.parts.front().trace);
  SPUD_TRY(store_.put(family(), key_of(name), value, store::Durability::kRelaxed));
  return erase(gone);
}

Result<wire::TracePage> TraceDesk::page(const std::optional<PartyId>& caller,
                                        const wire::FetchTrace& request) const {
  SPUD_ASSIGN(auto value, store_.get(family(), key_of({request.job, request.attempt})));
  if (!value) return no_trace(request, "there is none here, or it is gone");
  SPUD_ASSIGN(auto record, wire::decode_trace_record(*value));
  if (caller && !record.readers.contains(*caller))
    return no_trace(request, "there is none here, or it is gone");
  return wire::page_of(wire::encode_parts(std::move(record.parts)), request.offset, clock_.unix_micros());
}

std::optional<service::trace::TraceId> TraceDesk::trace_of(const JobId& job, std::uint32_t attempt) const {
  const auto found = ids_.find({job, attempt});
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

Status TraceDesk::expire() {
  SPUD_TRY(store_.fault());
  return erase(shelf_.expire(clock_.unix_millis()));
}

Status TraceDesk::erase(const std::vector<service::trace::Name>& names) {
  for (const auto& name : names) ids_.erase(name);
  for (const auto& name : names) SPUD_TRY(store_.erase(family(), key_of(name), store::Durability::kRelaxed));
  return {};
}

}  // namespace spud::actors
