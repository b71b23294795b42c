// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "service/status/view.hpp"

namespace spud::app::top {

/// What `spud top` has heard, of a scheduler's clients' port or of a service's operations port.
struct Heard {
  std::string scheduler;  ///< its address, or that of the operations port
  std::int64_t unix_millis = 0;
  bool ever = false;  ///< `view` or `service` is an answer
  service::status::SchedulerView view{};
  /// There are more than came: the totals are the least that there are.
  bool more_running = false, more_waiting = false;
  /// What a service says of itself; nullopt: it is a client that asks.
  std::optional<service::status::Snapshot> service{};
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
