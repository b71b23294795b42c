// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/client/client.hpp"

namespace spud::service::client {

/// A push commits node by node, so one that breaks off there leaves a dataset at some nodes and not at
/// others. That is no dataset: it is neither listed nor shown, and the next push of its name takes it back.
/// All of these ask every node of the device. Showing and sweeping need them all, and the error names one
/// that cannot be reached; a list takes those that answer.

struct Listing {
  wire::Datasets datasets;      ///< that every node which answered holds
  std::vector<Member> absent;   ///< nodes that did not answer: what they hold is not known
  std::vector<Error> problems;  ///< why, in that order
};

/// Our party's datasets at a device. Fails if no node answers, or one refuses.
Result<Listing> list_datasets(Client& client, const Device& device);
/// kNotFound if there is none of that name.
Result<Dataset> show_dataset(Client& client, const Device& device, const DatasetId& name);
/// Drops at every node what lies there now under this name; that may be nothing.
Status drop_dataset(Client& client, const Device& device, const DatasetId& name);
/// Drops what is left of a push of this name that broke off; a whole dataset stays.
Status sweep_remains(Client& client, const Device& device, const DatasetId& name);

}  // namespace spud::service::client
