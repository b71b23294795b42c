// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "alu/format.hpp"
#include "service/policy.hpp"

namespace spud::service {

/// What an owner says of one upload: signed with the key of the owner's certificate, checked and kept by
/// every node.
struct Statement {
  UploadId upload;  ///< names this version of the dataset
  DatasetId dataset;
  Digest device;
  PartyId owner;
  std::string signer;  ///< identity URI of the signing certificate
  TensorType type;
  alu::ElementFormat format;
  std::optional<Digest> row_ids;  ///< of tables: two datasets may only be joined if these are equal
  std::vector<Digest> shares;  ///< SHA-256 of what each rank gets, of a share also where it travels as a seed
  /// Of private data: the rank of the owner's own node, which has it in plain; the others get nothing. What
  /// it gets is salted, so that the digest says nothing about the data.
  std::optional<Rank> keeper{};
  Policy policy;
};

Fields describe(const Statement& statement);
/// What the signature covers.
Digest digest(const Statement& statement);
/// Names, shapes and counts within bounds.
Status verify(const Statement& statement);

/// Private data as it travels to its keeper and lies there: so many random bytes, then the tensor's.
inline constexpr std::size_t kSaltBytes = 32;
/// Bytes that the node of this rank gets of a dataset, where it is not seeded.
std::uint64_t bytes_at(const Statement& statement, Rank rank);

/// A dataset as a node shows it to its owner.
struct Dataset {
  Statement statement;
  std::uint64_t uses = 0;  ///< jobs that have read it
};

}  // namespace spud::service
