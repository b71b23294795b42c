// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "system/store/store.hpp"

namespace spud::store {

/// Grows whenever a store's data was brought back from a copy. What was promised in an earlier epoch may have
/// been kept elsewhere since: whoever relies on a promise asks in which epoch it was made.
///
/// The first epoch is 1. A later one is the time at which it began, in Unix milliseconds, or one more than
/// the epoch before: the same copy brought back a second time must not enter the same epoch again.
struct Epoch {
  std::uint64_t number = 1;
  bool copied = false;  ///< the folder turned out to be a copy just now, and the number was raised
};

/// The epoch of a store, kept in `family` under the keys "epoch" and "birth", synced. A folder that is a copy
/// (birth_mark.hpp) enters a later one.
Result<Epoch> enter_epoch(Store& store, Family family, const Clock& clock);

/// Raises it, for a folder that was brought back in a way that birth_mark cannot see.
Status raise_epoch(Store& store, Family family, const Clock& clock);

}  // namespace spud::store
