// SPDX-License-Identifier: Apache-2.0
#include "app/job_report/course.hpp"

#include <algorithm>

#include "app/job_report/figures.hpp"

namespace spud::app::job_report {

namespace {

constexpr char kWaited[] = "waited_nanos.";

}  // namespace

std::vector<Course> courses_of(const service::trace::Timeline& timeline) {
  std::map<std::uint32_t, Course> by_number;
  for (const auto& attempt : timeline.job.attempts) {
    auto& course = by_number[attempt.number];
    course.record = &attempt;
    course.begin = attempt.started_unix_millis * 1000;
    course.end = attempt.ended_unix_millis == 0 ? timeline.now_micros : attempt.ended_unix_millis * 1000;
  }
  for (const auto& told : timeline.parts) {
    if (told.part.attempt == 0) continue;
    auto& course = by_number[told.part.attempt];
    course.parts.push_back(&told);
    for (const auto& span : told.part.spans) {
      if (course.begin == 0 || span.start_micros < course.begin) course.begin = span.start_micros;
      course.end = std::max(course.end, end_of(span, timeline.now_micros));
    }
  }
  for (const auto& missing : timeline.missing) {
    if (missing.attempt != 0) by_number[missing.attempt].missing.push_back(&missing);
  }
  std::vector<Course> courses;
  for (auto& [number, course] : by_number) {
    course.attempt = number;
    course.end = std::max(course.end, course.begin + 1);
    courses.push_back(std::move(course));
  }
  return courses;
}

const service::trace::Span* step(const service::trace::Part& part, const std::string& name) {
  const auto found = std::ranges::find(part.spans, name, &service::trace::Span::name);
  return found == part.spans.end() ? nullptr : &*found;
}

std::int64_t end_of(const service::trace::Span& span, std::int64_t now) {
  return span.end_micros != 0 ? span.end_micros : std::max(now, span.start_micros);
}

Spent spent(const service::trace::Part& node, std::int64_t now) {
  Spent spent;
  const auto* run = step(node, "running");
  if (run == nullptr) return spent;
  spent.run_micros = end_of(*run, now) - run->start_micros;
  std::int64_t rounds = 0;
  for (const auto& row : node.instructions) {
    spent.computing_micros += static_cast<std::int64_t>(row.computing_nanos);
    spent.dealer_micros += static_cast<std::int64_t>(row.dealer_nanos);
    rounds += static_cast<std::int64_t>(row.waiting_nanos);
  }
  // Rounds wait for all peers at once: where there are several, each has its part of that time.
  std::int64_t all = 0;
  for (const auto& attribute : run->attributes) {
    const auto* nanos = std::get_if<std::int64_t>(&attribute.value);
    if (nanos == nullptr || !attribute.name.starts_with(kWaited)) continue;
    const auto waited = std::clamp<std::int64_t>(*nanos, 0, service::trace::kLongestNanos);
    spent.waited_micros[attribute.name.substr(sizeof kWaited - 1)] = waited;
    all += waited;
  }
  const double part = all > rounds && all > 0 ? static_cast<double>(rounds) / static_cast<double>(all) : 1;
  std::int64_t waited = 0;
  for (auto& [party, nanos] : spent.waited_micros) {
    nanos = static_cast<std::int64_t>(static_cast<double>(nanos) * part) / 1000;
    waited += nanos;
  }
  spent.computing_micros /= 1000;
  spent.dealer_micros /= 1000;
  spent.rest_micros =
      std::max<std::int64_t>(0, spent.run_micros - spent.computing_micros - spent.dealer_micros - waited);
  return spent;
}

std::vector<Instruction> instructions_of(const Course& course) {
  std::map<std::uint32_t, Instruction> by_number;
  for (const auto* told : course.parts) {
    for (const auto& row : told->part.instructions) {
      auto& one = by_number[row.number];
      if (one.slowest.empty() || row.nanos() > one.row.nanos()) one.slowest = told->part.party.str();
      if (one.row.operation.empty()) {
        one.row = row;
        continue;
      }
      auto& sum = one.row;
      sum.runs = std::max(sum.runs, row.runs);
      sum.computing_nanos = std::max(sum.computing_nanos, row.computing_nanos);
      sum.waiting_nanos = std::max(sum.waiting_nanos, row.waiting_nanos);
      sum.dealer_nanos = std::max(sum.dealer_nanos, row.dealer_nanos);
      sum.rounds = std::max(sum.rounds, row.rounds);
      sum.sent_bytes = std::max(sum.sent_bytes, row.sent_bytes);
    }
  }
  std::vector<Instruction> all;
  for (auto& [number, one] : by_number) all.push_back(std::move(one));
  std::ranges::stable_sort(all, std::greater{}, [](const Instruction& one) { return one.row.nanos(); });
  return all;
}

}  // namespace spud::app::job_report
