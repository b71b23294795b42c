// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "app/verbs.hpp"

int main(int argc, char** argv) {
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
