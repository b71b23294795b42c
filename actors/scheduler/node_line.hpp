// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "actors/scheduler/setup.hpp"
#include "service/rpc.hpp"

namespace spud::actors {

/// A scheduler's way to one node: a connection that is made when it is first needed, and again after it
/// failed. One thread asks, and waits for the answer; any may cut the line, which ends that wait.
class NodeLine {
 public:
  NodeLine(const SchedulerSetup& setup, service::Member node) : setup_(setup), node_(std::move(node)) {}

  /// One request; T is the answer's kind. Errors name the node's party.
  template <class T>
  Result<T> ask(const service::wire::NodeRequest& request, Millis timeout) {
    auto answer = carry(request, timeout);
    if (!answer) return std::unexpected(std::move(answer).error());
    if (auto* wanted = std::get_if<T>(&*answer)) return std::move(*wanted);
    return fail(ErrorCode::kPeerFault, "an answer of another kind", "node " + node_.node.str(), {},
                node_.party.str());
  }
  /// Whether what failed last was refused by the node itself; else it did not come to an answer. For the
  /// thread that asks.
  bool refused() const { return refused_; }
  void cut();
  const service::Member& node() const { return node_; }

 private:
  Result<service::wire::NodeAnswer> carry(const service::wire::NodeRequest& request, Millis timeout);
  Result<std::shared_ptr<net::Connection>> connection();

  const SchedulerSetup& setup_;
  const service::Member node_;
  bool refused_ = false;
  std::mutex mutex_;
  // Under mutex_.
  std::shared_ptr<net::Connection> connection_;
  bool cut_ = false;
};

/// Lines to all nodes of a device, cut when their owner goes: what waits on them for minutes must not keep a
/// process from ending.
class NodeLines {
 public:
  NodeLines() = default;
  NodeLines(const SchedulerSetup& setup, const service::Device& device) {
    for (const auto& node : device.compute) lines_.push_back(std::make_shared<NodeLine>(setup, node));
  }
  NodeLines(NodeLines&&) = default;
  NodeLines& operator=(NodeLines&&) = delete;
  ~NodeLines() {
    for (const auto& line : lines_) line->cut();
  }
  const std::vector<std::shared_ptr<NodeLine>>& all() const { return lines_; }

 private:
  std::vector<std::shared_ptr<NodeLine>> lines_;
};

}  // namespace spud::actors
