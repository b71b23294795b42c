// SPDX-License-Identifier: Apache-2.0
// A region as boxes and lines. Constants are not drawn. Of a large region only what costs something is, and
// lines lead past the rest.
#include "app/plan/graph.hpp"

#include <algorithm>
#include <cstdio>
#include <unordered_map>

#include "app/plan/layout.hpp"
#include "base/html.hpp"
#include "ir/print.hpp"
#include "service/status/text.hpp"

namespace spud::app::plan {

using service::status::bytes_text;
namespace {

constexpr std::size_t kDrawnInFull = 100;  ///< instructions; of more only those that cost something
constexpr std::size_t kMostDrawn = 250;    ///< the most expensive of those
constexpr std::size_t kMostLines = 6;      ///< into a box past what is not drawn
constexpr std::size_t kLabelLetters = 26;
constexpr double kLetter = 6.9, kLine = 15, kRoom = 9, kFrame = 8;

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

std::string shortened(const std::string& text) {
  return text.size() <= kLabelLetters ? text : text.substr(0, kLabelLetters - 1) + "…";
}

/// A box to be.
struct Node {
  std::vector<std::string> lines;  ///< the first is its title
  std::string hint, target, style;
};

class Drawing {
 public:
  Drawing(const Report& report, const ir::Region& region,
          const std::unordered_map<const ir::Instruction*, std::size_t>& places, bool is_main)
      : report_(report), region_(region), places_(places), is_main_(is_main) {
    choose();
    draw_parameters();
    for (std::size_t i = 0; i < region_.instructions.size(); ++i) draw(i);
    draw_results();
    place_parameters();
  }

  std::string html() const {
    Layout layout;
    for (const auto& node : nodes_) {
      std::size_t letters = 0;
      for (const auto& line : node.lines) letters = std::max(letters, line.size());
      layout.boxes.push_back({std::max(60.0, static_cast<double>(letters) * kLetter + 2 * kRoom),
                              static_cast<double>(node.lines.size()) * kLine + kRoom, 0, 0});
    }
    for (const auto& [from, to] : lines_) layout.edges.push_back({from, to, {}});
    lay_out(layout);
    const double width = layout.width + 2 * kFrame, height = layout.height + 2 * kFrame;
    std::string out = "<div class=\"scroll graph\"><svg width=\"" + number(width) + "\" height=\"" +
                      number(height) + "\" viewBox=\"" + number(-kFrame) + " " + number(-kFrame) + " " +
                      number(width) + " " + number(height) + "\" role=\"img\" aria-label=\"Dataflow\">\n";
    for (const auto& edge : layout.edges) out += edge_svg(layout, edge);
    for (std::size_t n = 0; n < nodes_.size(); ++n) out += node_svg(layout.boxes[n], nodes_[n]);
    out += "</svg></div>\n";
    if (left_out_ > 0) {
      out += "<p class=\"note\">Not drawn: " + std::to_string(left_out_) + " of " +
             std::to_string(region_.instructions.size()) + " instructions, " +
             (is_large_ ? "which cost little or nothing" : "constants") + ".</p>\n";
    }
    return out;
  }

 private:
  std::size_t place(std::size_t i) const { return places_.at(&region_.instructions[i]); }

  void choose() {
    const auto& instructions = region_.instructions;
    drawn_.assign(instructions.size(), false);
    std::vector<std::pair<std::uint64_t, std::size_t>> costs;
    for (std::size_t i = 0; i < instructions.size(); ++i) {
      drawn_[i] = instructions[i].opcode != ops::Opcode::kConstant;
      const auto cost = report_.ledger.with_regions(place(i));
      if (!is_free(cost) || !instructions[i].regions.empty()) costs.emplace_back(report_.bytes(cost), i);
    }
    is_large_ = std::ranges::count(drawn_, true) > static_cast<std::ptrdiff_t>(kDrawnInFull);
    if (is_large_) {
      drawn_.assign(instructions.size(), false);
      std::ranges::stable_sort(costs, [](const auto& a, const auto& b) { return a.first > b.first; });
      if (costs.size() > kMostDrawn) costs.resize(kMostDrawn);
      for (const auto& [bytes, i] : costs) drawn_[i] = true;
    }
    left_out_ = static_cast<std::size_t>(std::ranges::count(drawn_, false));
  }

