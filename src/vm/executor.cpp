// SPDX-License-Identifier: Apache-2.0
#include "vm/executor.hpp"

#include <new>
#include <utility>

#include "base/limits.hpp"

namespace spud::vm {

namespace {

/// There may not be enough for more than the bare words, which need none.
template <class Where>
std::unexpected<Error> out_of_memory(const Where& where) try {
  return fail(ErrorCode::kResource, "out of memory", where(), {}, {},
              "give its process more memory, or run less at a time");
} catch (const std::bad_alloc&) {
  return std::unexpected(Error{ErrorCode::kResource, "out of memory", "", "", "", ""});
}

}  // namespace

Status RoundExecutor::check() const {
  if (failure_) return std::unexpected(*failure_);
  if (source_ != nullptr && source_->failure()) return std::unexpected(*source_->failure());
  return {};
}

void RoundExecutor::post(std::shared_ptr<protocol::PostedOpening> opening) {
  opening->account = account();
  large_waits_ |= opening->byte_count() >= limits::kEarlyOpeningBytes;
  posted_.push_back(std::move(opening));
}

Status RoundExecutor::step() {
  Status status;
  try {
    status = advance();
  } catch (const std::bad_alloc&) {
    status = out_of_memory([&] { return "round " + std::to_string(traffic_.rounds + 1); });
  }
  if (status) return status;
  // The openings and their inbox outlive whoever still reads and writes them.
  if (std::exchange(under_way_, false)) network_->abandon(status.error());
  parts_ = 0;
  fail(status.error());
  return status;
}

Status RoundExecutor::advance() {
  SPUD_CHECK(!ready_.empty() || !posted_.empty(), "a kernel waits for something that nobody will bring");
  while (!ready_.empty()) {
    // While there is something to compute; the last opening of a round leaves with its rest.
    if (large_waits_ && network_ != nullptr && network_->takes_parts()) SPUD_TRY(hand_over(Piece::kPart));
    auto [next, next_account] = ready_.front();
    ready_.pop_front();
    charge(next_account);
    if (sheet_ != nullptr) sheet_->turn_to(next_account);
    SPUD_TRY(resume(next));
    // Nothing more runs on what a failed kernel left.
    SPUD_TRY(check());
  }
  if (posted_.empty()) return {};
  return exchange();
}

Status RoundExecutor::resume(std::coroutine_handle<> kernel) {
  try {
    kernel.resume();
  } catch (const std::bad_alloc&) {
    // Where it stopped, and who waits for it, nobody resumes: they are destroyed as they stand.
    return out_of_memory(
        [&] { return names_ ? names_(account()) : "round " + std::to_string(traffic_.rounds + 1); });
  }
  return {};
}

Status RoundExecutor::carry_round() {
  if (handed_over_ < posted_.size()) SPUD_TRY(hand_over(Piece::kRest));
  if (parts_ > 0) SPUD_TRY(network_->settle());
  return {};
}

Status RoundExecutor::exchange() {
  if (sheet_ != nullptr) sheet_->waits();
  const auto carried = carry_round();
  if (sheet_ != nullptr) sheet_->resumes(posted_, rank_);
  SPUD_TRY(carried);
  under_way_ = false;
  auto openings = std::move(posted_);
  posted_.clear();
  handed_over_ = 0;
  parts_ = 0;
  round_bytes_ = 0;
  ++traffic_.rounds;
  if (progress_ != nullptr) progress_->rounds.store(traffic_.rounds, std::memory_order_relaxed);
  if (network_ != nullptr) {
    inbox_.deliver(openings);
  } else if (MemoryMeter::here() != nullptr) {
    received_ = Footprint();
    received_ = Footprint(inbox_.bytes_of(openings));
  }
  for (const auto& opening : openings) {
    opening->complete();
    if (opening->waiting) ready(opening->waiting, opening->account);
  }
  return {};
}

Status RoundExecutor::hand_over(Piece piece) {
  const auto openings = std::span(posted_).subspan(handed_over_);
  protocol::RoundHeader header{.round = traffic_.rounds + 1,
                               .openings = static_cast<std::uint32_t>(openings.size()),
                               .bytes = 0,
                               .part = parts_};
  for (const auto& opening : openings) {
    round_bytes_ += opening->byte_count();
    const bool is_own = opening->is_sent_by(rank_);
    if (observer_ && (is_own || network_ == nullptr)) observer_(*opening, header.round);
    if (!is_own) continue;
    header.bytes += opening->byte_count();
    traffic_.opened_bits += opening->bits();
  }
  handed_over_ = posted_.size();
  large_waits_ = false;
  traffic_.payload_bytes += header.bytes;
  if (network_ == nullptr) return {};
  if (round_bytes_ > limits::kPayloadBytesPerRound) {
    return spud::fail(ErrorCode::kResource, "a round would send " + std::to_string(round_bytes_) + " bytes",
                      "round " + std::to_string(header.round),
                      "at most " + std::to_string(limits::kPayloadBytesPerRound));
  }
  std::vector<ByteView> segments;
  for (const auto& opening : openings) {
    if (opening->is_sent_by(rank_)) segments.push_back(opening->outgoing());
  }
  const auto receive = inbox_.prepare(openings);
  under_way_ = true;
  if (piece == Piece::kRest && parts_ == 0) return network_->exchange(header, segments, receive);
  ++parts_;
  return network_->start(header, segments, receive);
}

}  // namespace spud::vm
