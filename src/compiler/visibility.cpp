// SPDX-License-Identifier: Apache-2.0
#include "compiler/visibility.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "compiler/knowledge.hpp"

namespace spud::compiler {
namespace {

using ir::ValueId;
using ir::Visibility;
using ops::Opcode;

/// A value of any region, numbered over all regions.
using Node = std::uint32_t;
constexpr Node kNone = UINT32_MAX;

/// Which values take part in which: what is known to whom flows along the edges from the parameters, and
/// joins where they meet, until nothing changes: loops are edges back, and a value changes twice at most.
class Flow {
 public:
  Flow(ir::Region& main, const std::vector<std::string>& names) : main_(main), names_(names) {}

  Status run() {
    collect(main_);
    build_edges();
    spread();
    for (const auto& place : places_) {
      for (std::size_t v = 0; v < place.region->values.size(); ++v) {
        const Knowledge& known = known_[place.first + v];
        place.region->values[v].visibility = known.is_public() ? Visibility::kPublic : Visibility::kSecret;
        place.region->values[v].owner = known.owner();
      }
    }
    return check();
  }

 private:
  struct Place {
    ir::Region* region;
    Node first;                      ///< number of its value 0
    std::vector<std::size_t> inner;  ///< places of the regions of its instructions, in order
  };

  /// Regions nest to a bounded depth, so this may recurse.
  std::size_t collect(ir::Region& region) {
    std::size_t place = places_.size();
    places_.push_back({&region, nodes_, {}});
    nodes_ += static_cast<Node>(region.values.size());
    origins_.resize(nodes_, nullptr);
    for (auto& instruction : region.instructions) {
      for (std::uint32_t r = 0; r < instruction.result_count; ++r) {
        origins_[places_[place].first + instruction.first_result + r] = &instruction;
      }
    }
    for (auto& instruction : region.instructions) {
      for (auto& inner : instruction.regions) {
        std::size_t nested = collect(inner);
        places_[place].inner.push_back(nested);
      }
    }
    return place;
  }

  void edge(Node from, Node to) { edges_.push_back({from, to}); }

  void build_edges() {
    for (const auto& place : places_) {
      std::size_t inner = 0;
      for (const auto& instruction : place.region->instructions) {
        auto operand = [&](std::size_t i) { return place.first + instruction.operands[i]; };
        Node result = place.first + instruction.first_result;
        if (instruction.opcode == Opcode::kWhile) {
          const Place& condition = places_[place.inner[inner]];
          const Place& body = places_[place.inner[inner + 1]];
          for (std::uint32_t i = 0; i < instruction.result_count; ++i) {
            edge(operand(i), body.first + i);
            edge(body.first + body.region->results[i], body.first + i);
            edge(body.first + i, condition.first + i);
            edge(body.first + i, result + i);
          }
        } else if (instruction.opcode == Opcode::kConditional) {
          for (std::size_t b = 0; b < instruction.regions.size(); ++b) {
            const Place& branch = places_[place.inner[inner + b]];
            for (std::uint32_t i = 0; i < branch.region->parameter_count; ++i)
              edge(operand(i + 1), branch.first + i);
            for (std::uint32_t i = 0; i < instruction.result_count; ++i) {
              edge(branch.first + branch.region->results[i], result + i);
            }
          }
        } else if (instruction.opcode == Opcode::kFirst) {
          edge(operand(0), result);
          edge(operand(0), result + 1);
        } else if (instruction.opcode == Opcode::kSort) {
          for (std::uint32_t i = 0; i < instruction.result_count; ++i) {
            edge(operand(i), result + i);
            for (auto key : instruction.attributes.dimensions)
              edge(operand(static_cast<std::size_t>(key)), result + i);
          }
        } else {
          for (std::size_t i = 0; i < instruction.operands.size(); ++i) edge(operand(i), result);
        }
        inner += instruction.regions.size();
      }
    }
    std::stable_sort(edges_.begin(), edges_.end(),
                     [](const Edge& a, const Edge& b) { return a.from < b.from; });
  }

  void spread() {
    known_.assign(nodes_, Knowledge::of_all());
    cause_.assign(nodes_, kNone);
    std::vector<Node> queue;
    for (Node p = 0; p < main_.parameter_count; ++p) {
      if (main_.values[p].visibility != Visibility::kPublic) {
        const auto owner = main_.values[p].owner;
        known_[p] = owner ? Knowledge::of(*owner) : Knowledge::of_none();
        queue.push_back(p);
      }
    }
    // First in, first out: the cause found for a value lies on a shortest way to it, the easiest to explain.
    for (std::size_t at = 0; at < queue.size(); ++at) {
      Node from = queue[at];
      auto edge = std::lower_bound(edges_.begin(), edges_.end(), from,
                                   [](const Edge& e, Node node) { return e.from < node; });
      for (; edge != edges_.end() && edge->from == from; ++edge) {
        const Knowledge both = join(known_[edge->to], known_[from]);
        if (both == known_[edge->to]) continue;
        if (known_[edge->to].is_public()) cause_[edge->to] = from;
        known_[edge->to] = both;
        queue.push_back(edge->to);
      }
    }
  }

  /// "in0 (by way of 'dot.3', 'compare.7')"
  std::string blame(Node node) const {
    std::vector<std::string> way;
    const std::string* last = nullptr;
    for (; cause_[node] != kNone; node = cause_[node]) {
      const auto* instruction = origins_[node];
      if (instruction == nullptr || instruction->origin.empty()) continue;
      if (last != nullptr && *last == instruction->origin) continue;
      last = &instruction->origin;
      way.push_back("'" + instruction->origin + "'");
    }
    std::reverse(way.begin(), way.end());
    constexpr std::size_t kEnds = 3;
    std::string text;
    for (std::size_t i = 0; i < way.size(); ++i) {
      if (way.size() > 2 * kEnds && i == kEnds) {
        text += ", …";
        i = way.size() - kEnds;
      }
      text += (text.empty() ? "" : ", ") + way[i];
    }
    SPUD_CHECK(node < names_.size(), "secrets come from parameters");
    return text.empty() ? names_[node] : names_[node] + " (by way of " + text + ")";
  }

  Status refuse(const ir::Instruction& instruction, const std::string& what, const char* would_reveal,
                Node secret, const char* hint) const {
    return fail(ErrorCode::kUnsupported,
                what + ": " + would_reveal + " would reveal something about " + blame(secret),
                "instruction '" + instruction.origin + "'", "", "", hint);
  }

  Status check() const {
    for (const auto& place : places_) {
      std::size_t inner = 0;
      for (const auto& instruction : place.region->instructions) {
        if (instruction.opcode == Opcode::kWhile) {
          const Place& condition = places_[place.inner[inner]];
          Node result = condition.first + condition.region->results[0];
          if (!known_[result].is_public()) {
            return refuse(instruction, "while with a secret condition", "the number of iterations", result,
                          "use a fixed number of iterations and select the result");
          }
        }
        inner += instruction.regions.size();
      }
    }
    return {};
  }

  struct Edge {
    Node from, to;
  };

  ir::Region& main_;
  const std::vector<std::string>& names_;
  std::vector<Place> places_;
  std::vector<const ir::Instruction*> origins_;  ///< the instruction that defines a node; null for parameters
  std::vector<Edge> edges_;
  std::vector<Knowledge> known_;
  std::vector<Node> cause_;  ///< what made a node secret; kNone for parameters of the program
  Node nodes_ = 0;
};

}  // namespace

Status infer_visibility(ir::Region& region, const std::vector<std::string>& names) {
  return Flow(region, names).run();
}

}  // namespace spud::compiler
