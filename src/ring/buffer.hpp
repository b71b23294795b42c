// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <new>

#include "base/footprint.hpp"

namespace spud::ring {

/// Memory of a tensor, aligned for vector loads. Not initialised. Large ones are kept when they are released
/// and handed out again: the pages of fresh memory cost more than what is done with them. Any thread.
class Buffer {
 public:
  explicit Buffer(std::size_t bytes);
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  std::byte* data() { return data_; }
  std::size_t size() const { return size_; }

 private:
  std::byte* data_;
  std::size_t size_;
  std::size_t capacity_;
  Footprint footprint_;
};

/// What a phantom has in a buffer's place: nothing, but told to whoever meters this thread as if it were one
/// of so many bytes. Null where nobody does.
using Ghost = std::shared_ptr<const Footprint>;
Ghost ghost_of(std::size_t bytes);

/// Bytes that released buffers keep for the next ones: at most as many as are in use, or kIdleBytes if that
/// is more.
std::size_t idle_buffer_bytes();
inline constexpr std::size_t kIdleBytes = std::size_t{96} << 20;
/// Buffers below this are not kept: the allocator's own caches do as well.
inline constexpr std::size_t kPooledBytes = 64 * 1024;

}  // namespace spud::ring
