// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"

namespace spud::service::trace {

/// Whose parts a service keeps: job and attempt.
using Name = std::pair<JobId, std::uint32_t>;

/// Which traces a service keeps, for how long: those that ended last, within so many bytes, and none that is
/// older than `keep`. State machine, no clock, no store.
class Shelf {
 public:
  struct Bounds {
    std::uint64_t bytes = 64ull << 20;
    Millis keep{7ll * 24 * 3600 * 1000};
  };
  Shelf() : Shelf(Bounds{}) {}
  explicit Shelf(Bounds bounds) : bounds_(bounds) {}

  /// One is put there, in place of an earlier one of that name. Answers those that must go for it.
  std::vector<Name> put(const Name& name, std::uint64_t bytes, std::int64_t ended_unix_millis);
  /// Those that are too old by now; they are gone from here.
  std::vector<Name> expire(std::int64_t unix_millis);
  bool holds(const Name& name) const { return kept_.contains(name); }
  std::uint64_t bytes() const { return bytes_; }

 private:
  struct Kept {
    std::uint64_t bytes = 0;
    std::int64_t ended = 0;
  };
  void remove(const Name& name);

  Bounds bounds_;
  std::map<Name, Kept> kept_;
  std::set<std::pair<std::int64_t, Name>> by_age_;
  std::uint64_t bytes_ = 0;
};

}  // namespace spud::service::trace
