// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <list>
#include <mutex>
#include <utility>

namespace spud::actors {

/// The tapes that a dealer deals at the moment, so that one that shuts down can end them and say why. Any
/// thread.
class TapesUnderWay {
 public:
  /// Ends one tape; called at most once, from another thread, and never after the Entry has gone.
  using End = std::function<void()>;

  /// One of them, for as long as it lives. Ended at once if all have been given up.
  class Entry {
   public:
    Entry(TapesUnderWay* all, End end) : all_(all) {
      if (all_ == nullptr) return;
      std::lock_guard lock(all_->mutex_);
      if (all_->given_up_) end();
      at_ = all_->ends_.insert(all_->ends_.end(), std::move(end));
    }
    ~Entry() {
      if (all_ == nullptr) return;
      std::lock_guard lock(all_->mutex_);
      all_->ends_.erase(at_);
    }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    TapesUnderWay* all_;
    std::list<End>::iterator at_;
  };

  void give_up() {
    std::lock_guard lock(mutex_);
    if (std::exchange(given_up_, true)) return;
    for (const auto& end : ends_) end();
  }

 private:
  std::mutex mutex_;
  std::list<End> ends_;    // under mutex_
  bool given_up_ = false;  // under mutex_
};

}  // namespace spud::actors
