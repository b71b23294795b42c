// SPDX-License-Identifier: Apache-2.0
#include "service/node/memory_book.hpp"

#include <cstdio>

namespace spud::service::node {

std::string memory_text(std::uint64_t bytes) {
  const double mebi = static_cast<double>(bytes) / (1 << 20);
  char text[40];
  if (mebi >= 1024) {
    std::snprintf(text, sizeof text, "%.1f GiB", mebi / 1024);
  } else {
    std::snprintf(text, sizeof text, "%.1f MiB", mebi);
  }
  return text;
}

Status MemoryBook::admit(const JobId& job, std::uint32_t attempt, std::uint64_t bytes) {
  const std::string where = "job " + job.str(), needs = "needs about " + memory_text(bytes) + " of memory, ";
  if (bytes > limit_) {
    return fail(ErrorCode::kResource, needs + "this node has " + memory_text(limit_) + " for jobs", where, {},
                party_, "a smaller program, or more for 'memory' in the node's configuration");
  }
  const auto known = shares_.find({job, attempt});
  const std::uint64_t others = in_use_ - (known != shares_.end() ? known->second : 0);
  if (bytes > limit_ - others) {
    return fail(ErrorCode::kUnavailable,
                needs + memory_text(others) + " of the " + memory_text(limit_) +
                    " that this node has for jobs are in use",
                where, {}, party_, "it can run once others have ended");
  }
  shares_[{job, attempt}] = bytes;
  in_use_ = others + bytes;
  return {};
}

void MemoryBook::release(const JobId& job, std::uint32_t attempt) {
  const auto known = shares_.find({job, attempt});
  if (known == shares_.end()) return;
  in_use_ -= known->second;
  shares_.erase(known);
}

}  // namespace spud::service::node
