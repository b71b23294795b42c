// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>
#include <string>
#include <vector>

#include <termios.h>

#include "base/clock.hpp"

namespace spud::app::top {

/// Whether a terminal does what it is told by control sequences: TERM says so.
bool obeys();
/// Colours unless NO_COLOR says no, blocks where the locale has UTF-8.
bool wants_colours();
bool has_blocks();

/// A terminal that shows one screen at a time, from the moment this is made to its end, which leaves the
/// terminal as it was, text and settings. One at a time, on the main thread.
class Terminal {
 public:
  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// Columns and lines; those of old terminals if this one does not say.
  struct Size {
    std::size_t width = 80, height = 24;
  };
  Size size() const;

  void show(const std::vector<std::string>& lines);

  enum class Event {
    kNothing,  ///< the time is over
    kEnd,      ///< q, Ctrl-C, or a signal that ends processes
    kResized,
    kKey,  ///< any other
  };
  /// Waits for a key, a signal, a byte in `wake` or the end of the time.
  Event wait(Millis time, int wake);

 private:
  termios before_{};
  sigset_t signals_before_{};
};

}  // namespace spud::app::top
