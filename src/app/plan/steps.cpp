// SPDX-License-Identifier: Apache-2.0
#include "app/plan/steps.hpp"

#include <algorithm>
#include <map>

#include "ir/print.hpp"

namespace spud::app::plan {
namespace {

std::size_t count(const ir::Region& region) {
  std::size_t sum = region.instructions.size();
  for (const auto& instruction : region.instructions) {
    for (const auto& nested : instruction.regions) sum += count(nested);
  }
  return sum;
}

std::string without_numbers(std::string_view line) {
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    out += line[i];
    if (line[i] != '%') continue;
    while (i + 1 < line.size() && line[i + 1] >= '0' && line[i + 1] <= '9') ++i;
  }
  return out;
}

}  // namespace

compiler::StepObserver StepLog::observer() {
  return [this](const char* name, const ir::Region& main) {
    Step step{name, ir::to_text(main), count(main), true};
    if (!steps_.empty()) step.changed = step.text != text_before(steps_, steps_.size());
    if (!step.changed) step.text.clear();
    steps_.push_back(std::move(step));
  };
}

const std::string& text_before(const std::vector<Step>& steps, std::size_t index) {
  do --index;
  while (!steps[index].changed);
  return steps[index].text;
}

std::vector<std::string> names_of(const std::vector<Step>& steps) {
  std::vector<std::string> names;
  for (const auto& step : steps) {
    if (std::ranges::find(names, step.name) == names.end()) names.push_back(step.name);
  }
  return names;
}

std::string headline(const std::vector<Step>& steps, std::size_t index) {
  const Step& step = steps[index];
  if (index == 0) return step.name + ": " + std::to_string(step.instructions) + " instructions";
  if (!step.changed) return step.name + ": changes nothing";
  const std::size_t before = steps[index - 1].instructions;
  if (before == step.instructions) return step.name + ": still " + std::to_string(before) + " instructions";
  return step.name + ": from " + std::to_string(before) + " to " + std::to_string(step.instructions) +
         " instructions";
}

std::vector<bool> lines_without_partner(std::string_view text, std::string_view other) {
  std::map<std::string, std::size_t> partners;
  for (auto line : lines_of(other)) ++partners[without_numbers(line)];
  std::vector<bool> lone;
  for (auto line : lines_of(text)) {
    auto found = partners.find(without_numbers(line));
    lone.push_back(found == partners.end() || found->second == 0);
    if (!lone.back()) --found->second;
  }
  return lone;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace spud::app::plan
