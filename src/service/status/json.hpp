// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include "service/status/view.hpp"

namespace spud::service::status {

/// What /status.json says, docs/status.md names every field. "version" is kVersion.
nlohmann::ordered_json to_json(const Snapshot& snapshot);
/// The part of a scheduler, for those who ask it over the wire.
nlohmann::ordered_json to_json(const SchedulerView& view);

/// How far a job is; its phase, what is done and of how much, and what the rest takes.
nlohmann::ordered_json progress_json(const JobProgress& progress);

/// Texts of others that are no UTF-8 are replaced, never refused.
std::string text_of(const nlohmann::ordered_json& json);

}  // namespace spud::service::status
