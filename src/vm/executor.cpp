// SPDX-License-Identifier: Apache-2.0
#include "vm/executor.hpp"

#include "base/limits.hpp"

namespace spud::vm {

Status RoundExecutor::check() const {
  if (failure_) return std::unexpected(*failure_);
  if (source_ != nullptr && source_->failure()) return std::unexpected(*source_->failure());
  return {};
}

Status RoundExecutor::step() {
  SPUD_CHECK(!ready_.empty() || !posted_.empty(), "a kernel waits for something that nobody will bring");
  while (!ready_.empty()) {
    auto next = ready_.front();
    ready_.pop_front();
    next.resume();
    // Nothing more runs on what a failed kernel left.
    SPUD_TRY(check());
  }
  if (posted_.empty()) return {};
  auto status = exchange();
  if (!status) fail(status.error());
  return status;
}

Status RoundExecutor::exchange() {
  auto openings = std::move(posted_);
  posted_.clear();
  ++traffic_.rounds;
  protocol::RoundHeader header{
      .round = traffic_.rounds, .openings = static_cast<std::uint32_t>(openings.size()), .bytes = 0};
  for (const auto& opening : openings) {
    header.bytes += opening->byte_count();
    traffic_.opened_bits += opening->bits();
    if (observer_) observer_(*opening, header.round);
  }
  traffic_.payload_bytes += header.bytes;
  if (network_ != nullptr) {
    if (header.bytes > limits::kPayloadBytesPerRound) {
      return spud::fail(ErrorCode::kResource, "a round would send " + std::to_string(header.bytes) + " bytes",
                        "round " + std::to_string(header.round),
                        "at most " + std::to_string(limits::kPayloadBytesPerRound));
    }
    std::vector<ByteView> segments;
    for (const auto& opening : openings) segments.push_back(opening->outgoing());
    SPUD_TRY(network_->exchange(header, segments, inbox_.prepare(openings)));
    inbox_.deliver(openings);
  }
  for (const auto& opening : openings) {
    opening->complete();
    if (opening->waiting) ready(opening->waiting);
  }
  return {};
}

}  // namespace spud::vm
