// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/window.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace spud::compiler {

Result<Window> Window::over(const std::vector<HloWindowDimension>& window, const Shape& shape) {
  if (window.size() > shape.size()) {
    return bad_input("a window of " + std::to_string(window.size()) + " dimensions", "",
                     "at most the operand's " + std::to_string(shape.size()));
  }
  const std::size_t before = shape.size() - window.size();
  Window out;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const HloWindowDimension w = d < before ? HloWindowDimension{} : window[d - before];
    const __int128 inner = static_cast<__int128>(std::max<std::int64_t>(shape[d] - 1, 0)) * w.base_dilation;
    const __int128 padded = w.low + w.high + (shape[d] == 0 ? 0 : inner + 1);
    if (padded < 0 || padded > limits::kElementsPerTensor) {
      return bad_input("dimension " + std::to_string(d) + " has an impossible size once it is padded");
    }
    out.low.push_back(w.low);
    out.high.push_back(w.high);
    out.interior.push_back(w.base_dilation - 1);
    out.sizes.push_back(w.size);
    out.stride.push_back(w.stride);
    out.dilation.push_back(w.window_dilation);
    if (w.is_reversed) out.reversed.push_back(static_cast<std::int64_t>(d));
  }
  return out;
}

}  // namespace spud::compiler
