// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "base/error.hpp"
#include "base/id.hpp"

namespace spud::service::node {

/// The memory of a node that attempts share, each of which needs what its plan was estimated to need: state
/// machine. What an estimate leaves out (what the process has anyway) is for the limit to leave room for.
class MemoryBook {
 public:
  /// `party` has the node, for errors.
  MemoryBook(std::uint64_t limit, std::string party) : limit_(limit), party_(std::move(party)) {}

  /// Sets so much aside for an attempt until it is released. kResource if this node has not that much for
  /// any, kUnavailable if not beside those that run now. An attempt of the same job that is still
  /// ending is another.
  Status admit(const JobId& job, std::uint32_t attempt, std::uint64_t bytes);
  /// The attempt has ended, however, and holds no memory any more. Told twice it is the same.
  void release(const JobId& job, std::uint32_t attempt);

  std::uint64_t limit() const { return limit_; }
  std::uint64_t in_use() const { return in_use_; }

 private:
  std::uint64_t limit_;
  std::string party_;
  std::uint64_t in_use_ = 0;
  std::map<std::pair<JobId, std::uint32_t>, std::uint64_t> shares_;
};

/// "about 3.1 GiB"
std::string memory_text(std::uint64_t bytes);

}  // namespace spud::service::node
