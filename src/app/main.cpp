// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <cstdlib>

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
  // The parser would only say that a command is missing.
  if (argc > 1 && argv[1][0] != '-') {
    const std::string verb = argv[1];
    if (app.get_subcommands([&](const CLI::App* one) { return one->get_name() == verb; }).empty()) {
      return spud::app::report(spud::Error{spud::ErrorCode::kBadInput, "unknown command '" + verb + "'", "",
                                           "one of those that spud --help lists", "", ""});
    }
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return exit_code;
}
