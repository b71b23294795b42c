// SPDX-License-Identifier: Apache-2.0
#include "actors/node/public_input.hpp"

#include "actors/node/share_desk.hpp"

namespace spud::actors {

Result<Literal> read_public_input(const store::ChunkedBlob& publics, const service::PublicInput& input) {
  const auto where = "public input " + input.digest.brief();
  auto bytes = read_blob(publics, input.digest.bytes);
  if (!bytes) return std::unexpected(std::move(bytes).error().in(where));
  const auto expected = static_cast<std::size_t>(input.type.elements()) * byte_width(input.type.dtype);
  if (bytes->size() != expected) {
    return bad_input(std::to_string(bytes->size()) + " bytes", where,
                     std::to_string(expected) + " for " + to_string(input.type));
  }
  return Literal(input.type, std::move(*bytes));
}

}  // namespace spud::actors
