// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "service/client/push.hpp"

namespace spud::service::client {

/// What `spud run` is told.
struct RunOrder {
  JobId id;
  Digest program;
  std::vector<InputBinding> inputs;    ///< in0, in1, …
  std::vector<OutputBinding> outputs;  ///< out0, out1, …
  Supply supply = Supply::kAny;
  std::int64_t deadline_unix_millis = 0;  ///< 0: none
  std::int32_t priority = 0;
  std::uint32_t max_attempts = kStandardAttempts;
  trace::Context trace{};  ///< none: made up from its id
};

/// "in0=ages" to its name and the rest. `option` names the argument in errors.
Result<std::pair<std::string, std::string>> split_binding(const std::string& text, const std::string& option);

/// Sorts --in or --out bindings by their numbers; kBadInput unless they are 0, 1, … without gap or
/// repetition. Bindings are what `split_binding` answers.
Status order_bindings(std::vector<std::pair<std::string, std::string>>& bindings, const std::string& prefix);

/// Submits. The job is stored when this returns.
Result<Job> submit(Client& client, const Device& device, RunOrder order);

/// Waits until the job has ended, calling `seen` with every answer of the scheduler.
Result<Job> watch(Client& client, const JobId& id, const std::function<void(const Job&)>& seen);

/// The error of a job that has ended otherwise than done.
Status outcome(const Job& job);

/// A result, put together from the shares of all nodes.
struct Fetched {
  std::string name;  ///< out0, …
  Literal value;
};
/// All results of a job that reach our party. Fails if the job is not done or none does.
Result<std::vector<Fetched>> fetch(Client& client, const JobId& id, const Progress& progress);

}  // namespace spud::service::client
