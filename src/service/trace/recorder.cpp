// SPDX-License-Identifier: Apache-2.0
#include "service/trace/recorder.hpp"

#include <algorithm>

namespace spud::service::trace {

namespace {

constexpr std::size_t kOtherParts = 4;

void append(Span& span, Attributes attributes) {
  for (auto& attribute : attributes) {
    if (span.attributes.size() >= kAttributesPerSpan) return;
    if (auto* text = std::get_if<std::string>(&attribute.value)) *text = short_text(std::move(*text));
    span.attributes.push_back(std::move(attribute));
  }
}

}  // namespace

Recorder::Recorder(Part head, const std::string& top, SpanId parent, const Clock& clock)
    : clock_(clock), began_(clock.unix_micros()), opened_(clock.now_micros()), part_(std::move(head)) {
  push(top, parent, {});
}

Context Recorder::context() const {
  std::lock_guard lock(mutex_);
  return {part_.trace, step_.is_set() ? step_ : part_.spans.front().id};
}

SpanId Recorder::push(const std::string& name, SpanId parent, Attributes attributes) {
  if (part_.spans.size() >= kSpansPerPart) return {};
  Span span;
  span.id = span_id(part_.trace, part_.party.str() + "/" + part_.name.str() + "/" + part_.service,
                    part_.attempt * std::uint64_t{kSpansPerPart} + part_.spans.size());
  span.parent = parent;
  span.name = short_text(name);
  span.start_micros = now();
  append(span, std::move(attributes));
  part_.spans.push_back(std::move(span));
  return part_.spans.back().id;
}

Span* Recorder::find(const SpanId& id) {
  auto found = std::ranges::find(part_.spans, id, &Span::id);
  return found == part_.spans.end() ? nullptr : &*found;
}

void Recorder::finish(Span& span, const std::optional<Error>& problem) {
  if (span.end_micros != 0) return;
  span.end_micros = std::max(now(), span.start_micros);
  if (problem) span.problem = short_text(problem->message());
}

void Recorder::step(const std::string& name) {
  std::lock_guard lock(mutex_);
  if (auto* before = step_.is_set() ? find(step_) : nullptr) finish(*before, {});
  step_ = push(name, part_.spans.front().id, {});
}

void Recorder::note(Attributes attributes) {
  std::lock_guard lock(mutex_);
  auto* span = step_.is_set() ? find(step_) : &part_.spans.front();
  if (span != nullptr) append(*span, std::move(attributes));
}

SpanId Recorder::begin(const std::string& name, Attributes attributes, SpanId parent) {
  std::lock_guard lock(mutex_);
  return push(name, parent.is_set() ? parent : part_.spans.front().id, std::move(attributes));
}

void Recorder::end(const SpanId& id, const std::optional<Error>& problem, Attributes attributes) {
  std::lock_guard lock(mutex_);
  auto* span = id.is_set() ? find(id) : nullptr;
  if (span == nullptr) return;
  finish(*span, problem);
  append(*span, std::move(attributes));
}

void Recorder::instructions(std::vector<InstructionRow> rows, std::int64_t begin) {
  for (auto& row : rows) {
    row.operation = short_text(std::move(row.operation));
    row.origin = short_text(std::move(row.origin));
  }
  std::lock_guard lock(mutex_);
  const auto shift = began_ + begin - opened_;
  for (auto& row : rows) {
    row.start_micros += shift;
    row.end_micros += shift;
  }
  part_.run = step_;
  part_.instructions = std::move(rows);
  fold(part_.instructions, part_.folded);
}

void Recorder::add(Part part) {
  std::lock_guard lock(mutex_);
  if (others_.size() < kOtherParts) others_.push_back(std::move(part));
}

void Recorder::close(const std::optional<Error>& problem) {
  std::lock_guard lock(mutex_);
  for (auto& span : part_.spans) finish(span, problem);
}

std::vector<Part> Recorder::parts() const {
  std::lock_guard lock(mutex_);
  std::vector<Part> all{part_};
  all.insert(all.end(), others_.begin(), others_.end());
  return all;
}

std::set<PartyId> readers(const JobRequest& request, const PartyId& asked) {
  std::set<PartyId> all{asked};
  for (const auto& output : request.outputs) all.insert(output.recipient);
  return all;
}

}  // namespace spud::service::trace
