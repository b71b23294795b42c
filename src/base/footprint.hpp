// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

namespace spud {

/// Is told what a computation holds, in bytes: of tensors that are there and of phantoms that stand for some.
class MemoryMeter {
 public:
  virtual void took(std::uint64_t bytes) = 0;
  virtual void gave_back(std::uint64_t bytes) = 0;

  /// The one that listens on this thread; null: nobody does.
  static MemoryMeter* here() { return here_; }

  /// Has `meter` listen on this thread for as long as it lives. The meter outlives all that it was told of.
  class Listening {
   public:
    explicit Listening(MemoryMeter& meter) : before_(std::exchange(here_, &meter)) {}
    ~Listening() { here_ = before_; }
    Listening(const Listening&) = delete;
    Listening& operator=(const Listening&) = delete;

   private:
    MemoryMeter* before_;
  };

 protected:
  ~MemoryMeter() = default;

 private:
  static inline thread_local MemoryMeter* here_ = nullptr;
};

/// So many bytes that are held for as long as it lives, told to the meter of the thread that made it.
class Footprint {
 public:
  Footprint() = default;
  explicit Footprint(std::uint64_t bytes) : meter_(MemoryMeter::here()), bytes_(bytes) {
    if (meter_ != nullptr) meter_->took(bytes_);
  }
  ~Footprint() {
    if (meter_ != nullptr) meter_->gave_back(bytes_);
  }
  Footprint(Footprint&& other) noexcept
      : meter_(std::exchange(other.meter_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Footprint& operator=(Footprint&& other) noexcept {
    std::swap(meter_, other.meter_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  std::uint64_t bytes() const { return bytes_; }

 private:
  MemoryMeter* meter_ = nullptr;
  std::uint64_t bytes_ = 0;
};

}  // namespace spud
