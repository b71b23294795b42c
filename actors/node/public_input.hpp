// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/literal.hpp"
#include "service/job.hpp"
#include "system/store/chunked_blob.hpp"

namespace spud::actors {

/// A public tensor that was uploaded to this node. kBadInput if its bytes are not those of its type.
Result<Literal> read_public_input(const store::ChunkedBlob& publics, const service::PublicInput& input);

}  // namespace spud::actors
