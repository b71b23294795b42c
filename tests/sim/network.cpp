// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/network.hpp"

#include <algorithm>

namespace spud::sim {

bool Network::parted(const std::string& a, const std::string& b, Millis now) const {
  return std::any_of(partitions_.begin(), partitions_.end(), [&](const Partition& partition) {
    return now < partition.until && partition.side.contains(a) != partition.side.contains(b);
  });
}

Network::Way Network::way(const std::string& from, const std::string& to, const std::string& channel) {
  const auto between = pair(from, to);
  return {pairs_[between], channel.empty() ? 0 : channels_[between + channel].breaks};
}

Millis Network::arrival(const std::string& from, const std::string& to, const std::string& channel,
                        Millis now, Millis late) {
  auto [link, fresh] = delays_.try_emplace(from + "|" + to, 0);
  if (fresh) link->second = Millis(draws_.chance(0.1) ? draws_.between(40, 200) : draws_.between(0, 10));
  auto at = now + link->second + Millis(draws_.between(1, 10)) + late;
  if (channel.empty()) return at;
  auto& last = channels_[pair(from, to) + channel].last.try_emplace(from, 0).first->second;
  at = std::max(at, last);
  last = at;
  return at;
}

}  // namespace spud::sim
