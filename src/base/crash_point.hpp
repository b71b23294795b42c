// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

namespace spud {

/// Named places of the code at which a test lets the process, or its disk, die: before and after every write
/// that a promise rests on. Costs one load where nothing is armed, which is everywhere but in tests.
void crash_point(const char* label);

/// What happens at crash points from now on, on whichever thread passes one; empty: nothing.
void on_crash_point(std::function<void(const std::string& label)> action);

/// Arms the process to end itself, as by kill -9, at the `count`th passing of a label. `text` is LABEL or
/// LABEL:COUNT, as the environment variable SPUD_CRASH_AT has it.
void kill_at_crash_point(const std::string& text);

}  // namespace spud
