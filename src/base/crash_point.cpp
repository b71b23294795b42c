// SPDX-License-Identifier: Apache-2.0
#include "base/crash_point.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <mutex>

namespace spud {

namespace {

std::atomic<bool> armed{false};
std::mutex mutex;
std::function<void(const std::string&)> armed_action;  // under mutex

}  // namespace

void crash_point(const char* label) {
  if (!armed.load(std::memory_order_acquire)) return;
  std::function<void(const std::string&)> action;
  {
    std::lock_guard lock(mutex);
    action = armed_action;
  }
  if (action) action(label);
}

void on_crash_point(std::function<void(const std::string& label)> action) {
  std::lock_guard lock(mutex);
  armed_action = std::move(action);
  armed = static_cast<bool>(armed_action);
}

void kill_at_crash_point(const std::string& text) {
  const auto colon = text.rfind(':');
  const std::string label = text.substr(0, colon);
  auto left = std::make_shared<std::atomic<long>>(
      colon == std::string::npos ? 1 : std::strtol(text.c_str() + colon + 1, nullptr, 10));
  on_crash_point([label, left](const std::string& passed) {
    if (passed == label && --*left == 0) (void)std::raise(SIGKILL);
  });
}

}  // namespace spud
