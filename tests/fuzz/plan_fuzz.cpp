// SPDX-License-Identifier: Apache-2.0
// Plans at rest: what is read back and verified is written as the same plan again.
#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "ir/canonical.hpp"
#include "ir/codec.hpp"
#include "ir/print.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spud;
  const auto plan = ir::decode({reinterpret_cast<const std::byte*>(data), size});
  if (!plan) return 0;
  const auto again = ir::decode(ir::encode(*plan));
  if (again && ir::digest(*again) == ir::digest(*plan) && !ir::to_text(*plan).empty()) return 0;
  std::cerr << (again ? "another plan" : again.error().message()) << '\n';
  std::abort();
}
