// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <sys/types.h>

#include "app/bench/control_line.hpp"

namespace spud::app::bench {

/// The processes of one measurement. They are forked, so start() is called while this process has one thread;
/// none outlives the crew, nor this process.
class Crew {
 public:
  /// What a process does; its error is told to us, naming the process.
  using Work = std::function<Status(ControlLine&)>;

  Crew() = default;
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;
  /// Kills whoever still runs.
  ~Crew();

  Status start(const std::string& name, const Work& work);
  /// Tells every process the same, in the order they were started.
  Status tell(const Json& message);
  /// One answer of every process, in that order. The first that fails, ends or is silent for `patience` is
  /// the error, by its name.
  Result<std::vector<Json>> gather(Millis patience);
  const std::string& name(std::size_t i) const { return members_[i]->name; }

 private:
  struct Member {
    std::string name;
    pid_t pid = -1;
    std::unique_ptr<ControlLine> line;
  };
  Result<Json> hear(Member& member);
  Error ended(Member& member);

  std::vector<std::unique_ptr<Member>> members_;
};

/// Makes SIGINT, SIGTERM and SIGHUP end every wait of a crew, for as long as it lives, so that what was
/// started is ended too.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  static bool interrupted();
};

}  // namespace spud::app::bench
