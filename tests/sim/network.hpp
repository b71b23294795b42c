// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "tests/sim/draws.hpp"

namespace spud::sim {

/// What lies between processes: how long a message is under way, and which of them cannot hear each other.
/// Messages of one connection arrive in the order in which they were sent, those of two in any.
class Network {
 public:
  /// What a message was sent on: if that was cut since, the message is lost.
  struct Way {
    std::uint64_t pair = 0, channel = 0;
    bool operator==(const Way&) const = default;
  };

  explicit Network(Draws& draws) : draws_(draws) {}

  /// Connections between these two break: what is under way is lost.
  void cut(const std::string& a, const std::string& b) { ++pairs_[pair(a, b)]; }
  /// One of them breaks.
  void cut_channel(const std::string& a, const std::string& b, const std::string& channel) {
    ++channels_[pair(a, b) + channel].breaks;
  }
  /// Until then those on the one side and all others do not hear each other, and are not told so.
  void part(std::set<std::string> side, Millis until) { partitions_.push_back({std::move(side), until}); }
  void heal() { partitions_.clear(); }

  bool parted(const std::string& a, const std::string& b, Millis now) const;
  Way way(const std::string& from, const std::string& to, const std::string& channel);
  /// When a message that is sent now arrives; `late` on top.
  Millis arrival(const std::string& from, const std::string& to, const std::string& channel, Millis now,
                 Millis late);

 private:
  struct Partition {
    std::set<std::string> side;
    Millis until;
  };
  struct Channel {
    std::uint64_t breaks = 0;
    std::map<std::string, Millis> last{};  ///< arrival by sender
  };
  static std::string pair(const std::string& a, const std::string& b) {
    return a < b ? a + "|" + b + "|" : b + "|" + a + "|";
  }

  Draws& draws_;
  std::map<std::string, Millis> delays_;  ///< of links, one way
  std::map<std::string, std::uint64_t> pairs_;
  std::map<std::string, Channel> channels_;
  std::vector<Partition> partitions_;
};

}  // namespace spud::sim
