// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>

#include "actors/node/planning.hpp"
#include "base/clock.hpp"
#include "base/limits.hpp"

namespace spud::actors {

/// What this node compiled last, so that a job that comes again is not compiled again. Nothing is taken from
/// others: a plan is found by everything that compiling it depends on. Any thread.
class PlanCache {
 public:
  struct Bounds {
    std::size_t plans = limits::kPlansKept;
    std::size_t bytes = limits::kPlanBytesKept;  ///< of all of them
  };
  PlanCache() : PlanCache(Bounds{}) {}
  explicit PlanCache(Bounds bounds) : bounds_(bounds) {}

  /// A plan, and what it took now to compile it or to find it.
  struct Answer {
    std::shared_ptr<const Planned> planned;
    double seconds = 0;
  };
  /// As plan_for(), of which errors are not kept.
  Result<Answer> plan_for(const service::Device& device, Rank own, ByteView program,
                          const std::vector<PlannedInput>& inputs, const std::string& where,
                          const Clock& clock);

  std::size_t size() const;

 private:
  struct Kept {
    std::shared_ptr<const Planned> planned;
    std::size_t bytes = 0;
    std::list<Digest>::iterator place;
  };
  std::shared_ptr<const Planned> find(const Digest& key);
  void keep(const Digest& key, std::shared_ptr<const Planned> planned, std::size_t bytes);

  const Bounds bounds_;
  mutable std::mutex mutex_;
  // Under mutex_.
  std::map<Digest, Kept> kept_;
  std::list<Digest> by_use_;  ///< the last used first
  std::size_t bytes_ = 0;     ///< of what is kept
};

}  // namespace spud::actors