  void draw_parameters() {
    sources_.resize(region_.values.size());
    for (ir::ValueId p = 0; p < region_.parameter_count; ++p) {
      const std::string name = is_main_ ? report_.plan.inputs[p].name : "%" + std::to_string(p);
      const std::string type = ir::to_text(region_.values[p]);
      sources_[p] = {nodes_.size()};
      nodes_.push_back({{name, shortened(to_string(region_.values[p].type))},
                        (is_main_ ? "input: " : "carried: ") + type,
                        "",
                        region_.values[p].visibility == ir::Visibility::kPublic ? "end public" : "end"});
    }
  }

  void draw(std::size_t i) {
    const auto& instruction = region_.instructions[i];
    std::vector<std::size_t> from;
    for (auto operand : instruction.operands) {
      from.insert(from.end(), sources_[operand].begin(), sources_[operand].end());
    }
    std::ranges::sort(from);
    from.erase(std::unique(from.begin(), from.end()), from.end());
    std::vector<std::size_t> results;
    if (drawn_[i]) {
      results = {nodes_.size()};
      nodes_.push_back(node_of(i));
      connect(from, results[0]);
    } else {
      // The latest say most about where a value comes from.
      if (from.size() > kMostLines) from.erase(from.begin(), from.end() - kMostLines);
      results = std::move(from);
    }
    for (std::uint32_t r = 0; r < instruction.result_count; ++r) {
      sources_[instruction.first_result + r] = results;
    }
  }

  Node node_of(std::size_t i) const {
    const auto& instruction = region_.instructions[i];
    const auto cost = report_.ledger.with_regions(place(i));
    bool is_public = true;
    for (std::uint32_t r = 0; r < instruction.result_count; ++r) {
      is_public &= region_.values[instruction.first_result + r].visibility == ir::Visibility::kPublic;
    }
    Node node;
    node.lines.push_back(shortened(results_of(instruction) + " " + to_string(instruction.opcode)));
    if (instruction.result_count == 1) {
      node.lines.push_back(shortened(to_string(region_.values[instruction.first_result].type)));
    }
    if (instruction.opcode == ops::Opcode::kWhile) {
      node.lines.push_back(std::to_string(cost.turns) + (cost.turns == 1 ? " turn" : " turns"));
    }
    if (report_.bytes(cost) > 0 || cost.rounds > 0) {
      node.lines.push_back(bytes_text(report_.bytes(cost)) + ", " + std::to_string(cost.rounds) +
                           (cost.rounds == 1 ? " round" : " rounds"));
    }
    node.hint = path_of(report_.ledger, place(i)) + "\n" + ir::to_text(region_, instruction);
    if (!is_free(cost)) {
      node.hint += "\n" + bytes_text(report_.sent(cost)) + " sent, " + bytes_text(cost.tape_bytes) +
                   " of tape, " + std::to_string(cost.rounds) + " rounds, " +
                   percent_text(report_.share(cost)) + " of all bytes";
    }
    node.target = "op" + std::to_string(place(i));
    node.style = heat_of(report_.share(cost));
    if (is_public) node.style += " public";
    return node;
  }

  void draw_results() {
    for (std::size_t r = 0; r < region_.results.size(); ++r) {
      const auto& info = region_.values[region_.results[r]];
      nodes_.push_back({{(is_main_ ? "out" : "result ") + std::to_string(r), shortened(to_string(info.type))},
                        (is_main_ ? "output: " : "result: ") + ir::to_text(info),
                        "",
                        info.visibility == ir::Visibility::kPublic ? "end public" : "end"});
      connect(sources_[region_.results[r]], nodes_.size() - 1);
    }
  }

  void connect(const std::vector<std::size_t>& from, std::size_t to) {
    for (auto one : from) lines_.emplace_back(one, to);
  }

  /// Of a large drawing every line from a parameter gets a box of its own: one that is used everywhere would
  /// have lines all over. Parameters of regions that nothing uses are left out.
  void place_parameters() {
    const std::size_t parameters = region_.parameter_count;
    std::vector<Node> placed;
    std::vector<std::size_t> now(nodes_.size(), 0);
    std::vector<bool> used(parameters, false);
    for (auto& [from, to] : lines_) {
      if (from >= parameters) continue;
      if (is_large_ || !used[from]) {
        now[from] = placed.size();
        placed.push_back(nodes_[from]);
      }
      used[from] = true;
      from = now[from];
      to += nodes_.size();  // marked: its box is not placed yet, its line's beginning is
    }
    for (std::size_t p = 0; p < parameters; ++p) {
      if (is_main_ && !used[p]) placed.push_back(nodes_[p]);
    }
    const std::size_t first = placed.size();
    for (std::size_t n = parameters; n < nodes_.size(); ++n) placed.push_back(std::move(nodes_[n]));
    for (auto& [from, to] : lines_) {
      if (to >= nodes_.size()) {
        to -= nodes_.size();
      } else {
        from = from - parameters + first;
      }
      to = to - parameters + first;
    }
    nodes_ = std::move(placed);
  }

