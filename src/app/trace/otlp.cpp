// SPDX-License-Identifier: Apache-2.0
// `spud job trace --format otlp`: the JSON encoding of opentelemetry-proto's TracesData. Ids are hex there,
// integers of 64 bits strings, enumerations numbers. One line: so OpenTelemetry's file format has it, of
// which a file holds one object a line, and /v1/traces takes it as well.
#include <map>

#include <nlohmann/json.hpp>

#include "app/trace/export.hpp"

namespace spud::app::trace {

namespace {

using nlohmann::json;
namespace model = service::trace;

constexpr int kKindInternal = 1;
constexpr int kStatusError = 2;

json text(const std::string& value) {
  return {{"stringValue", value}};
}
json any_value(const model::Attribute& attribute) {
  if (const auto* number = std::get_if<std::int64_t>(&attribute.value))
    return {{"intValue", std::to_string(*number)}};
  if (const auto* real = std::get_if<double>(&attribute.value)) return {{"doubleValue", *real}};
  return text(std::get<std::string>(attribute.value));
}
json key_value(const std::string& key, json value) {
  return {{"key", key}, {"value", std::move(value)}};
}
std::string nanos(std::int64_t micros) {
  return std::to_string(micros) + "000";
}

json span_of(const model::Span& span, const model::Part& part) {
  json attributes = json::array({key_value("spud.job", text(part.job.str()))});
  if (part.attempt != 0)
    attributes.push_back(key_value("spud.attempt", {{"intValue", std::to_string(part.attempt)}}));
  for (const auto& attribute : span.attributes)
    attributes.push_back(key_value("spud." + attribute.name, any_value(attribute)));
  json out{{"traceId", part.trace.hex()},
           {"spanId", span.id.hex()},
           {"name", span.name},
           {"kind", kKindInternal},
           {"startTimeUnixNano", nanos(span.start_micros)},
           {"endTimeUnixNano", nanos(span.end_micros)},
           {"attributes", std::move(attributes)},
           {"status", json::object()}};
  if (span.parent.is_set()) out["parentSpanId"] = span.parent.hex();
  if (span.problem) out["status"] = {{"code", kStatusError}, {"message", *span.problem}};
  return out;
}

}  // namespace

std::string otlp_text(const model::Timeline& timeline, const std::string& version) {
  json resources = json::array();
  std::map<std::string, std::size_t> places;
  for (const auto& told : timeline.parts) {
    const auto& part = told.part;
    const auto who = part.service + "/" + part.party.str() + "/" + part.name.str();
    const auto [place, fresh] = places.emplace(who, resources.size());
    if (fresh) {
      resources.push_back(
          {{"resource",
            {{"attributes", json::array({key_value("service.name", text("spud-" + part.service)),
                                         key_value("service.instance.id", text(part.name.str())),
                                         key_value("spud.party", text(part.party.str()))})}}},
           {"scopeSpans",
            json::array({{{"scope", {{"name", "spud"}, {"version", version}}}, {"spans", json::array()}}})}});
    }
    auto& spans = resources[place->second]["scopeSpans"][0]["spans"];
    for (const auto& span : model::all_spans(part, timeline.now_micros)) spans.push_back(span_of(span, part));
  }
  return json{{"resourceSpans", std::move(resources)}}.dump(-1, ' ', false, json::error_handler_t::replace) +
         "\n";
}

}  // namespace spud::app::trace
