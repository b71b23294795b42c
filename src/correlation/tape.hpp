// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace spud::correlation {

/// Where the dealer's corrections go, in order.
class TapeWriter {
 public:
  virtual ~TapeWriter() = default;
  virtual Status write(ByteView bytes) = 0;
};

/// Where the last party reads them. Blocks until the bytes are there or says why they never will be.
class TapeReader {
 public:
  virtual ~TapeReader() = default;
  virtual Status read(MutableBytes out) = 0;
  /// For how long reads have blocked so far, all together. Any thread.
  virtual std::uint64_t waited_nanos() const { return 0; }
};

/// A tape in memory: written whole, then read. For tests and the simulator.
class MemoryTape final : public TapeWriter, public TapeReader {
 public:
  Status write(ByteView bytes) override {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return {};
  }
  Status read(MutableBytes out) override {
    if (out.size() > bytes_.size() - at_)
      return fail(ErrorCode::kUnavailable, "the tape is exhausted", "tape");
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), out.size(), out.begin());
    at_ += out.size();
    return {};
  }
  bool fully_read() const { return at_ == bytes_.size(); }
  const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
  std::size_t at_ = 0;
};

}  // namespace spud::correlation
