// SPDX-License-Identifier: Apache-2.0
#include "vm/time_sheet.hpp"

#include <algorithm>

namespace spud::vm {

namespace {

/// A small opening costs its round as much as this many bytes do.
constexpr std::uint64_t kBytesOfAnOpening = 64;

}  // namespace

void TimeSheet::open(std::size_t accounts) {
  rows_.assign(accounts, {});
  current_ = protocol::Account::kRun;
  tape_waited_ = tape_ != nullptr ? tape_->waited_nanos() : 0;
  opened_ = last_ = std::chrono::steady_clock::now();
}

void TimeSheet::book(protocol::Account next) {
  const auto now = std::chrono::steady_clock::now();
  auto passed = static_cast<InstructionTime::Nanos>((now - last_).count());
  if (tape_ != nullptr) {
    const auto waited = tape_->waited_nanos();
    const auto lost = std::min(passed, waited - tape_waited_);
    tape_waited_ = waited;
    row(current_).dealer += lost;
    passed -= lost;
  }
  row(current_).computing += passed;
  current_ = next;
  last_ = now;
}

void TimeSheet::began(protocol::Account account) {
  book(account);
  auto& own = row(account);
  if (own.runs++ == 0) own.began = since_opening(last_);
}

void TimeSheet::ended(protocol::Account account, std::uint64_t rounds) {
  book(current_);
  auto& own = row(account);
  own.ended = std::max(own.ended, since_opening(last_));
  own.rounds += rounds;
}

void TimeSheet::resumes(std::span<const std::shared_ptr<protocol::PostedOpening>> openings, Rank own) {
  const auto now = std::chrono::steady_clock::now();
  const auto passed = static_cast<double>((now - last_).count());
  last_ = now;
  std::uint64_t all = 0;
  for (const auto& opening : openings) all += opening->byte_count() + kBytesOfAnOpening;
  for (const auto& opening : openings) {
    auto& payer = row(opening->account);
    const auto weight = static_cast<double>(opening->byte_count() + kBytesOfAnOpening);
    payer.waiting += static_cast<InstructionTime::Nanos>(passed * weight / static_cast<double>(all));
    payer.sent_bytes += opening->bytes_from(own);
  }
}

}  // namespace spud::vm
