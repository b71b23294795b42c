// SPDX-License-Identifier: Apache-2.0
#include "actors/dealer/tape_sender.hpp"

#include <array>

namespace spud::actors {

namespace {

constexpr std::size_t kChunkBytes = 1u << 20;

}  // namespace

TapeSender::TapeSender(net::Connection& connection, Millis silence)
    : connection_(connection), alive_every_(silence / 4) {
  buffer_.reserve(kChunkBytes);
  pulse_ = std::thread([this] { keep_alive(); });
}

TapeSender::~TapeSender() {
  {
    std::lock_guard lock(mutex_);
    done_ = true;
    changed_.notify_all();
  }
  pulse_.join();
}

Status TapeSender::write(ByteView bytes) {
  std::lock_guard lock(mutex_);
  // A whole chunk goes out from where it lies.
  while (buffer_.empty() && bytes.size() >= kChunkBytes) {
    SPUD_TRY(send(bytes.first(kChunkBytes)));
    bytes = bytes.subspan(kChunkBytes);
  }
  while (!bytes.empty()) {
    const auto take = std::min(bytes.size(), kChunkBytes - buffer_.size());
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(take));
    bytes = bytes.subspan(take);
    if (buffer_.size() == kChunkBytes) SPUD_TRY(send_buffer());
  }
  return {};
}

Status TapeSender::flush() {
  std::lock_guard lock(mutex_);
  return buffer_.empty() ? Status{} : send_buffer();
}

Status TapeSender::end(const wire::DealerTimes& times) {
  SPUD_TRY(flush());
  return finish(wire::TapeEnd{sent_, times});
}

Status TapeSender::say(const wire::DealerAnswer& answer) {
  std::lock_guard lock(mutex_);
  return say_now(answer);
}

Status TapeSender::finish(const wire::DealerAnswer& last) {
  std::lock_guard lock(mutex_);
  done_ = true;
  changed_.notify_all();
  return say_now(last);
}

// Under mutex_.
Status TapeSender::say_now(const wire::DealerAnswer& answer) {
  if (!buffer_.empty()) SPUD_TRY(send_buffer());
  return connection_.send(wire::encode(answer), net::kForever);
}

// Under mutex_. Waits as long as the party computes: it is alive, or its connection ends.
Status TapeSender::send(ByteView chunk) {
  const std::array<ByteView, 1> segments{chunk};
  SPUD_TRY(
      connection_.send(wire::encode(wire::DealerAnswer(wire::TapeChunk{sent_})), segments, net::kForever));
  sent_ += chunk.size();
  return {};
}

Status TapeSender::send_buffer() {
  SPUD_TRY(send(buffer_));
  buffer_.clear();
  return {};
}

void TapeSender::keep_alive() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, alive_every_, [&] { return done_; })) {
    // A party that computes takes nothing for as long; one that is gone is noticed by whoever listens to it.
    if (!connection_.send(wire::encode(wire::DealerAnswer(wire::TapeChunk{sent_})), net::kForever)) return;
  }
}

}  // namespace spud::actors
