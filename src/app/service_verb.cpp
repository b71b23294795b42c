// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <memory>

#include "app/verbs.hpp"

namespace spud::app {
namespace {

constexpr int kUsable = 0, kUnusable = 2;

}  // namespace

void add_service(CLI::App& verb, int& exit_code, const ServiceVerb& service) {
  struct Options {
    std::string config;
    bool explain = false;
    bool check = false;
  };
  auto options = std::make_shared<Options>();
  verb.add_option("--config", options->config, "Configuration, YAML; SPUD_… variables override its keys");
  verb.add_flag("--explain-config", options->explain,
                "Print a configuration with every key explained, and end");
  verb.add_flag("--check-config", options->check,
                "Say whether it would start with this configuration: read it, certificates, keys, bundles, "
                "look at its folders, and end: 'ok' and 0, or what is wrong and 2");
  verb.footer(
      "SIGTERM drains it: no new work, what runs may end, then exit code 0; a second one ends it at once.\n"
      "SIGHUP takes anew, without a restart: log.level, the files of tls.certificate, tls.key and\n"
      "tls.bundles (also looked at every tls.look_interval), and opens log.file again.\n"
      "Example: spud " +
      verb.get_name() + " --config " + verb.get_name() + ".yaml");
  verb.callback([options, service, &exit_code, &verb] {
    if (!verb.get_subcommands().empty()) return;  // a verb below it was meant
    const auto name = verb.get_name();
    if (options->explain) {
      std::fputs(service.explain().c_str(), stdout);
      return;
    }
    if (options->config.empty()) {
      exit_code = report(Error{ErrorCode::kBadInput, "no configuration", "spud " + name, "--config FILE", "",
                               "spud " + name + " --explain-config prints one"});
      return;
    }
    if (options->check) {
      auto usable = service.check(options->config);
      if (usable) std::puts("ok");
      if (!usable) report(usable.error());
      exit_code = usable ? kUsable : kUnusable;
      return;
    }
    if (auto served = service.serve(options->config); !served) exit_code = report(served.error());
  });
}

}  // namespace spud::app
