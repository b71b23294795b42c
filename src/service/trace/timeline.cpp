// SPDX-License-Identifier: Apache-2.0
#include "service/trace/timeline.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "service/trace/job_spans.hpp"

namespace spud::service::trace {

namespace {

/// A message takes some time; clocks that disagree by less are not worth a note.
constexpr std::int64_t kWorthANote = 1000;

std::string millis_text(std::int64_t micros) {
  const auto tenths = (micros + (micros < 0 ? -50 : 50)) / 100;
  return (tenths < 0 ? "−" : "") + std::to_string(std::abs(tenths) / 10) + "." +
         std::to_string(std::abs(tenths) % 10) + " ms";
}

const std::string* text_of(const Span& span, const std::string& name) {
  for (const auto& attribute : span.attributes) {
    if (attribute.name == name) return std::get_if<std::string>(&attribute.value);
  }
  return nullptr;
}

/// Within what a node's clock can have been ahead of the scheduler's during an attempt.
struct Bounds {
  std::int64_t least = std::numeric_limits<std::int64_t>::min() / 4;
  std::int64_t most = std::numeric_limits<std::int64_t>::max() / 4;
  bool contradict() const { return least > most; }
};

/// Their span lies within ours. One of ours that did not end well may have ended without their answer.
void lies_within(Bounds& bounds, const Span& theirs, const Span& ours) {
  bounds.most = std::min(bounds.most, theirs.start_micros - ours.start_micros);
  if (theirs.end_micros != 0 && ours.end_micros != 0 && !ours.problem)
    bounds.least = std::max(bounds.least, theirs.end_micros - ours.end_micros);
}

Bounds bounds_of(const Part& node, const Part* scheduler) {
  Bounds bounds;
  if (scheduler == nullptr) return bounds;
  for (const auto& asked : scheduler->spans) {
    const auto* name = text_of(asked, "node");
    if (name == nullptr || *name != node.name.str()) continue;
    for (const auto& step : node.spans) {
      const bool of_preparing = step.name == "policy" || step.name == "compile";
      if (asked.name == "prepare" && of_preparing) lies_within(bounds, step, asked);
      // It runs once it was asked to.
      if (asked.name == "start" && step.name == "linking")
        bounds.most = std::min(bounds.most, step.start_micros - asked.start_micros);
    }
  }
  return bounds;
}

void shift(Part& part, std::int64_t by) {
  for (auto& span : part.spans) {
    span.start_micros -= by;
    if (span.end_micros != 0) span.end_micros -= by;
  }
  for (auto& row : part.instructions) {
    row.start_micros -= by;
    row.end_micros -= by;
  }
}

class Alignment {
 public:
  Alignment(Timeline& timeline, std::vector<Told>& told) : timeline_(timeline) {
    for (const auto& one : told) {
      if (one.part.service != "scheduler") continue;
      schedulers_.emplace(one.part.attempt, one.part);
      scheduler_ = scheduler_ ? closer(*scheduler_, one.clock) : one.clock;
    }
    for (auto& one : told) bring(one);
  }

 private:
  void bring(Told& one) {
    auto& part = one.part;
    if (part.service == "scheduler") return;
    if (part.service == "dealer") {
      shift(part, of_teller(part));
      return;
    }
    const auto reference = scheduler_.value_or(ClockReading{});
    ClockReading clock{one.clock.ahead_micros - reference.ahead_micros,
                       one.clock.error_micros + reference.error_micros};
    // No correction that is less than its own error: clocks that may agree are taken to.
    if (std::abs(clock.ahead_micros) <= clock.error_micros) clock.ahead_micros = 0;
    const auto found = schedulers_.find(part.attempt);
    const auto bounds = bounds_of(part, found == schedulers_.end() ? nullptr : &found->second);
    const auto who = part.party.str() + "'s clock";
    if (bounds.contradict()) {
      note(part, who + " was set or went astray during attempt " + std::to_string(part.attempt) +
                     ": its times fit the scheduler's by " + millis_text(bounds.least - bounds.most) +
                     " at best");
    } else if (const auto held = std::clamp(clock.ahead_micros, bounds.least, bounds.most);
               held != clock.ahead_micros) {
      const auto off = std::abs(held - clock.ahead_micros);
      if (off > clock.error_micros + kWorthANote) {
        note(part, who + " was set or has drifted by " + millis_text(off) + " since attempt " +
                       std::to_string(part.attempt) + ": its messages count, not what the clock says now");
      }
      clock.ahead_micros = held;
    }
    one.clock = clock;
    shift(part, clock.ahead_micros);
    tellers_[{part.attempt, part.party}] = clock.ahead_micros;
    if (std::abs(clock.ahead_micros) > kWorthANote) {
      note(part, who + " was " + millis_text(std::abs(clock.ahead_micros)) +
                     (clock.ahead_micros > 0 ? " ahead of" : " behind") + " the scheduler's, give or take " +
                     millis_text(clock.error_micros) + "; that is taken off");
    }
  }
  /// A dealer's part is by the clock of the node that tells it, which comes before it.
  std::int64_t of_teller(const Part& part) const {
    const auto found = tellers_.find({part.attempt, part.heard_of});
    return found == tellers_.end() ? 0 : found->second;
  }
  void note(const Part&, std::string text) {
    if (std::ranges::find(timeline_.notes, text) == timeline_.notes.end())
      timeline_.notes.push_back(std::move(text));
  }

