// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/random.hpp"
#include "service/client/client.hpp"
#include "service/client/parcels.hpp"

namespace spud::service::client {

/// A random id: `prefix` and 16 hex digits.
Result<std::string> fresh_id(const std::string& prefix, Random& random);

/// Encodes, splits and sends a dataset, a share straight to each node, or where the device's layout has its
/// owner's node keep it, all of it to that node; then, when all have theirs, commits it everywhere. On
/// failure it is taken back everywhere, as far as nodes can be reached. Answers what was signed.
Result<Statement> push(Client& client, const Device& device, const PushOrder& order, Random& random,
                       const Progress& progress);

/// Sends a program or a public input to every node of a device that does not have it yet. Answers its digest.
Result<Digest> push_blob(Client& client, const Device& device, wire::BlobKind kind, ByteView bytes,
                         const Progress& progress);

}  // namespace spud::service::client
