// SPDX-License-Identifier: Apache-2.0
#include "system/store/epoch.hpp"

#include <algorithm>

#include "system/store/birth_mark.hpp"
#include "system/store/key.hpp"

namespace spud::store {

namespace {

Status put(Store& store, Family family, std::uint64_t number, const std::string& birth) {
  Bytes epoch;
  put_u64(epoch, number);
  Batch batch;
  batch.put(family, Key("epoch"), epoch);
  batch.put(family, Key("birth"), as_bytes(birth));
  return store.write(std::move(batch), Durability::kSynced);
}

Result<std::optional<std::uint64_t>> stored_epoch(const Store& store, Family family) {
  SPUD_ASSIGN(auto row, store.get(family, Key("epoch")));
  if (!row) return std::nullopt;
  if (row->size() != 8) {
    return fail(ErrorCode::kCorrupt, "the epoch has " + std::to_string(row->size()) + " bytes",
                store.folder().string(), "8 bytes");
  }
  return get_u64(*row);
}

std::uint64_t after(std::uint64_t number, const Clock& clock) {
  return std::max(number + 1, static_cast<std::uint64_t>(std::max<std::int64_t>(clock.unix_millis(), 0)));
}

}  // namespace

Result<Epoch> enter_epoch(Store& store, Family family, const Clock& clock) {
  SPUD_ASSIGN(auto mark, birth_mark(store.folder()));
  SPUD_ASSIGN(auto known, stored_epoch(store, family));
  SPUD_ASSIGN(auto birth, store.get(family, Key("birth")));
  Epoch epoch{known.value_or(1), birth && as_text(*birth) != mark};
  if (epoch.copied) epoch.number = after(epoch.number, clock);
  if (!known || epoch.copied) SPUD_TRY(put(store, family, epoch.number, mark));
  return epoch;
}

Status raise_epoch(Store& store, Family family, const Clock& clock) {
  SPUD_ASSIGN(auto mark, birth_mark(store.folder()));
  SPUD_ASSIGN(auto known, stored_epoch(store, family));
  return put(store, family, after(known.value_or(1), clock), mark);
}

}  // namespace spud::store
