// SPDX-License-Identifier: Apache-2.0
#include "service/tape_id.hpp"

#include <charconv>
#include <vector>

namespace spud::service {

namespace {

bool parse(const std::string& text, std::uint64_t& out) {
  const char* end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, out);
  return error == std::errc() && stop == end && out > 0;
}

}  // namespace

std::string TapeId::str() const {
  return dealer() + "/" + std::to_string(epoch) + "/" + std::to_string(sequence);
}

Result<TapeId> tape_id_from_string(const std::string& text) {
  std::vector<std::string> parts(1);
  for (char c : text) {
    if (c == '/') {
      parts.emplace_back();
    } else {
      parts.back().push_back(c);
    }
  }
  TapeId id;
  if (parts.size() == 4 && is_valid_name(parts[0]) && is_valid_name(parts[1]) && parse(parts[2], id.epoch) &&
      parse(parts[3], id.sequence)) {
    id.party = PartyId(parts[0]);
    id.node = NodeId(parts[1]);
    return id;
  }
  return bad_input("'" + text + "' names no tape", "tape", "dealer's party/dealer's node/epoch/number");
}

}  // namespace spud::service
