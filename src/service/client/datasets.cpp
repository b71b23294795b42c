// SPDX-License-Identifier: Apache-2.0
#include "service/client/datasets.hpp"

#include <algorithm>
#include <map>

namespace spud::service::client {

namespace {

/// A node's answer to ShowData; nullopt if it has no such dataset.
Result<std::optional<Dataset>> ask_node(Client& client, const Member& node, const wire::ShowData& request) {
  auto answer = client.node<wire::Datasets>(node, request);
  if (!answer && answer.error().code == ErrorCode::kNotFound) return std::nullopt;
  if (!answer) return std::unexpected(std::move(answer).error());
  if (answer->size() != 1) {
    return fail(ErrorCode::kPeerFault, "not one dataset", "node " + node.node.str(), request.dataset.str(),
                node.party.str());
  }
  return std::move(answer->front());
}

/// What every node has of a dataset, in the device's order.
Result<std::vector<std::optional<Dataset>>> ask_all(Client& client, const Device& device,
                                                    const DatasetId& name) {
  std::vector<std::optional<Dataset>> all;
  for (const auto& node : device.compute) {
    SPUD_ASSIGN(auto dataset, ask_node(client, node, {name, digest(device)}));
    all.push_back(std::move(dataset));
  }
  return all;
}

bool is_whole(const std::vector<std::optional<Dataset>>& all) {
  return std::all_of(all.begin(), all.end(), [&](const auto& one) {
    return one && one->statement.upload == all.front()->statement.upload;
  });
}

/// What was seen, and not what may be pushed under the name while this is under way.
Status drop_all(Client& client, const Device& device, const DatasetId& name,
                const std::vector<std::optional<Dataset>>& seen) {
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (!seen[i]) continue;
    const auto& upload = seen[i]->statement.upload;
    SPUD_TRY(client.node<wire::Done>(device.compute[i], wire::DropData{name, digest(device), upload}));
  }
  return {};
}

}  // namespace

Result<Listing> list_datasets(Client& client, const Device& device) {
  Listing listing;
  std::vector<wire::Datasets> answers;
  for (const auto& node : device.compute) {
    auto answer = client.node<wire::Datasets>(node, wire::ListData{});
    if (answer) {
      answers.push_back(std::move(*answer));
      continue;
    }
    if (!is_out_of_reach(answer.error())) return std::unexpected(std::move(answer).error());
    listing.absent.push_back(node);
    listing.problems.push_back(std::move(answer).error());
  }
  if (answers.empty()) return std::unexpected(std::move(listing.problems.front()));

  const auto own = digest(device);
  std::map<UploadId, std::size_t> nodes;
  for (auto& answer : answers) {
    for (auto& dataset : answer) {
      if (dataset.statement.device != own) continue;
      if (++nodes[dataset.statement.upload] == answers.size()) listing.datasets.push_back(std::move(dataset));
    }
  }
  return listing;
}

Result<Dataset> show_dataset(Client& client, const Device& device, const DatasetId& name) {
  SPUD_ASSIGN(auto all, ask_all(client, device, name));
  if (is_whole(all)) return std::move(*all.front());
  return fail(ErrorCode::kNotFound, "you own no dataset '" + name.str() + "' at this device", "dataset");
}

Status drop_dataset(Client& client, const Device& device, const DatasetId& name) {
  SPUD_ASSIGN(auto all, ask_all(client, device, name));
  SPUD_TRY(drop_all(client, device, name, all));
  // Nodes that have none know whether it was dropped before, or never was ours.
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i]) continue;
    SPUD_TRY(client.node<wire::Done>(device.compute[i], wire::DropData{name, digest(device), {}}));
  }
  return {};
}

Status sweep_remains(Client& client, const Device& device, const DatasetId& name) {
  SPUD_ASSIGN(auto all, ask_all(client, device, name));
  if (is_whole(all)) return {};
  return drop_all(client, device, name, all);
}

}  // namespace spud::service::client
