// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "base/clock.hpp"
#include "service/trace/shelf.hpp"
#include "service/wire/trace_codec.hpp"
#include "system/crypto/identity.hpp"
#include "system/store/store.hpp"

namespace spud::actors {

namespace wire = service::wire;

/// The family of the store that holds them.
inline constexpr char kTraceFamily[] = "traces";

/// The traces of ended attempts in a service's store. They survive the process; after a loss of power the
/// last may be missing, since nothing waits for them. A trace is never worth an attempt: what cannot be
/// stored is not kept. The owner's thread only.
class TraceDesk {
 public:
  TraceDesk(store::Store& store, const Clock& clock, service::trace::Shelf::Bounds bounds = {})
      : store_(store), clock_(clock), shelf_(bounds) {}
  /// Reads the store; a row that does not decode is dropped.
  Status load();

  /// Whether there is one of that attempt.
  bool holds(const wire::TraceRecord& record) const;
  /// Ended attempts; the last word of an attempt replaces earlier ones.
  Status keep(wire::TraceRecord record);
  /// A page for a client of a party that may read it, whoever that is where `caller` is nobody.
  Result<wire::TracePage> page(const std::optional<PartyId>& caller, const wire::FetchTrace& request) const;
  /// That of an ended attempt, while it is kept.
  std::optional<service::trace::TraceId> trace_of(const JobId& job, std::uint32_t attempt) const;
  Status expire();

 private:
  store::Family family() const { return store_.family(kTraceFamily); }
  Status erase(const std::vector<service::trace::Name>& names);

  store::Store& store_;
  const Clock& clock_;
  service::trace::Shelf shelf_;
  std::map<service::trace::Name, service::trace::TraceId> ids_;  ///< of those on the shelf
};

/// What is said to those who may not see it, and of what is not there.
std::unexpected<Error> no_trace(const wire::FetchTrace& request, const std::string& why);

}  // namespace spud::actors
