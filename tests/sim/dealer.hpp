// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "service/dealer/stocking.hpp"
#include "service/dealer/tape_state.hpp"
#include "tests/sim/node.hpp"

namespace spud::sim {

/// A dealer: the ledger of attempts it has dealt to, the number of its last tape of stock, and tapes on their
/// way.
class Dealer final : public Process {
 public:
  struct Grant {
    std::string name;
    Bytes seed;
    Bytes corrections;
  };

  Dealer(World& world, crypto::Identity identity, std::filesystem::path home, const Directory& directory);

  /// A tape dealt live.
  void serve(const crypto::Identity& caller, const Frame& request, const Reply& reply) override;
  /// What a node says on the connection of an order of stock.
  void stock_asked(Node& node, const std::string& order, const Device& device, Rank rank, const Frame& said);
  /// From here on, or no longer, it lives and hears what it is asked, and deals nothing.
  void mute(bool mute) { mute_ = mute; }
  /// That connection is closed.
  void left(const std::string& order, const Error& problem);

 private:
  struct Live {
    service::dealer::TapeState state;
    std::vector<std::pair<Rank, Answer<Grant>>> waiters;
  };
  struct Kept {
    service::dealer::TapeState state;
    service::dealer::Stocking stocking;
    Device device;
    std::set<Rank> here;
  };

  Status open() override;
  void close() override;
  Status disown(const std::string& store) override;

  void announce();
  void open_live(const crypto::Identity& caller, const wire::OpenTape& open, const Answer<Grant>& answer);
  void open_stock(Node& node, const wire::OpenTape& open);
  void stored(const std::string& order, const Device& device, Rank rank, const Digest& tape);
  /// What must be on disk before a tape is opened.
  Result<std::optional<TapeId>> enter(const wire::OpenTape& open);
  Result<std::vector<Grant>> draw(const Device& device, const std::string& name);
  void deal(const std::string& order, const TapeId& tape, Kept& kept);
  void give_up(const std::string& order, const Error& problem);
  void tell(Node& node, const std::string& order, const std::string& what, const wire::DealerAnswer& answer,
            Bytes payload = {});
  void tell_all(const Device& device, const std::string& order, const std::string& what,
                const wire::DealerAnswer& answer);

  const Directory& directory_;
  bool mute_ = false;
  // Between open() and close().
  std::unique_ptr<store::Store> store_;
  service::dealer::TapeLedger ledger_;
  service::dealer::TapeNumbers numbers_;
  std::map<std::string, Live> live_;  ///< by key of the attempt
  std::map<std::string, Kept> kept_;  ///< by order
};

}  // namespace spud::sim
