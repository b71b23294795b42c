// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "service/wire/record_codec.hpp"
#include "service/wire/scheduler_codec.hpp"
#include "system/crypto/identity.hpp"

namespace spud::service::scheduler {

/// Attempts at a time of a node that does not say how many.
inline constexpr std::uint32_t kStandardSlots = 4;

struct Candidate;

/// Which nodes and dealers exist and which of them are alive: state machine, no clock, no sockets. Identities
/// come from certificates, so a node can only speak for itself.
class NodeRegistry {
 public:
  static constexpr Millis kGoneAfter{24ll * 3600 * 1000};

  /// A node that was not heard of for `silence` counts as absent, for `gone_after` as gone for good: its
  /// devices should do without it. `started`: those that are stored were heard of then at the latest.
  explicit NodeRegistry(Millis silence, Millis gone_after = kGoneAfter, Millis started = Millis(0))
      : silence_(silence), gone_after_(gone_after), started_(started) {}

  /// A node as it was stored; absent until it announces itself.
  void reload(wire::NodeRecord record);
  /// Registers or refreshes the caller. Returns what must be stored; nothing if only the time has changed.
  /// `unix_millis` is what the scheduler's clock shows, to compare with the caller's.
  Result<std::optional<wire::NodeRecord>> announce(const crypto::Identity& caller,
                                                   const wire::Announce& announce, Millis now,
                                                   std::int64_t unix_millis = 0);

  /// An attempt of this device has failed by an absence that is this party's: its members are not reached
  /// until they announce themselves again, so that no further attempt is spent on them before.
  void doubt(const Device& device, const PartyId& party);

  wire::Nodes list(Millis now) const;
  /// All of this role that take work; how many devices each is part of is for the caller to say.
  std::vector<Candidate> candidates(crypto::Role role, Millis now) const;
  /// Why a party has no node of this role that takes work.
  Error none_of(const PartyId& party, crypto::Role role, Millis now) const;
  /// The member with the address it announced last; why it cannot take work, if it cannot.
  Result<Member> reach(const Member& member, Millis now) const;
  /// The first of the device's dealers that takes work, but the one with the identity `last` only if no other
  /// does. If none does: why the first does not, or that none of several does.
  Result<Member> reach_dealer(const Device& device, Millis now, const std::string& last = {}) const;
  /// Nodes may have moved since the device was made; who they are has not changed.
  void locate(Device& device, Millis now) const;
  /// How many attempts it takes at a time.
  std::uint32_t slots(const Member& member) const;
  /// Silent for so long that its devices should do without it.
  bool gone(const Member& member, Millis now) const;
  /// Does it take no work, whatever attempts say of it?
  bool is_absent(const Member& member, Millis now) const;
  /// Version of the compiler that a node announced; empty if unknown.
  std::string compiler(const Member& member) const;

 private:
  struct Entry {
    wire::NodeRecord record;
    bool draining = false;
    bool doubted = false;
    wire::NodeFacts facts{};
    std::optional<Millis> heard;  ///< nullopt: not since this scheduler has started
    std::int64_t heard_unix_millis = 0, said_unix_millis = 0;
  };
  Status takes_work(const Entry& entry, Millis now) const;
  static Error absence(const Entry& entry, std::string what, std::string hint);
  bool gone(const Entry& entry, Millis now) const;

  Millis silence_, gone_after_, started_;
  std::map<std::string, Entry> nodes_;  ///< by identity
};

}  // namespace spud::service::scheduler
