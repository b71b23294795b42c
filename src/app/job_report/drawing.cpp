// SPDX-License-Identifier: Apache-2.0
#include "app/job_report/drawing.hpp"

#include <algorithm>
#include <cstdio>

#include "app/job_report/figures.hpp"
#include "app/trace/lanes.hpp"
#include "base/html.hpp"
#include "service/status/text.hpp"

namespace spud::app::job_report {

namespace {

using service::status::bytes_text;
using service::trace::InstructionRow;
using service::trace::Part;
using service::trace::Span;

constexpr double kWidth = 1000;
constexpr double kLane = 16, kGap = 3;
constexpr std::size_t kOperations = 6;  ///< that have a lane of their own at a node

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

/// Places on the time axis of an attempt.
struct Scale {
  std::int64_t begin = 0, end = 1;
  double at(std::int64_t micros) const {
    const auto share = static_cast<double>(micros - begin) / static_cast<double>(end - begin);
    return kWidth * std::clamp(share, 0.0, 1.0);
  }
};

struct Box {
  double x = 0, y = 0, width = 0, height = kLane;
};

std::string rect(const Box& box, const std::string& kind, const std::string& hint = "") {
  return "<rect class=\"" + kind + "\" x=\"" + number(box.x) + "\" y=\"" + number(box.y) + "\" width=\"" +
         number(box.width) + "\" height=\"" + number(box.height) + "\">" +
         (hint.empty() ? "" : "<title>" + escape_html(hint) + "</title>") + "</rect>";
}

/// Slanted lines over a box.
std::string stripes(const Box& box) {
  std::string path;
  constexpr double kStep = 7;
  for (double x = box.x + kStep / 2; x < box.x + box.width; x += kStep) {
    path += "M" + number(x) + " " + number(box.y + box.height) + "L" +
            number(std::min(x + 4, box.x + box.width)) + " " + number(box.y);
  }
  return path.empty() ? "" : "<path class=\"stripe\" d=\"" + path + "\"/>";
}

std::string svg(double height, const std::string& label, const std::string& inside) {
  return "<svg viewBox=\"0 0 1000 " + number(height) +
         "\" preserveAspectRatio=\"none\" style=\"height:" + number(height) +
         "px\" role=\"img\" aria-label=\"" + escape_html(label) + "\">" + inside + "</svg>";
}

std::string kind_of(const Part& part, const Span& span) {
  const auto& name = span.name;
  if (part.service == "dealer") return name == "meet" ? "wait" : "dealer";
  if (part.service == "scheduler") return "ask";
  if (name == "wait") return "wait";
  if (name == "tape") return "dealer";
  if (name == "running") return "run";
  if (name == "storing") return "store";
  return "prepare";
}

std::string what_of(const Span& span) {
  std::string what = span.name;
  for (const auto& attribute : span.attributes) {
    const auto* text = std::get_if<std::string>(&attribute.value);
    if (attribute.name == "party" && text != nullptr) what += " " + *text;
  }
  return what;
}

/// A run, from below: how much of it was computing, waiting for others, for the dealer, and the rest.
std::string run_box(const Part& part, const Box& box, const std::string& hint, std::int64_t now) {
  const auto where = spent(part, now);
  if (part.instructions.empty() || where.run_micros <= 0) return rect(box, "run", hint);
  std::int64_t waited = 0;
  for (const auto& [party, micros] : where.waited_micros) waited += micros;
  double y = box.y + box.height;
  std::string inside;
  const auto piece = [&](std::int64_t micros, const std::string& kind) {
    const auto height =
        std::min(y - box.y, box.height * static_cast<double>(micros) / static_cast<double>(where.run_micros));
    y -= height;
    const Box filled{box.x, y, box.width, height};
    if (height > 0.05) inside += rect(filled, kind) + (kind == "wait" ? stripes(filled) : "");
  };
  piece(where.computing_micros, "run");
  piece(waited, "wait");
  piece(where.dealer_micros, "dealer");
  piece(where.rest_micros, "rest");
  return "<g>" + inside + rect(box, "frame") + "<title>" + escape_html(hint) + "</title></g>";
}

std::string span_box(const Part& part, const Span& span, const Scale& scale, double y, std::int64_t now) {
  const auto end = end_of(span, now);
  const auto x = scale.at(span.start_micros);
  // What is too short to be seen is a line.
  const Box box{x, y, std::max(scale.at(end) - x, 1.0), kLane};
  const auto kind = kind_of(part, span);
  std::string hint = what_of(span) + ": " + duration_text(end - span.start_micros);
  if (span.end_micros == 0) hint += ", and goes on";
  if (span.problem) hint += "; " + *span.problem;
  std::string out = kind == "run" ? run_box(part, box, hint, now) : rect(box, kind, hint);
  if (kind == "wait") out += stripes(box);
  if (span.problem) out += rect({box.x, y + 1, box.width, kLane - 2}, "failed-span");
  return out;
}

std::string labelled(const std::string& what_html, const std::string& drawing) {
  return "<div class=\"row\"><div class=\"what\">" + what_html + "</div>" + drawing + "</div>\n";
}

/// In as few lanes as do without one box covering another.
std::string lanes_svg(const Part& part, const std::vector<Span>& steps, const std::string& label,
                      const Scale& scale, std::int64_t now) {
  std::vector<std::int64_t> ends;
  std::string inside;
  for (auto i : trace::by_start(steps)) {
    std::size_t lane = 0;
    while (lane < ends.size() && ends[lane] > steps[i].start_micros) ++lane;
    if (lane == ends.size()) ends.push_back(0);
    ends[lane] = end_of(steps[i], now);
    inside += span_box(part, steps[i], scale, static_cast<double>(lane) * (kLane + kGap), now);
  }
  const auto lanes = static_cast<double>(std::max<std::size_t>(1, ends.size()));
  return svg(lanes * (kLane + kGap) - kGap, label, inside);
}

std::string party_of(const Span& span) {
  for (const auto& attribute : span.attributes) {
    const auto* text = std::get_if<std::string>(&attribute.value);
    if (attribute.name == "party" && text != nullptr) return *text;
  }
  return "";
}

/// A scheduler asks all nodes at once, so each of them has a lane; a lane says whom it is about, or of which
/// steps it is.
std::string steps_rows(const Part& part, const Scale& scale, std::int64_t now) {
  // The first span is what all others are part of.
  std::vector<std::pair<std::string, std::vector<Span>>> lanes;
  for (std::size_t i = 1; i < part.spans.size(); ++i) {
    const auto& span = part.spans[i];
    const auto party = part.service == "scheduler" ? party_of(span) : "";
    auto lane = std::ranges::find(lanes, party, [](const auto& one) { return one.first; });
    if (lane == lanes.end()) lane = lanes.insert(lanes.end(), {party, {}});
    lane->second.push_back(span);
  }
  if (lanes.empty()) lanes.emplace_back();
  std::string out;
  for (const auto& [party, steps] : lanes) {
    std::vector<std::string> names;
    for (auto i : trace::by_start(steps)) {
      if (std::ranges::find(names, steps[i].name) == names.end()) names.push_back(steps[i].name);
    }
    std::string what = party.empty() ? "" : "asks " + party + ": ";
    for (const auto& name : names) what += (name == names.front() ? "" : ", ") + name;
    if (names.empty()) what = "no steps";
    out += labelled(escape_html(what),
                    lanes_svg(part, steps, part.service + " " + part.name.str() + ": " + what, scale, now));
  }
  return out;
}

/// The rows of one operation at a node.
struct Operation {
  std::string name;
  std::vector<const InstructionRow*> rows;
  std::uint64_t computing = 0, waiting = 0, dealer = 0;
  std::uint64_t nanos() const { return computing + waiting + dealer; }
};

std::vector<Operation> operations_of(const Part& part) {
  std::map<std::string, Operation> by_name;
  for (const auto& row : part.instructions) {
    auto& operation = by_name[row.operation];
    operation.name = row.operation;
    operation.rows.push_back(&row);
    operation.computing += row.computing_nanos;
    operation.waiting += row.waiting_nanos;
    operation.dealer += row.dealer_nanos;
  }
  std::vector<Operation> all;
  for (auto& [name, operation] : by_name) all.push_back(std::move(operation));
  std::ranges::stable_sort(all, std::greater{}, &Operation::nanos);
  return all;
}

/// From its operands to its result; filled as far as it computed and waited in that time.
std::string instruction_box(const InstructionRow& row, const Scale& scale) {
  const auto x = scale.at(row.start_micros);
  const Box box{x, 0, std::max(scale.at(row.end_micros) - x, 1.0), kLane};
  const auto span = static_cast<double>(std::max<std::int64_t>(1, row.end_micros - row.start_micros)) * 1000;
  double y = kLane;
  std::string inside;
  const auto part = [&](std::uint64_t nanos, const char* kind) {
    const auto height = std::min(y, kLane * static_cast<double>(nanos) / span);
    y -= height;
    const Box filled{box.x, y, box.width, height};
    if (height > 0.05) inside += rect(filled, kind) + (std::string(kind) == "wait" ? stripes(filled) : "");
  };
  part(row.computing_nanos, "run");
  part(row.waiting_nanos, "wait");
  part(row.dealer_nanos, "dealer");
  const auto micros = [](std::uint64_t nanos) {
    return duration_text(static_cast<std::int64_t>(nanos / 1000));
  };
  const auto hint = row.operation + (row.origin.empty() ? "" : " " + row.origin) + ": computing " +
                    micros(row.computing_nanos) + ", waiting " + micros(row.waiting_nanos) + ", " +
                    count_text(row.rounds) + " rounds, " + bytes_text(row.sent_bytes) + " to each peer";
  return "<g>" + inside + rect(box, "frame") + "<title>" + escape_html(hint) + "</title></g>";
}

std::string operation_rows(const Part& part, const Scale& scale) {
  const auto operations = operations_of(part);
  std::string out;
  const auto micros = [](std::uint64_t nanos) {
    return duration_text(static_cast<std::int64_t>(nanos / 1000));
  };
  for (std::size_t i = 0; i < std::min(kOperations, operations.size()); ++i) {
    const auto& operation = operations[i];
    std::string inside;
    for (const auto* row : operation.rows) inside += instruction_box(*row, scale);
    std::string what = escape_html(operation.name) + " · " + count_text(operation.rows.size()) +
                       (operation.rows.size() == 1 ? " instruction" : " instructions") + " · computing " +
                       micros(operation.computing) + ", waiting " + micros(operation.waiting);
    if (operation.dealer > 0) what += ", for the dealer " + micros(operation.dealer);
    out += labelled(what, svg(kLane, part.party.str() + ": " + operation.name, inside));
  }
  if (operations.size() > kOperations) {
    std::uint64_t rest = 0;
    for (std::size_t i = kOperations; i < operations.size(); ++i) rest += operations[i].nanos();
    out += "<div class=\"row\"><div class=\"what\">" + count_text(operations.size() - kOperations) +
           " other operations: " + micros(rest) + "</div></div>\n";
  }
  return out;
}

/// From one line of the grid to the next: so that people can add up, and no more lines than a phone has room
/// for the times of.
std::int64_t grid_step(const Scale& scale) {
  constexpr int kLines = 6;
  constexpr std::int64_t kSecond = 1'000'000, kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour;
  const auto least = (scale.end - scale.begin) / kLines;
  for (std::int64_t one = 10; one < 10 * kSecond; one *= 10) {
    for (const auto step : {one, 2 * one, 5 * one / 2, 5 * one}) {
      if (step >= least) return step;
    }
  }
  for (const auto step :
       {10 * kSecond, 20 * kSecond, 30 * kSecond, kMinute, 2 * kMinute, 5 * kMinute, 10 * kMinute,
        20 * kMinute, 30 * kMinute, kHour, 2 * kHour, 6 * kHour, 12 * kHour}) {
    if (step >= least) return step;
  }
  return (least / kDay + 1) * kDay;
}

/// As short as a line of the grid allows: "200 ms", "1.5 s".
std::string tick_text(std::int64_t micros) {
  constexpr std::int64_t kMilli = 1000, kSecond = 1'000'000, kTwoMinutes = 120 * kSecond;
  if (micros == 0) return "0";
  if (micros >= kTwoMinutes) return service::status::span_text(micros / kMilli);
  char text[32];
  const auto [unit, name] = micros < kMilli    ? std::pair<std::int64_t, const char*>{1, " µs"}
                            : micros < kSecond ? std::pair<std::int64_t, const char*>{kMilli, " ms"}
                                               : std::pair<std::int64_t, const char*>{kSecond, " s"};
  std::snprintf(text, sizeof text, "%g%s", static_cast<double>(micros) / static_cast<double>(unit), name);
  return text;
}

std::string axis(const Scale& scale) {
  const auto step = grid_step(scale), length = scale.end - scale.begin;
  std::string out = "<div class=\"axis\">";
  for (std::int64_t at = 0; at <= length; at += step) {
    const auto percent = 100 * static_cast<double>(at) / static_cast<double>(length);
    // Within the chart at both ends.
    const char* side = at == 0 ? " class=\"first\"" : percent > 92 ? " class=\"last\"" : "";
    out +=
        std::string("<span") + side + " style=\"left:" + number(percent) + "%\">" + tick_text(at) + "</span>";
  }
  return out + "</div>\n";
}

}  // namespace

std::string lanes_html(const Course& course, std::int64_t now) {
  const Scale scale{course.begin, course.end};
  const auto grid =
      100 * static_cast<double>(grid_step(scale)) / static_cast<double>(scale.end - scale.begin);
  std::string out = "<div class=\"chart\">\n" + axis(scale) +
                    "<div class=\"lanes\" style=\"background-size:" + number(grid) + "% 100%\">\n";
  for (const auto* told : course.parts) {
    const auto& part = told->part;
    out += "<div class=\"party\">" + escape_html(part.party.str()) + " <span class=\"soft\">" +
           escape_html(part.service + " " + part.name.str());
    if (!part.heard_of.empty()) out += ", as " + escape_html(part.heard_of.str()) + " tells it";
    out += "</span></div>\n" + steps_rows(part, scale, now) + operation_rows(part, scale);
  }
  return out + "</div>\n" + axis(scale) + "</div>\n";
}

std::string spent_html(const Course& course, std::int64_t now) {
  std::int64_t longest = 1;
  for (const auto* told : course.parts) {
    if (told->part.service == "node") longest = std::max(longest, spent(told->part, now).run_micros);
  }
  std::string out;
  for (const auto* told : course.parts) {
    const auto& part = told->part;
    if (part.service != "node") continue;
    const auto where = spent(part, now);
    if (where.run_micros == 0) continue;
    double x = 0;
    std::string inside, text;
    const auto piece = [&](std::int64_t micros, const std::string& kind, const std::string& what) {
      if (micros <= 0) return;
      const Box box{x, 0, kWidth * static_cast<double>(micros) / static_cast<double>(longest), kLane};
      x += box.width;
      inside += rect(box, kind, what + " " + duration_text(micros));
      if (kind == "wait") inside += stripes(box);
      const auto percent = (200 * micros / where.run_micros + 1) / 2;
      text += (text.empty() ? "" : " · ") + escape_html(what) + " " + duration_text(micros) + " (" +
              std::to_string(percent) + "%)";
    };
    piece(where.computing_micros, "run", "computing");
    for (const auto& [party, micros] : where.waited_micros) piece(micros, "wait", "waiting for " + party);
    piece(where.dealer_micros, "dealer", "waiting for the dealer");
    // Without the instructions nobody knows what it was.
    piece(where.rest_micros, "rest", part.instructions.empty() ? "not told" : "sending, waking up");
    out += "<div class=\"party\">" + escape_html(part.party.str()) + " <span class=\"soft\">ran for " +
           duration_text(where.run_micros) + "</span></div>\n<div class=\"row\">" +
           svg(kLane, part.party.str() + ": where the run's time went", inside) + "<div class=\"what\">" +
           text + "</div></div>\n";
  }
  return out.empty() ? out : "<div class=\"chart\">\n" + out + "</div>\n";
}

std::string share_svg(double share) {
  return "<svg class=\"share\" viewBox=\"0 0 1000 16\" preserveAspectRatio=\"none\" aria-hidden=\"true\">" +
         rect({0, 0, kWidth * std::clamp(share, 0.0, 1.0), 16}, "run") + "</svg>";
}

std::string legend_html() {
  const std::pair<const char*, const char*> kinds[] = {{"ask", "asked by the scheduler"},
                                                       {"prepare", "policy, compiling, links, loading"},
                                                       {"run", "computing"},
                                                       {"wait", "waiting for others"},
                                                       {"dealer", "dealing, or waiting for it"},
                                                       {"rest", "rest of a run: sending, waking up"},
                                                       {"store", "storing"}};
  std::string out = "<ul class=\"legend\">";
  for (const auto& [kind, what] : kinds) {
    const Box box{0, 0, 24, 14};
    out += "<li><svg class=\"key\" viewBox=\"0 0 24 14\" aria-hidden=\"true\">" + rect(box, kind) +
           (std::string(kind) == "wait" ? stripes(box) : "") + "</svg>" + what + "</li>";
  }
  return out + "</ul>\n";
}

}  // namespace spud::app::job_report
