// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "service/node/upload_book.hpp"
#include "service/wire/node_codec.hpp"

namespace spud::service::node {

/// A dataset that a job reads, as this node holds it.
struct SecretInput {
  UploadId upload;
  Statement statement;
  Rank rank{};
  bool seeded = false;
};

/// An input of a job, resolved: a secret of which this node holds a share, or all or nothing where a party
/// keeps it, or a public tensor known by its digest.
struct ResolvedInput {
  std::string name;
  std::variant<SecretInput, PublicInput> source;
  const TensorType& type() const;
  bool secret() const { return std::holds_alternative<SecretInput>(source); }
  std::optional<Rank> keeper() const;
};

/// Looks up the inputs of an attempt and asks every owner's policy. Refuses: a device that this node (by its
/// identity) is no part of, a dataset it does not hold at that device and rank, private data that the
/// device's layout or its owner's place in it does not allow, a policy that forbids, tables whose row ids
/// differ.
Result<std::vector<ResolvedInput>> resolve(const UploadBook& uploads, const wire::PrepareAttempt& prepare,
                                           const std::string& own_identity, std::int64_t unix_millis);

/// What the compiler made of the program.
struct PlanSummary {
  Digest plan;
  std::string compiler;
  Digest demand;  ///< of correlations
  std::vector<TensorType> outputs;
};

/// All that the nodes of an attempt must agree on before the first byte moves, as fields: compared by the
/// scheduler and, since it is not trusted, by the peers among themselves.
Fields manifest(const wire::PrepareAttempt& prepare, const std::vector<ResolvedInput>& inputs,
                const PlanSummary& plan);
/// The same of an attempt that this dealer deals to live.
Fields with_dealer(Fields manifest, const std::string& identity);
inline Digest digest_manifest(const Fields& fields) {
  return digest_fields("manifest", fields);
}

}  // namespace spud::service::node
