// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "app/job_report/drawing.hpp"
#include "app/job_report/figures.hpp"
#include "app/job_report/report.hpp"
#include "app/job_report/style.hpp"
#include "app/job_report/tables.hpp"
#include "base/html.hpp"
#include "service/status/text.hpp"

namespace spud::app::job_report {

namespace {

using service::status::bytes_text;
using service::trace::Timeline;

/// Nothing runs and nothing is loaded: a second fence behind escape_html().
constexpr char kPolicy[] =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

std::string figure_box(const std::string& name, const std::string& value, const std::string& more) {
  return "<div><dt>" + name + "</dt><dd>" + value + "<small>" + more + "</small></dd></div>\n";
}

std::string parties_text(const std::vector<Course>& courses) {
  std::set<std::string> names;
  for (const auto& course : courses) {
    for (const auto* told : course.parts) {
      if (told->part.service == "node") names.insert(told->part.party.str());
    }
    for (const auto* missing : course.missing) {
      if (missing->service == "node" && !missing->party.empty()) names.insert(missing->party.str());
    }
  }
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + escape_html(name);
  return text.empty() ? "–" : text;
}

/// What a node noted of its run, the largest of all nodes.
std::int64_t largest(const Course& course, const std::string& step_name, const std::string& name) {
  std::int64_t most = 0;
  for (const auto* told : course.parts) {
    if (told->part.service != "node") continue;
    if (const auto* span = step(told->part, step_name)) most = std::max(most, figure(*span, name));
  }
  return most;
}

std::string totals(const Timeline& timeline, const std::vector<Course>& courses) {
  const auto& job = timeline.job;
  const auto submitted = job.submitted_unix_millis * 1000;
  const auto ended = job.ended_unix_millis == 0 ? timeline.now_micros : job.ended_unix_millis * 1000;
  std::string out = "<dl class=\"totals\">\n";
  out += figure_box("took", duration_text(std::max<std::int64_t>(0, ended - submitted)),
                    job.ended_unix_millis == 0 ? "and goes on" : "from submission to its end");
  if (!job.attempts.empty()) {
    out += figure_box(
        "waited at first",
        duration_text(std::max<std::int64_t>(0, job.attempts.front().started_unix_millis * 1000 - submitted)),
        "for its turn");
  }
  out += figure_box("attempts", count_text(job.attempts.size()),
                    std::to_string(job.request.max_attempts) + " at most count");
  if (courses.empty()) return out + "</dl>\n";
  const auto& last = courses.back();
  std::uint64_t sent = 0, peers = 0;
  std::int64_t waited = 0, run = 0;
  std::string for_whom;
  for (const auto* told : last.parts) {
    if (told->part.service != "node") continue;
    for (const auto& traffic : traffic_of(told->part)) {
      sent += traffic.sent;
      ++peers;
    }
    const auto where = spent(told->part, timeline.now_micros);
    run = std::max(run, where.run_micros);
    for (const auto& [party, micros] : where.waited_micros) {
      if (micros <= waited) continue;
      waited = micros;
      for_whom = escape_html(told->part.party.str()) + " for " + escape_html(party);
    }
  }
  if (run > 0) out += figure_box("ran", duration_text(run), "the plan itself, at the slowest node");
  const auto rounds = largest(last, "running", "rounds");
  if (rounds > 0)
    out += figure_box("rounds", count_text(static_cast<std::uint64_t>(rounds)), "of the last attempt");
  if (peers > 0) out += figure_box("sent", bytes_text(sent), "among all nodes, whole frames");
  if (waited > 0) out += figure_box("longest wait", duration_text(waited), "of " + for_whom + ", in its run");
  return out + "</dl>\n";
}

std::string header(const Timeline& timeline, const std::vector<Course>& courses) {
  const auto& job = timeline.job;
  const std::string state = to_string(job.state);
  std::string kind = job.state == service::JobState::kDone ? " done" : "";
  if (job.state == service::JobState::kFailed || job.state == service::JobState::kCancelled) kind = " failed";
  std::string recipients;
  std::set<std::string> named;
  for (const auto& output : job.request.outputs) named.insert(output.recipient.str());
  for (const auto& name : named) recipients += (recipients.empty() ? "" : ", ") + escape_html(name);
  return "<h1>Job " + escape_html(job.request.id.str()) + " <span class=\"state" + kind + "\">" + state +
         "</span></h1>\n<p class=\"note\">asked for by " + escape_html(job.party.str()) + " on device " +
         escape_html(job.request.device.str()) + " · nodes of " + parties_text(courses) + " · results to " +
         recipients + "<br>submitted " + moment_text(job.submitted_unix_millis * 1000) + " UTC, ended " +
         moment_text(job.ended_unix_millis * 1000) + "<br>trace <span class=\"mono\">" +
         timeline.trace.hex() + "</span> · program <span class=\"mono\">" + job.request.program.brief() +
         "…</span></p>\n";
}

std::string causes(const Timeline& timeline) {
  const auto& job = timeline.job;
  std::string out;
  if (job.problem) {
    out += "<div class=\"box bad\"><strong>Why it failed</strong><br>" + escape_html(job.problem->message()) +
           "</div>\n";
  }
  if (!job.waiting.empty() && !service::has_ended(job.state))
    out += "<div class=\"box\"><strong>It waits</strong><br>" + escape_html(job.waiting) + "</div>\n";
  if (!service::has_ended(job.state)) {
    out += "<div class=\"box\">The job has not ended: what is under way is drawn up to " +
           moment_text(timeline.now_micros) +
           " UTC, when it was asked after. What instructions took is told at the end of an attempt.</div>\n";
  }
  return out;
}

/// What whoever reads the figures has to know of them; the job itself may be in order.
std::string reservations(const Timeline& timeline) {
  std::string out;
  if (!timeline.missing.empty()) {
    out += "<div class=\"box warn\"><strong>Parts that are missing</strong><ul>";
    for (const auto& missing : timeline.missing) {
      out += "<li>" +
             (missing.attempt == 0 ? std::string("of the job")
                                   : "of attempt " + std::to_string(missing.attempt)) +
             ": " + escape_html(missing.service + " " + missing.name.str());
      if (!missing.party.empty()) out += " of " + escape_html(missing.party.str());
      out += ": " + escape_html(missing.why) + "</li>";
    }
    out += "</ul></div>\n";
  }
  if (!timeline.notes.empty()) {
    out += "<div class=\"box warn\"><strong>Clocks</strong><ul>";
    for (const auto& note : timeline.notes) out += "<li>" + escape_html(note) + "</li>";
    out += "</ul></div>\n";
  }
  return out;
}

std::string course_html(const Course& course, const Timeline& timeline) {
  std::string out;
  if (course.parts.empty()) return "<p class=\"note\">Nobody has told anything of it.</p>\n";
  out += legend_html() + lanes_html(course, timeline.now_micros);
  if (const auto bars = spent_html(course, timeline.now_micros); !bars.empty()) {
    out +=
        "<h3>Where the run's time went</h3>\n<p class=\"note\">Of the thread that runs the plan, at each "
        "node. A wait counts from when a node has nothing left to compute to when that peer's message is "
        "there; it may be the peer's computing, or the way to it.</p>\n" +
        bars;
  }
  return out + steps_table(course, timeline.now_micros) + forecast_table(course) + traffic_table(course);
}

}  // namespace

std::string html_text(const Timeline& timeline) {
  const auto courses = courses_of(timeline);
  std::string out =
      "<!DOCTYPE html>\n<!-- SPDX-License-Identifier: Apache-2.0 -->\n<html lang=\"en\"><head><meta "
      "charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<meta "
      "http-equiv=\"Content-Security-Policy\" content=\"" +
      std::string(kPolicy) + "\">\n<title>Job " + escape_html(timeline.job.request.id.str()) +
      "</title>\n<style>" + kStyle + "</style></head>\n<body>\n" + header(timeline, courses) +
      causes(timeline) + totals(timeline, courses);
  if (courses.size() > 1) out += attempts_table(courses, timeline.now_micros);
  out += reservations(timeline);
  if (!courses.empty()) {
    const auto& last = courses.back();
    out += "<h2>" + std::string(courses.size() > 1 ? "The last attempt, " : "Attempt ") +
           std::to_string(last.attempt) + "</h2>\n<p class=\"note\">Times by the scheduler's clock; 0 is " +
           moment_text(last.begin) +
           " UTC. A run's box, and those of operations, from when operands are there to when the " +
           "result is, are filled as far as it computed or waited meanwhile.</p>\n" +
           course_html(last, timeline) + instructions_table(last);
    for (std::size_t i = courses.size() - 1; i-- > 0;) {
      out += "<details><summary>Attempt " + std::to_string(courses[i].attempt) + "</summary>\n" +
             course_html(courses[i], timeline) + "</details>\n";
    }
  }
  return out + "</body></html>\n";
}

}  // namespace spud::app::job_report
