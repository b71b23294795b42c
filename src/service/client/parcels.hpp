// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "base/literal.hpp"
#include "base/random.hpp"
#include "io/ring_words.hpp"
#include "service/dataset.hpp"
#include "service/device.hpp"
#include "system/crypto/identity.hpp"

namespace spud::service::client {

/// A dataset to be pushed: read and named, not yet encoded.
struct PushOrder {
  DatasetId name;
  Literal values;
  std::optional<Digest> row_ids;
  Policy policy;
};

/// A dataset before it travels: what its owner signs, and what each node of the device gets, by rank.
struct Parcels {
  Statement statement;
  std::vector<io::SecretBytes> data;
  /// Does it travel as a seed? All shares but the last do.
  bool seeded(Rank rank) const { return !statement.keeper && index(rank) + 1 < data.size(); }
};

/// The rank of the owner's own node where the layout has it keep its data; nullopt: it is shared. Refuses a
/// party whose data the layout has no place for.
Result<std::optional<Rank>> keeper_of(const Device& device, const PartyId& owner);

/// Encodes and splits it, or where a node is to keep it, puts all of it behind random bytes for that one:
/// the digest in the statement tells the others nothing.
Result<Parcels> pack(const PushOrder& order, const Device& device, std::optional<Rank> keeper,
                     const crypto::Identity& signer, const UploadId& upload, Random& random);

}  // namespace spud::service::client
