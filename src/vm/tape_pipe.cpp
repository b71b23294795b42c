// SPDX-License-Identifier: Apache-2.0
#include "vm/tape_pipe.hpp"

#include <algorithm>

namespace spud::vm {

Status TapePipe::write(ByteView bytes) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    const std::size_t held = buffer_.size() - begin_;
    return closed_.has_value() || held < capacity_ || held < wanted_;
  });
  if (closed_) return std::unexpected(*closed_);
  if (begin_ > 0 && begin_ == buffer_.size()) {
    buffer_.clear();
    begin_ = 0;
  } else if (begin_ > capacity_) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  changed_.notify_all();
  return {};
}

Status TapePipe::read(MutableBytes out) {
  std::unique_lock lock(mutex_);
  wanted_ = out.size();
  changed_.notify_all();
  changed_.wait(lock, [&] { return closed_.has_value() || buffer_.size() - begin_ >= out.size(); });
  wanted_ = 0;
  if (buffer_.size() - begin_ < out.size()) return std::unexpected(*closed_);
  std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), out.size(), out.begin());
  begin_ += out.size();
  changed_.notify_all();
  return {};
}

void TapePipe::close(Error reason) {
  std::lock_guard lock(mutex_);
  if (!closed_) closed_ = std::move(reason);
  changed_.notify_all();
}

std::size_t TapePipe::waiting() const {
  std::lock_guard lock(mutex_);
  return buffer_.size() - begin_;
}

}  // namespace spud::vm
