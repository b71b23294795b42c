// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "base/bytes.hpp"

namespace spud::sim {

/// What crosses the network at once: an encoded message, and the bulk bytes that go with it.
struct Frame {
  Bytes head;
  Bytes payload{};
};

using Reply = std::function<void(Frame)>;

}  // namespace spud::sim