  Timeline& timeline_;
  std::map<std::uint32_t, Part> schedulers_;  ///< by attempt
  std::optional<ClockReading> scheduler_;
  std::map<std::pair<std::uint32_t, PartyId>, std::int64_t> tellers_;
};

std::int64_t as_number(const Part& part) {
  return part.service == "scheduler" ? 0 : part.service == "node" ? 1 : 2;
}

/// No span without a parent that is there, and none that ends before it begins without a word.
void mend(Timeline& timeline) {
  std::set<SpanId> known;
  for (const auto& told : timeline.parts) {
    for (const auto& span : told.part.spans) known.insert(span.id);
  }
  const auto top = job_span(timeline.job.request);
  for (auto& told : timeline.parts) {
    auto& part = told.part;
    for (auto& span : part.spans) {
      // What is above the job is nobody's here.
      if (span.id != top && !known.contains(span.parent)) span.parent = top;
      if (span.end_micros == 0 || span.end_micros >= span.start_micros) continue;
      timeline.notes.push_back(part.party.str() + "'s clock went back by " +
                               millis_text(span.start_micros - span.end_micros) + " during '" + span.name +
                               "', which is shown without any length");
      span.end_micros = span.start_micros;
    }
  }
  std::map<SpanId, const Span*> spans;
  for (const auto& told : timeline.parts) {
    for (const auto& span : told.part.spans) spans.emplace(span.id, &span);
  }
  for (const auto& told : timeline.parts) {
    for (const auto& span : told.part.spans) {
      const auto parent = spans.find(span.parent);
      if (parent == spans.end()) continue;
      const auto early = parent->second->start_micros - span.start_micros;
      if (early <= told.clock.error_micros + kWorthANote) continue;
      timeline.notes.push_back("'" + span.name + "' at " + told.part.party.str() + " begins " +
                               millis_text(early) + " before what it is part of: a clock is wrong by that");
    }
  }
}

}  // namespace

ClockReading reading(std::int64_t asked, std::int64_t answered, std::int64_t said) {
  said = std::clamp<std::int64_t>(said, 0, kLastMoment);
  return {said - (asked + answered) / 2, (answered - asked + 1) / 2};
}

const ClockReading& closer(const ClockReading& a, const ClockReading& b) {
  return b.error_micros < a.error_micros ? b : a;
}

Timeline align(Job job, std::vector<Told> told, std::vector<Missing> missing, std::int64_t now) {
  Timeline timeline{trace_of(job.request), std::move(job), now, {}, std::move(missing), {}};
  // Scheduler, nodes, dealers: whoever is needed to place others comes before them.
  std::ranges::stable_sort(told, {}, [](const Told& one) {
    return std::tuple(one.part.attempt, as_number(one.part), one.part.party, one.part.name);
  });
  // What is not of this trace is not ours to show.
  std::erase_if(told, [&](const Told& one) { return one.part.trace != timeline.trace; });
  Alignment alignment(timeline, told);
  for (const auto& one : told) {
    if (one.part.service == "scheduler") timeline.now_micros = now + one.clock.ahead_micros;
  }
  timeline.parts = std::move(told);
  mend(timeline);
  return timeline;
}

std::vector<Span> all_spans(const Part& part, std::int64_t now) {
  auto spans = part.spans;
  const auto id_of = [&](std::uint32_t number) {
    return span_id(part.trace, "instruction of " + part.party.str() + "/" + part.name.str(),
                   (std::uint64_t{part.attempt} << 32) + number);
  };
  std::set<std::uint32_t> numbers;
  for (const auto& row : part.instructions) numbers.insert(row.number);
  for (const auto& row : part.instructions) {
    Span span{id_of(row.number), numbers.contains(row.outer) && row.outer != 0 ? id_of(row.outer) : part.run,
              row.operation, row.start_micros, std::max(row.start_micros, row.end_micros)};
    const auto add = [&](const char* name, std::uint64_t value) {
      span.attributes.push_back({name, static_cast<std::int64_t>(value)});
    };
    if (row.number == 0) add("instructions", part.folded);
    if (!row.origin.empty()) span.attributes.push_back({"origin", row.origin});
    add("runs", row.runs);
    add("computing_nanos", row.computing_nanos);
    add("waiting_nanos", row.waiting_nanos);
    add("dealer_nanos", row.dealer_nanos);
    add("rounds", row.rounds);
    add("sent_bytes", row.sent_bytes);
    spans.push_back(std::move(span));
  }
  for (auto& span : spans) {
    if (span.end_micros != 0) continue;
    span.end_micros = std::max(now, span.start_micros);
    span.attributes.push_back({"unfinished", std::int64_t{1}});
  }
  return spans;
}

}  // namespace spud::service::trace
