// SPDX-License-Identifier: Apache-2.0
// `spud job trace --format chrome`: complete events, in lanes in which no two overlap without one holding the
// other.
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "app/trace/export.hpp"
#include "app/trace/lanes.hpp"

namespace spud::app::trace {

namespace {

using nlohmann::json;
namespace model = service::trace;

json value_of(const model::Attribute& attribute) {
  return std::visit([](const auto& value) { return json(value); }, attribute.value);
}

json metadata(const char* what, std::size_t process, std::size_t thread, json arguments) {
  return {{"name", what}, {"ph", "M"}, {"pid", process}, {"tid", thread}, {"args", std::move(arguments)}};
}

/// "node alice-0 (alice)"
std::string title(const model::Part& part) {
  return part.service + " " + part.name.str() + " (" + part.party.str() + ")";
}

json event(const model::Span& span, const model::Part& part, std::size_t process, std::size_t lane,
           bool is_instruction) {
  json arguments{{"span_id", span.id.hex()}, {"trace_id", part.trace.hex()}};
  if (span.parent.is_set()) arguments["parent_span_id"] = span.parent.hex();
  if (part.attempt != 0) arguments["attempt"] = part.attempt;
  for (const auto& attribute : span.attributes) arguments[attribute.name] = value_of(attribute);
  if (span.problem) arguments["error"] = *span.problem;
  return {{"name", span.name},
          {"cat", is_instruction ? "instruction" : "step"},
          {"ph", "X"},
          {"ts", span.start_micros},
          {"dur", span.end_micros - span.start_micros},
          {"pid", process},
          {"tid", lane},
          {"args", std::move(arguments)}};
}

}  // namespace

std::string chrome_text(const model::Timeline& timeline) {
  json events = json::array();
  // Parts of one service, of several attempts, share its lanes.
  std::map<std::string, std::vector<const model::Part*>> services;
  for (const auto& told : timeline.parts) services[title(told.part)].push_back(&told.part);
  std::size_t process = 0;
  for (const auto& [name, parts] : services) {
    ++process;
    events.push_back(metadata("process_name", process, 0, {{"name", name}}));
    std::vector<model::Span> spans;
    std::vector<std::pair<const model::Part*, bool>> of;  // whose, and whether it is an instruction
    for (const auto* part : parts) {
      auto own = model::all_spans(*part, timeline.now_micros);
      for (std::size_t i = 0; i < own.size(); ++i) {
        of.emplace_back(part, i >= part->spans.size());
        spans.push_back(std::move(own[i]));
      }
    }
    Lanes lanes;
    std::set<std::size_t> named;
    for (auto i : by_start(spans)) {
      const auto& [part, is_instruction] = of[i];
      const auto lane = lanes.place(spans[i], is_instruction ? kInstructionLanes : 1);
      if (named.insert(lane).second) {
        events.push_back(
            metadata("thread_name", process, lane, {{"name", is_instruction ? "instructions" : "steps"}}));
        events.push_back(metadata("thread_sort_index", process, lane, {{"sort_index", lane}}));
      }
      events.push_back(event(spans[i], *part, process, lane, is_instruction));
    }
  }
  json missing = json::array();
  for (const auto& one : timeline.missing) {
    missing.push_back({{"attempt", one.attempt},
                       {"party", one.party.str()},
                       {"service", one.service},
                       {"name", one.name.str()},
                       {"why", one.why}});
  }
  const json whole{{"displayTimeUnit", "ms"},
                   {"otherData",
                    {{"trace_id", timeline.trace.hex()},
                     {"job", timeline.job.request.id.str()},
                     {"notes", timeline.notes},
                     {"missing", missing}}},
                   {"traceEvents", std::move(events)}};
  return whole.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace spud::app::trace
