// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "service/status/view.hpp"

namespace spud::app::top {

/// What `spud top` has heard.
struct Heard {
  std::string scheduler;  ///< its address
  std::int64_t unix_millis = 0;
  bool ever = false;  ///< `view` is an answer
  service::status::SchedulerView view{};
  std::int64_t age_millis = 0;  ///< of the view
  std::string silence{};        ///< why there is no newer one; empty: this is how it is
};

/// What a terminal can show.
struct Paper {
  std::size_t width = 100;
  std::size_t height = 0;  ///< 0: as long as it gets
  bool colours = false;
  bool blocks = false;  ///< characters beyond ASCII
};

/// The lines to show, none wider or more than fit, each without its end. Whatever others chose is shown in
/// plain ASCII: nothing in a name moves the cursor or turns the text around.
std::vector<std::string> screen(const Heard& heard, const Paper& paper);

}  // namespace spud::app::top
