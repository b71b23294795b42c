// SPDX-License-Identifier: Apache-2.0
// Programs: whatever the bytes are, a plan or an error of one line that blames the program.
#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "compiler/compile.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spud;
  const ByteView bytes{reinterpret_cast<const std::byte*>(data), size};
  const auto types = compiler::parameter_types(bytes);
  if (!types) return 0;
  // Every third input is public, so that places and choices are of both kinds.
  compiler::CompileRequest request;
  request.program = bytes;
  for (std::size_t i = 0; i < types->size(); ++i) {
    request.parameters.push_back(
        {i % 3 == 1 ? ir::Visibility::kPublic : ir::Visibility::kSecret, std::nullopt});
  }
  const auto plan = compiler::compile(request);
  if (plan) return 0;
  const auto& error = plan.error();
  if (error.code != ErrorCode::kInternal && error.message().find('\n') == std::string::npos) return 0;
  std::cerr << error.message() << '\n';
  std::abort();
}
