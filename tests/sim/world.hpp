// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "system/crypto/random.hpp"
#include "tests/sim/defect.hpp"
#include "tests/sim/draws.hpp"
#include "tests/sim/oracle.hpp"

namespace spud::sim {

class Process;

/// How bad the world is; drawn once a seed.
struct Weather {
  double lost = 0;  ///< of messages
  double doubled = 0;
  double late = 0;              ///< by seconds rather than milliseconds
  double crash_at_point = 0;    ///< of passings of a crash point
  double crash_at_message = 0;  ///< of messages, at whoever gets one
};

/// What really happened, so that no test passes by doing nothing.
struct Tally {
  std::size_t messages = 0, lost = 0, doubled = 0, late = 0;
  std::size_t crashes = 0, crashes_at_points = 0, power_failures = 0;
  std::size_t backups = 0, restores = 0, disowned = 0;
  std::size_t tapes_made = 0, jobs_done = 0, jobs_from_stock = 0, jobs_ended = 0;
  std::size_t attempts = 0, cancelled = 0, hostile_attempts = 0, expired = 0;
  std::map<std::string, std::size_t> points{};  ///< how many died at each crash point
  void add(const Tally& other);
  std::string str() const;
};

/// Time, chance and the network of one simulation. One thread; nothing in it depends on anything but the
/// seed.
class World {
 public:
  World(std::uint64_t seed, Defect defect, bool print);

  /// `act` in so much time.
  void after(Millis delay, std::function<void()> act);
  /// Runs what comes next; false if nothing does or the oracle has objected.
  bool step();
  Millis now() const { return clock.now(); }
  /// A line of the history.
  void note(const std::string& line);
  std::string history() const;

  /// Carries a message, or does not. It is lost with its receiver's life.
  void send(Process& from, Process& to, const std::string& what, std::function<void()> deliver);

  Draws draws;
  const Defect defect;
  ManualClock clock;
  crypto::SeededRandom random;
  Oracle oracle;
  Tally tally;
  Weather weather;
  bool faults = true;
  bool hostile = false;        ///< the scheduler leads attempts of its own against the rules
  Process* current = nullptr;  ///< whose code runs

 private:
  struct Event {
    Millis at;
    std::uint64_t number;
    std::function<void()> act;
    bool operator<(const Event& other) const {
      return at != other.at ? at > other.at : number > other.number;
    }
  };
  static constexpr std::size_t kRemembered = 400;

  bool print_;
  std::uint64_t events_ = 0;
  std::priority_queue<Event> queue_;
  std::deque<std::string> history_;
};

}  // namespace spud::sim
