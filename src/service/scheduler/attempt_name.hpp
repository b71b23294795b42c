// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>

#include "base/id.hpp"

namespace spud::service::scheduler {

/// An attempt of a job: what the scheduler starts, watches and cancels.
struct AttemptName {
  JobId job;
  std::uint32_t attempt = 0;
  auto operator<=>(const AttemptName&) const = default;
};

}  // namespace spud::service::scheduler
