// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "correlation/tape.hpp"
#include "protocol/account.hpp"
#include "protocol/opening.hpp"

namespace spud::vm {

/// Where the time of one instruction went, all its runs together. Of kernels that run by turns each gets its
/// own; a round that several share is split among them by what each opened in it.
struct InstructionTime {
  using Nanos = std::uint64_t;
  std::uint64_t runs = 0;
  Nanos began = 0;               ///< the first time its operands were there, since the sheet was opened
  Nanos ended = 0;               ///< the last time its results were; 0: never
  Nanos computing = 0;           ///< on the session's thread
  Nanos waiting = 0;             ///< for rounds to go and come
  Nanos dealer = 0;              ///< for corrections that have not come yet
  std::uint64_t rounds = 0;      ///< from its operands to its results, with what its regions take
  std::uint64_t sent_bytes = 0;  ///< of openings, to each peer
};

/// Times of a run by account: 0 is what no instruction asked for, then the plan's in the order of its text
/// (Ledger::account_of). Filled by the run's thread, and read once that is over, however it ended. Reads the
/// clock where the account changes and around rounds, nowhere else: nothing that is computed, sent or ordered
/// depends on it.
class TimeSheet {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  /// As many accounts as the plan has, and the run's own.
  void open(std::size_t accounts);
  /// Whose waiting is told apart from computing; outlives the run. Null: nobody's.
  void watch(const correlation::TapeReader* tape) { tape_ = tape; }

  bool is_open() const { return !rows_.empty(); }
  Moment opened_at() const { return opened_; }
  const std::vector<InstructionTime>& rows() const { return rows_; }
  std::vector<InstructionTime> take() { return std::move(rows_); }

  // ---- what a run tells it
  /// From here on it computes for this account.
  void turn_to(protocol::Account account) {
    if (account != current_) book(account);
  }
  void began(protocol::Account account);
  void ended(protocol::Account account, std::uint64_t rounds);
  /// The session's thread waits from here on, and does not any more, for a round with these openings.
  void waits() { book(current_); }
  void resumes(std::span<const std::shared_ptr<protocol::PostedOpening>> openings, Rank own);
  /// Nothing more is computed. What runs with the tape does not outlive it.
  void close() {
    book(protocol::Account::kRun);
    tape_ = nullptr;
  }

 private:
  InstructionTime& row(protocol::Account account) { return rows_[static_cast<std::size_t>(account)]; }
  InstructionTime::Nanos since_opening(Moment moment) const {
    return static_cast<InstructionTime::Nanos>((moment - opened_).count());
  }
  /// Puts what passed since the last time to the current account, and makes this one current.
  void book(protocol::Account next);

  std::vector<InstructionTime> rows_;
  const correlation::TapeReader* tape_ = nullptr;
  std::uint64_t tape_waited_ = 0;
  protocol::Account current_ = protocol::Account::kRun;
  Moment opened_{}, last_{};
};

}  // namespace spud::vm
