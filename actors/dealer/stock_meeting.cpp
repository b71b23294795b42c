// SPDX-License-Identifier: Apache-2.0
#include "actors/dealer/stock_meeting.hpp"

namespace spud::actors {

void StockMeeting::dealt(const service::wire::StockEnd& end) {
  std::lock_guard lock(mutex_);
  tape_.dealt(end);
  changed_.notify_all();
}

void StockMeeting::stored(Rank rank, const Digest& digest) {
  std::lock_guard lock(mutex_);
  // What is wrong about it, all hear of as the tape's failure.
  (void)tape_.stored(rank, digest);
  over_ = tape_.failure().has_value();
  changed_.notify_all();
}

void StockMeeting::fail(const Error& error) {
  std::lock_guard lock(mutex_);
  tape_.fail(error);
  over_ = tape_.failure().has_value();
  changed_.notify_all();
}

Result<service::wire::StockEnd> StockMeeting::await_dealt() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return tape_.failure() || tape_.end(); });
  if (tape_.failure()) return std::unexpected(*tape_.failure());
  return *tape_.end();
}

Status StockMeeting::await_ready(Millis longest) {
  std::unique_lock lock(mutex_);
  const bool decided = changed_.wait_for(lock, longest, [&] { return tape_.failure() || tape_.ready(); });
  if (!decided) {
    tape_.fail(Error{ErrorCode::kTimeout,
                     "rank " + std::to_string(index(*tape_.missing())) + " has not stored it", "tape",
                     "within " + std::to_string(longest.count() / 1000) + " s", "", ""});
    over_ = true;
    changed_.notify_all();
  }
  if (tape_.failure()) return std::unexpected(*tape_.failure());
  return {};
}

}  // namespace spud::actors
