// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "service/scheduler/attempt_name.hpp"
#include "service/scheduler/device_book.hpp"
#include "service/scheduler/stock_agreement.hpp"
#include "service/scheduler/stock_orders.hpp"
#include "service/scheduler/tape_shelf.hpp"

namespace spud::service::scheduler {

/// One plan's tapes at one device: tapes of equal demands are alike.
struct StockName {
  DeviceId device;
  Digest demand;
  auto operator<=>(const StockName&) const = default;
};
/// How many jobs wait for a tape of it.
using WaitingJobs = std::map<StockName, unsigned>;

/// What must happen after the book changed. Records in `store` and `erase`, and those of orders, are written,
/// synced and in one batch, before anything else happens or is answered.
struct StockEffects {
  std::vector<StockName> store;
  std::vector<StockName> erase;
  std::vector<TapeAt> discard;            ///< tapes to be burnt at these nodes
  std::vector<std::string> store_orders;  ///< by id
  std::vector<std::string> erase_orders;
};

/// So many tapes more, under a name that tells a repeated wish from another one.
struct StockWish {
  std::string id;
  Digest request;  ///< of all that was asked for
  std::uint32_t runs = 0;
};

/// A tape to be made now.
struct TapeOrder {
  StockName kind;
  Device device;
  std::string name;  ///< of this order, and of no other
  Member dealer;     ///< of the device, who makes it
};

/// The stock of a plan has fallen below half of its target, or is whole again.
struct StockLevel {
  StockName kind;
  Digest plan;
  std::uint32_t ready = 0;
  std::uint32_t target = 0;
  bool low = false;
};

/// Of which plans a scheduler keeps tapes, how many, when one is made, and which attempt gets it: state
/// machine, no clock, no sockets.
class StockBook {
 public:
  static constexpr Millis kFirstPause{2000};  ///< after a tape could not be made; doubled each time
  static constexpr Millis kLongestPause{120'000};

  void reload(wire::StockKindRecord record);
  void reload(wire::StockOrderRecord record) { orders_.reload(std::move(record)); }
  /// A tape that was given to an attempt before the scheduler was restarted.
  void reload_taken(const TapeId& tape) { shelf_.take(tape); }

  /// A node has announced what it holds.
  void report(const crypto::Identity& node, const wire::Announce& announce, Millis now);

  /// Orders, targets, drops and sees stock: clients of the device's owner and of its compute parties.
  Status may_use(const crypto::Identity& caller, const Device& device) const;
  /// So many tapes more. Without a plan, of a demand that is known. A wish that is repeated adds nothing;
  /// another one under its name is a conflict.
  Result<StockEffects> order(const crypto::Identity& caller, const Device& device, const StockPlan& plan,
                             const StockWish& wish);
  Result<StockEffects> order(const crypto::Identity& caller, const Device& device, const Digest& demand,
                             const StockWish& wish);
  /// Whether a wish like this has been taken.
  Result<bool> has_taken(const StockWish& wish) const;
  /// What became of one that was taken: its kind as it is. kNotFound if that was dropped since.
  Result<wire::StockKind> show_order(const std::string& id, const WaitingJobs& waiting) const;
  /// So many to be kept ready; 0: none.
  Result<StockEffects> target(const crypto::Identity& caller, const Device& device, const Digest& demand,
                              std::uint32_t runs);
  /// Burns all tapes of it and forgets it. Dropping what is not kept is done already.
  Result<StockEffects> drop(const crypto::Identity& caller, const Device& device, const Digest& demand);
  /// The device is gone.
  StockEffects drop_all(const Device& device);

  /// Kinds of which a tape is needed and can be made now; they count as being made from here on. One at a
  /// time a device: its dealer numbers them, and nodes refuse a number that comes out of order. `unix_millis`
  /// makes orders' names differ after a restart.
  std::vector<TapeOrder> due(const NodeRegistry& registry, const WaitingJobs& waiting, Millis now,
                             std::int64_t unix_millis);
  /// All nodes hold it. Of a kind that was dropped meanwhile it is discarded.
  StockEffects made(const TapeOrder& order, const stock::StockTape& tape);
  void failed(const TapeOrder& order, Error problem, Millis now);
  /// Tapes that lie at some nodes and serve nobody; see TapeShelf::strays.
  std::vector<TapeAt> strays(const std::vector<Device>& devices, Millis now) {
    return shelf_.strays(devices, now);
  }

  /// How many tapes an attempt could be given now.
  std::size_t available(const Device& device, const Digest& demand) const {
    return shelf_.ready(device, demand).size();
  }
  /// The oldest of them, for this attempt and never for another; the same again for the same attempt.
  std::optional<TapeId> take(const Device& device, const Digest& demand, const AttemptName& attempt);

  /// Changes since the last call, for the operator.
  std::vector<StockLevel> levels();
  /// For people who wait: "0 ready, 3 ordered, target 5".
  std::string state(const Device& device, const Digest& demand) const;
  wire::StockKinds list(const crypto::Identity& caller, const WaitingJobs& waiting) const;
  /// For the scheduler itself.
  wire::StockKinds list(const WaitingJobs& waiting) const;
  wire::StockKind show(const StockName& name, const WaitingJobs& waiting) const;
  /// What is stored; null if there is none.
  const wire::StockKindRecord* find(const StockName& name) const;
  const wire::StockOrderRecord* find_order(const std::string& id) const { return orders_.find(id); }

 private:
  enum class Fill { kUnknown, kFilling, kFilled };
  struct Kind {
    wire::StockKindRecord record;
    std::optional<Error> problem;  ///< why the last tape could not be made
    std::optional<Error> blocked;  ///< why none can be made now
    unsigned failures = 0;
    std::string failed_dealer;  ///< identity of who dealt when one could not be made last: others come first
    Millis not_before{0};
    std::uint64_t turn = 0;  ///< when it was last made, in makings
    Fill fill = Fill::kUnknown;
  };
  Result<Kind*> permitted(const crypto::Identity& caller, const Device& device, const Digest& demand);
  Result<StockEffects> add(Kind& kind, const StockWish& wish);
  std::uint32_t ready(const Kind& kind) const;
  bool needs(const Kind& kind, unsigned waiting) const;
  /// Who would deal.
  Result<Member> can_make(const Kind& kind, const NodeRegistry& registry, Millis now) const;
  void discard_all(const Device& device, const Digest& demand, StockEffects& effects);

  std::map<StockName, Kind> kinds_;
  StockOrders orders_;
  TapeShelf shelf_;
  std::map<std::string, bool> keeps_;  ///< whether nodes keep stock, by identity
  std::map<DeviceId, StockName> making_;
  std::map<AttemptName, TapeId> taken_by_;
  std::uint64_t makings_ = 0;
};

}  // namespace spud::service::scheduler
