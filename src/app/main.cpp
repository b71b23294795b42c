// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "app/core_files.hpp"
#include "app/verbs.hpp"
#include "base/crash_point.hpp"
#include "ring/simd.hpp"

namespace {

/// SPUD_SIMD=portable, avx2 or avx512: not the best that the processor has, for comparing them.
spud::Status choose_instruction_set() {
  const char* wish = std::getenv("SPUD_SIMD");
  if (wish == nullptr) return {};
  const auto path = spud::ring::simd_path_from_string(wish);
  const auto& have = spud::ring::simd_paths();
  if (!path || std::find(have.begin(), have.end(), *path) == have.end()) {
    std::string names;
    for (auto one : have) names += (names.empty() ? "" : ", ") + std::string(spud::ring::to_string(one));
    return spud::bad_input("no instruction set '" + std::string(wish) + "'", "SPUD_SIMD", "one of " + names);
  }
  spud::ring::set_simd_path(*path);
  return {};
}

/// Of a verb that nobody knows the parser would only say that one is missing.
spud::Status check_verbs(const CLI::App& app, const std::vector<std::string>& words) {
  const auto* at = &app;
  std::string said;
  for (const auto& word : words) {
    const auto verbs = at->get_subcommands([](const CLI::App*) { return true; });
    if (verbs.empty() || word.starts_with('-')) return {};
    const auto found = std::ranges::find(verbs, word, [](const CLI::App* one) { return one->get_name(); });
    if (found == verbs.end()) {
      std::string names;
      for (const auto* one : verbs) names += (names.empty() ? "" : ", ") + one->get_name();
      return spud::fail(spud::ErrorCode::kBadInput, "unknown command '" + said + word + "'", "",
                        "one of " + names);
    }
    at = *found;
    said += word + " ";
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (auto kept = spud::app::keep_memory_private(); !kept) return spud::app::report(kept.error());
  CLI::App app{"spud: programs on data that nobody may see"};
  app.require_subcommand(1);
  app.failure_message(
      [](const CLI::App*, const CLI::Error& error) { return std::string("spud: ") + error.what() + "\n"; });
  int exit_code = 0;
  spud::app::add_sim(app, exit_code);
  spud::app::add_plan(app, exit_code);
  spud::app::add_bench(app, exit_code);
  spud::app::add_keys(app, exit_code);
  spud::app::add_version(app, exit_code);
  spud::app::add_scheduler(app, exit_code);
  spud::app::add_node(app, exit_code);
  spud::app::add_dealer(app, exit_code);
  spud::app::add_device(app, exit_code);
  spud::app::add_data(app, exit_code);
  spud::app::add_program(app, exit_code);
  spud::app::add_job(app, exit_code);
  spud::app::add_stock(app, exit_code);
  spud::app::add_top(app, exit_code);
  spud::app::add_doctor(app, exit_code);
  // For tests that let a service die at a chosen place.
  if (const char* place = std::getenv("SPUD_CRASH_AT")) spud::kill_at_crash_point(place);
  if (auto chosen = choose_instruction_set(); !chosen) return spud::app::report(chosen.error());
  if (auto known = check_verbs(app, {argv + 1, argv + argc}); !known) return spud::app::report(known.error());
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return exit_code;
}
