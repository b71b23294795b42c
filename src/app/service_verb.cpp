// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <memory>

#include "app/verbs.hpp"

namespace spud::app {

void add_service(CLI::App& verb, int& exit_code, std::string (*explain)(),
                 std::function<Status(const std::string& config_file)> serve) {
  struct Options {
    std::string config;
    bool explain = false;
  };
  auto options = std::make_shared<Options>();
  verb.add_option("--config", options->config, "Configuration, YAML; SPUD_… variables override its keys");
  verb.add_flag("--explain-config", options->explain,
                "Print a configuration with every key explained, and end");
  verb.footer(
      "SIGTERM drains it: no new work, what runs may end, then exit code 0.\n"
      "Example: spud " +
      verb.get_name() + " --config " + verb.get_name() + ".yaml");
  verb.callback([options, explain, serve = std::move(serve), &exit_code, &verb] {
    if (!verb.get_subcommands().empty()) return;  // a verb below it was meant
    const auto name = verb.get_name();
    if (options->explain) {
      std::fputs(explain().c_str(), stdout);
      return;
    }
    if (options->config.empty()) {
      exit_code = report(Error{ErrorCode::kBadInput, "no configuration", "spud " + name, "--config FILE", "",
                               "spud " + name + " --explain-config prints one"});
      return;
    }
    if (auto served = serve(options->config); !served) exit_code = report(served.error());
  });
}

}  // namespace spud::app
