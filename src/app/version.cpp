// SPDX-License-Identifier: Apache-2.0
// `spud version`: what the nodes of one device must agree on.
#include "compiler/version.hpp"

#include <cstdio>

#include <nlohmann/json.hpp>

#include "app/service.hpp"
#include "app/verbs.hpp"
#include "ring/matmul.hpp"

namespace spud::app {

void add_version(CLI::App& app, int& exit_code) {
  auto json = std::make_shared<bool>(false);
  auto* verb = app.add_subcommand("version", "say which spud this is");
  verb->add_flag("--json", *json, "As JSON");
  verb->footer("Example: spud version --json");
  verb->callback([json, &exit_code] {
    exit_code = 0;
    const std::string compiler(compiler::kCompilerVersion);
    if (*json) {
      const nlohmann::json report{
          {"spud", kVersion}, {"compiler", compiler}, {"matrix_products", ring::matmul_path()}};
      std::printf("%s\n", report.dump(2).c_str());
      return;
    }
    std::printf("spud %s\ncompiler %s\nmatrix products by %s\n", kVersion, compiler.c_str(),
                ring::matmul_path());
  });
}

}  // namespace spud::app
