// SPDX-License-Identifier: Apache-2.0
#include "system/store/group_commit.hpp"

#include <utility>

namespace spud::store {

Status GroupCommit::run(const std::function<Result<Batch>()>& decide) {
  std::unique_lock lock(mutex_);
  if (failure_) return std::unexpected(*failure_);
  SPUD_ASSIGN(auto batch, decide());
  pending_.add(std::move(batch));
  const auto mine = ++taken_;
  while (done_ < mine && !failure_) {
    // Whoever finds the disk idle writes for all that wait.
    if (writing_) {
      written_.wait(lock);
    } else {
      write_pending(lock);
    }
  }
  if (done_ < mine) return std::unexpected(*failure_);
  return {};
}

void GroupCommit::write_pending(std::unique_lock<std::mutex>& lock) {
  writing_ = true;
  const auto upto = taken_;
  Batch batch = std::exchange(pending_, {});
  lock.unlock();
  Status written;
  if (!batch.empty()) written = store_.write(std::move(batch), Durability::kSynced);
  lock.lock();
  writing_ = false;
  if (written) {
    done_ = upto;
  } else {
    failure_ = std::move(written).error();
  }
  written_.notify_all();
}

void GroupCommit::look(const std::function<void()>& look) const {
  std::lock_guard lock(mutex_);
  look();
}

}  // namespace spud::store
