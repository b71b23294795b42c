// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "service/wire/record_codec.hpp"
#include "system/crypto/sealing.hpp"

namespace spud::service::stock {

/// The keys that a node's stock is encrypted under: 32 bytes each, which come from outside of its data
/// folder. They seal a tape's own key and the party's seed, not the tape: to rotate, put the new key first,
/// keep the old ones until the node has started once, then take them away.
class StockKeys {
 public:
  StockKeys() = default;
  /// Files of 64 hex digits, the first for what is sealed from now on. kDenied if a file is open to everyone.
  static Result<StockKeys> load(const std::vector<std::filesystem::path>& files);
  static StockKeys of(std::vector<Seed> keys);
  /// Writes a fresh key file; kConflict if there is one.
  static Status make_file(const std::filesystem::path& file, Random& random);

  bool empty() const { return keys_.empty(); }
  /// Is this head sealed with the first key?
  bool current(const wire::TapeHead& head) const;

  /// What opens a tape.
  struct Secrets {
    Seed tape_key;  ///< seals the corrections
    Seed seed;      ///< this party's
  };
  Result<wire::TapeHead> seal(const TapeId& id, const Secrets& secrets, Random& random) const;
  /// kNotFound if none of the keys sealed it; kCorrupt if its bytes were changed or are another tape's.
  Result<Secrets> open(const TapeId& id, const wire::TapeHead& head) const;

 private:
  using Name = std::array<std::byte, 8>;
  struct Key {
    Name name;
    Seed key;
  };
  std::vector<Key> keys_;
};

}  // namespace spud::service::stock
