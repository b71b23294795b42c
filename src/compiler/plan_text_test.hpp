// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "compiler/compile.hpp"
#include "compiler/import/hlo_builder_test.hpp"
#include "ir/print.hpp"

namespace spud::compiler::testing {

/// Compiles a module that a test has built.
inline Result<ir::Plan> compiled(HloBuilder& hlo, std::vector<ir::Visibility> visibilities) {
  std::string bytes = hlo.module().SerializeAsString();
  CompileRequest request;
  request.program = as_bytes(bytes);
  for (auto visibility : visibilities) request.parameters.push_back({visibility, std::nullopt});
  return compile(request);
}

/// The plan's text without its header and origins, or the error.
inline std::string text(const Result<ir::Plan>& plan) {
  if (!plan) return plan.error().message();
  ir::Plan bare = *plan;
  auto strip = [](auto& self, ir::Region& region) -> void {
    for (auto& instruction : region.instructions) {
      instruction.origin.clear();
      for (auto& nested : instruction.regions) self(self, nested);
    }
  };
  strip(strip, bare.main);
  auto all = ir::to_text(bare);
  return all.substr(all.find('\n') + 1);
}

}  // namespace spud::compiler::testing
