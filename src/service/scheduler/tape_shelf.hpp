// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "service/stock/tape.hpp"

namespace spud::service::scheduler {

/// A tape at one of the nodes that hold it.
struct TapeAt {
  Member node;
  TapeId tape;
};

/// Which tapes the nodes say they hold ready, and which of them have been handed out: state machine, no
/// clock. Nodes' words are all it knows, so it starts empty and is right again one heartbeat later; what was
/// handed out comes back from the attempts that are stored.
class TapeShelf {
 public:
  /// A tape that is not held as it should be for so long is of no use to anybody.
  static constexpr Millis kStrayAfter{60'000};

  /// What this node holds now, in place of what it held before.
  void report(const std::string& identity, const stock::StockTapes& tapes, Millis now);
  /// All nodes of the device have just said that they hold it.
  void made(const Device& device, const stock::StockTape& tape);
  /// It is handed out, or not to be: never ready again, whatever nodes report.
  void take(const TapeId& tape);

  /// Tapes of this demand that all nodes of the device hold, with equal digests, and nobody has had. Oldest
  /// first.
  const std::set<TapeId>& ready(const Device& device, const Digest& demand) const;
  /// Have all its nodes reported since the scheduler started?
  bool knows(const Device& device) const;

  /// Where tapes of this demand lie that nobody has had. Those that attempts have are theirs to burn.
  std::vector<TapeAt> holders(const Device& device, const Digest& demand) const;
  /// Tapes of these devices to be discarded at those that hold them: they lack at another node, or are taken,
  /// and every node of the device has said so anew a minute after it was first seen. Answered again a minute
  /// later if they are still there.
  std::vector<TapeAt> strays(const std::vector<Device>& devices, Millis now);

 private:
  struct View {
    Millis heard{0};
    bool cut = false;  ///< it may hold more than a message carries
    std::map<TapeId, stock::StockTape> tapes;
  };
  const View* view(const Member& member) const;
  bool is_whole(const Device& device, const stock::StockTape& tape) const;
  bool is_stray(const Device& device, const stock::StockTape& tape) const;

  std::map<std::string, View> views_;  ///< by the nodes' identity
  std::set<TapeId> taken_;
  std::map<TapeId, Millis> suspects_;  ///< since when
  /// By the digests of device and demand; made when asked for, forgotten when anything changes.
  mutable std::map<Digest, std::map<Digest, std::set<TapeId>>> ready_;
};

}  // namespace spud::service::scheduler
