// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "service/scheduler/job_shelf.hpp"
#include "service/status/view.hpp"
#include "service/wire/scheduler_codec.hpp"

/// A scheduler's view from what its state machines list, or from what it answers to clients: both have the
/// same words.
namespace spud::service::status {

NodeRow row_of(const wire::NodeStatus& node);
JobRow row_of(const Job& job);
StockRow row_of(const wire::StockKind& kind);
/// Presence by identity; a member that is not in it counts as absent.
DeviceRow row_of(const Device& device, const std::map<std::string, Presence>& presence);

/// Tables of `most` rows at the most; what needs a person's eye comes first.
void show_nodes_and_devices(SchedulerView& view, const wire::Nodes& nodes, const wire::Devices& devices,
                            std::size_t most = kRows);
void show_stock(SchedulerView& view, const wire::StockKinds& kinds, std::size_t most = kRows);

/// How far a running job is, if that was heard.
using ProgressOf = std::function<std::optional<JobProgress>(const Job&)>;
void show_jobs(SchedulerView& view, const scheduler::JobShelf& jobs, const ProgressOf& progress);
/// The same of jobs in any order, some perhaps twice; totals are of those given.
void show_jobs(SchedulerView& view, const wire::Jobs& jobs);

/// An error in one clause. Only what happened and at whom: what was expected may be out of a policy, and
/// where names datasets.
std::string cause_of(const Error& error);

}  // namespace spud::service::status
