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

/// Which nodes and dealers exist and which of them are alive: state machine, no clock, no sockets. Identities
/// come from certificates, so a node can only speak for itself.
class NodeRegistry {
 public:
  /// A node that was not heard of for `silence` counts as absent.
  explicit NodeRegistry(Millis silence) : silence_(silence) {}

  /// A node as it was stored; absent until it announces itself.
  void reload(wire::NodeRecord record);
  /// Registers or refreshes the caller. Returns what must be stored; nothing if only the time has changed.
  Result<std::optional<wire::NodeRecord>> announce(const crypto::Identity& caller,
                                                   const wire::Announce& announce, Millis now);

  wire::Nodes list(Millis now) const;
  /// A node of this party and role that takes work and is not among `others`: the first by name. Says what is
  /// missing if there is none.
  Result<Member> choose(const PartyId& party, crypto::Role role, Millis now,
                        const std::vector<Member>& others = {}) const;
  /// A dealer of a party that is not in `busy`.
  Result<Member> choose_dealer(const std::vector<PartyId>& busy, Millis now) const;
  /// The member with the address it announced last; why it cannot take work, if it cannot.
  Result<Member> reach(const Member& member, Millis now) const;
  /// The first of the device's dealers that takes work, but the one with the identity `last` only if no other
  /// does. If none does: why the first does not, or that none of several does.
  Result<Member> reach_dealer(const Device& device, Millis now, const std::string& last = {}) const;
  /// Nodes may have moved since the device was made; who they are has not changed.
  void locate(Device& device, Millis now) const;
  /// Version of the compiler that a node announced; empty if unknown.
  std::string compiler(const Member& member) const;

 private:
  struct Entry {
    wire::NodeRecord record;
    bool draining = false;
    std::optional<Millis> heard;  ///< nullopt: not since this scheduler has started
  };
  Status takes_work(const Entry& entry, Millis now) const;

  Millis silence_;
  std::map<std::string, Entry> nodes_;  ///< by identity
};

}  // namespace spud::service::scheduler
