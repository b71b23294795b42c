// SPDX-License-Identifier: Apache-2.0
// `spud version`: what the nodes of one device must agree on.
#include "compiler/version.hpp"

#include <cstdio>

#include <nlohmann/json.hpp>

#include "app/service.hpp"
#include "app/verbs.hpp"
#include "ring/simd.hpp"

namespace spud::app {

const char* const kVersion = SPUD_VERSION;

void add_version(CLI::App& app, int& exit_code) {
  auto json = std::make_shared<bool>(false);
  auto* verb = app.add_subcommand("version", "Say which spud this is");
  verb->add_flag("--json", *json, "Print JSON");
  verb->footer("Example: spud version --json");
  verb->callback([json, &exit_code] {
    exit_code = 0;
    const std::string compiler(compiler::kCompilerVersion);
    if (*json) {
      const nlohmann::json report{
          {"spud", kVersion}, {"compiler", compiler}, {"simd", ring::to_string(ring::simd_path())}};
      std::printf("%s\n", report.dump(2).c_str());
      return;
    }
    std::printf("spud %s\ncompiler %s\ninstruction set %s\n", kVersion, compiler.c_str(),
                ring::to_string(ring::simd_path()));
  });
}

}  // namespace spud::app
