// SPDX-License-Identifier: Apache-2.0
#include "actors/door/working.hpp"

#include <utility>

namespace spud::actors {

Working::Working(net::Connection& connection, Bytes beat, Millis every)
    : connection_(connection), beat_(std::move(beat)), every_(every), thread_([this] { run(); }) {}

Working::~Working() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void Working::set(bool working) {
  std::lock_guard lock(mutex_);
  working_ = working;
  // At the end nobody need wake up.
  if (working) changed_.notify_all();
}

void Working::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return working_ || stopped_; });
    if (changed_.wait_for(lock, every_, [&] { return stopped_; })) return;
    // Whoever asked waits and takes little: what does not fit its socket in that time never will.
    if (working_ && !connection_.send(beat_, every_)) return;
  }
}

}  // namespace spud::actors