  static std::string edge_svg(const Layout& layout, const Edge& edge) {
    const Box &from = layout.boxes[edge.from], &to = layout.boxes[edge.to];
    std::vector<Point> points{{from.x, from.y + from.height}};
    points.insert(points.end(), edge.bends.begin(), edge.bends.end());
    points.push_back({to.x, to.y});
    std::string path = "M" + number(points[0].x) + " " + number(points[0].y);
    for (std::size_t p = 1; p < points.size(); ++p) {
      const Point &a = points[p - 1], &b = points[p];
      if (a.x == b.x) {
        path += "V" + number(b.y);
        continue;
      }
      const std::string middle = number((a.y + b.y) / 2);
      path += "C" + number(a.x) + " " + middle + " " + number(b.x) + " " + middle + " " + number(b.x) + " " +
              number(b.y);
    }
    return "<path class=\"edge\" d=\"" + path + "\"/>\n";
  }

  static std::string node_svg(const Box& box, const Node& node) {
    std::string out = node.target.empty() ? "<g" : "<a href=\"#" + node.target + "\"";
    out += " class=\"node " + node.style + "\"><title>" + escape_html(node.hint) + "</title><rect x=\"" +
           number(box.x - box.width / 2) + "\" y=\"" + number(box.y) + "\" width=\"" + number(box.width) +
           "\" height=\"" + number(box.height) + "\" rx=\"5\"/>";
    for (std::size_t l = 0; l < node.lines.size(); ++l) {
      out += std::string("<text") + (l == 0 ? " class=\"first\"" : "") + " x=\"" + number(box.x) + "\" y=\"" +
             number(box.y + kRoom / 2 + static_cast<double>(l) * kLine + 11) + "\">" +
             escape_html(node.lines[l]) + "</text>";
    }
    return out + (node.target.empty() ? "</g>\n" : "</a>\n");
  }

  const Report& report_;
  const ir::Region& region_;
  const std::unordered_map<const ir::Instruction*, std::size_t>& places_;
  bool is_main_, is_large_ = false;
  std::vector<bool> drawn_;
  std::size_t left_out_ = 0;
  std::vector<Node> nodes_;
  std::vector<std::pair<std::size_t, std::size_t>> lines_;
  std::vector<std::vector<std::size_t>> sources_;  ///< of each value: the boxes it comes from
};

class Graphs {
 public:
  explicit Graphs(const Report& report) : report_(report) {
    for (std::size_t i = 0; i < report.ledger.entries().size(); ++i) {
      places_.emplace(report.ledger.entries()[i].instruction, i);
    }
  }

  std::string of(const ir::Region& region, bool is_main) const {
    std::string out = Drawing(report_, region, places_, is_main).html();
    for (const auto& instruction : region.instructions) {
      for (std::size_t r = 0; r < instruction.regions.size(); ++r) out += nested(instruction, r);
    }
    return out;
  }

 private:
  std::string nested(const ir::Instruction& instruction, std::size_t r) const {
    const std::size_t place = places_.at(&instruction);
    const auto cost = report_.ledger.with_regions(place);
    std::string name = results_of(instruction) + " " + to_string(instruction.opcode);
    if (instruction.opcode == ops::Opcode::kWhile) {
      name += r == 0 ? ": condition" : ": body, " + std::to_string(cost.turns) + " turns";
    } else {
      name += ": branch " + std::to_string(r);
    }
    const bool is_open = instruction.opcode == ops::Opcode::kWhile && r == 1 && report_.share(cost) > 0.2;
    return std::string("<details class=\"region\"") + (is_open ? " open" : "") + "><summary>" +
           escape_html(name) + " <span class=\"origin\">" + escape_html(path_of(report_.ledger, place)) +
           "</span></summary>\n" + of(instruction.regions[r], false) + "</details>\n";
  }

  const Report& report_;
  std::unordered_map<const ir::Instruction*, std::size_t> places_;
};

}  // namespace

const char* heat_of(double share) {
  if (share <= 0) return "h0";
  if (share < 0.01) return "h1";
  if (share < 0.05) return "h2";
  if (share < 0.15) return "h3";
  return share < 0.33 ? "h4" : "h5";
}

std::string graph_html(const Report& report) {
  return Graphs(report).of(report.plan.main, true);
}

}  // namespace spud::app::plan
