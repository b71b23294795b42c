// SPDX-License-Identifier: Apache-2.0
#include "service/dealer/stocking.hpp"

namespace spud::service::dealer {

void Stocking::dealt(wire::StockEnd end) {
  if (!end_) end_ = std::move(end);
}

Status Stocking::stored(Rank rank, const Digest& digest) {
  if (failure_) return std::unexpected(*failure_);
  if (!end_ || digest != end_->digest) {
    fail(Error{ErrorCode::kPeerFault, "rank " + std::to_string(index(rank)) + " has stored another tape",
               "tape", end_ ? end_->digest.hex() : "the end of the tape first", "", ""});
    return std::unexpected(*failure_);
  }
  stored_.insert(rank);
  return {};
}

void Stocking::fail(Error error) {
  if (!failure_ && !ready()) failure_ = std::move(error);
}

std::optional<Rank> Stocking::missing() const {
  for (unsigned i = 0; i < parties_; ++i) {
    if (!stored_.contains(Rank{i})) return Rank{i};
  }
  return std::nullopt;
}

}  // namespace spud::service::dealer
