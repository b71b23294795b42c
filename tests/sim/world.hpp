// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdio>
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
#include "tests/sim/data_oracle.hpp"
#include "tests/sim/defect.hpp"
#include "tests/sim/draws.hpp"
#include "tests/sim/frame.hpp"
#include "tests/sim/network.hpp"
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
  double crash_at_sync = 0;     ///< of synced writes, before them
  double crash_said = 0;        ///< of such steps: right after
  double crash_unsaid = 0;      ///< of steps that have stored something: before it is told to anybody
};

/// What really happened, so that no test passes by doing nothing.
struct Tally {
  std::size_t messages = 0, lost = 0, doubled = 0, late = 0;
  std::size_t crashes = 0, crashes_at_points = 0, power_failures = 0;
  std::size_t backups = 0, restores = 0, disowned = 0;
  std::size_t tapes_made = 0, jobs_done = 0, jobs_from_stock = 0, jobs_ended = 0;
  std::size_t attempts = 0, cancelled = 0, hostile_attempts = 0, expired = 0;
  std::size_t uploads = 0, abandoned = 0, resumed = 0, datasets_dropped = 0;
  std::size_t results = 0, snooped = 0, forbidden = 0, redirected = 0;
  std::size_t kept = 0, against_layout = 0, other_bytes = 0, misplaced = 0;
  std::size_t mute_dealers = 0, dealers_left = 0, second_dealings = 0;
  std::size_t partitions = 0, cuts = 0, clock_jumps = 0, failed_disks = 0, unsaid = 0;
  std::map<std::string, std::size_t> points{};  ///< how many died at each crash point
  void add(const Tally& other);
  /// A line a count; read() adds such a line.
  std::string str() const;
  void read(const std::string& line);
};

/// Time, chance and the network of one simulation. One thread; nothing in it depends on anything but the
/// seed.
class World {
 public:
  World(std::uint64_t seed, Defect defect, std::FILE* trace);

  /// `act` in so much time.
  void after(Millis delay, std::function<void()> act);
  /// Runs what comes next; false if nothing does or the oracle has objected.
  bool step();
  Millis now() const { return clock.now(); }
  /// A line of the history.
  void note(const std::string& line);
  /// Where processes keep their data: another name in every run, so that no history shows it.
  void live_in(const std::string& home) { home_ = home; }
  std::string history() const;

  /// Carries a message, or does not. It is lost with its receiver's life. Messages of one channel, a
  /// connection, come in order and are lost with it; those without one have a connection of their own.
  using Deliver = std::function<void(const Frame&)>;
  void send(Process& from, Process& to, const std::string& what, Frame frame, Deliver deliver,
            const std::string& channel = {});

  Draws draws;
  Network network{draws};
  const Defect defect;
  ManualClock clock;
  crypto::SeededRandom random;
  Oracle oracle;
  DataOracle data{oracle};
  Tally tally;
  Weather weather;
  bool faults = true;
  int patience = 1;            ///< how much longer than usual clients wait before they ask again
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

  void transmit(Process& from, Process& to, const std::string& line, Frame frame, const Deliver& deliver,
                const std::string& channel);

  std::FILE* trace_;
  std::string home_{};
  std::uint64_t events_ = 0;
  std::priority_queue<Event> queue_;
  std::deque<std::string> history_;
};

}  // namespace spud::sim
