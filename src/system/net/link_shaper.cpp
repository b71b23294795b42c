// SPDX-License-Identifier: Apache-2.0
#include "system/net/link_shaper.hpp"

#include <algorithm>

#include <sys/prctl.h>

namespace spud::net {

LinkShaper::LinkShaper(const LinkShape& shape, std::function<Status(ByteView)> send)
    : send_(std::move(send)), schedule_(shape), thread_([this] { run(); }) {}

LinkShaper::~LinkShaper() {
  finish({});
  thread_.join();
}

Micros LinkShaper::now() const {
  return std::chrono::duration_cast<Micros>(std::chrono::steady_clock::now() - start_);
}

Status LinkShaper::push(Bytes bytes, Deadline deadline) {
  std::unique_lock lock(mutex_);
  auto may_go_on = [&] { return failure_ || finished_ || queued_bytes_ < kQueuedBytes; };
  if (auto time = deadline.time()) {
    if (!changed_.wait_until(lock, *time, may_go_on)) {
      return fail(ErrorCode::kTimeout, "the shaped link did not take our data within the time allowed");
    }
  } else {
    changed_.wait(lock, may_go_on);
  }
  if (failure_) return std::unexpected(*failure_);
  if (finished_) return fail(ErrorCode::kCancelled, "the connection was shut down on our side");
  queued_bytes_ += bytes.size();
  Micros due = schedule_.arrival(now(), bytes.size());
  last_due_ = due;
  queue_.push_back({due, std::move(bytes)});
  changed_.notify_all();
  return {};
}

void LinkShaper::finish(std::function<void()> after) {
  std::lock_guard lock(mutex_);
  if (finished_) return;
  finished_ = true;
  after_ = std::move(after);
  changed_.notify_all();
}

bool LinkShaper::drained(Millis grace) {
  std::unique_lock lock(mutex_);
  auto end = std::max(start_ + last_due_, std::chrono::steady_clock::now()) + grace;
  return changed_.wait_until(lock, end, [&] { return ended_; });
}

void LinkShaper::run() {
  ::prctl(PR_SET_TIMERSLACK, 1000);  // nanoseconds; the default of 50 µs would show in every round
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return finished_ || !queue_.empty(); });
    if (queue_.empty()) break;
    auto due = start_ + queue_.front().due;
    while (std::chrono::steady_clock::now() < due) changed_.wait_until(lock, due);
    Parcel parcel = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    auto sent = send_(parcel.bytes);
    lock.lock();
    queued_bytes_ -= parcel.bytes.size();
    if (!sent) {
      failure_ = std::move(sent.error());
      queue_.clear();
      queued_bytes_ = 0;
    }
    changed_.notify_all();
  }
  auto after = std::move(after_);
  lock.unlock();
  if (after) after();
  lock.lock();
  ended_ = true;
  changed_.notify_all();
}

}  // namespace spud::net
