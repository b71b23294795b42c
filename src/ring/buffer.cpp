// SPDX-License-Identifier: Apache-2.0
#include "ring/buffer.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <mutex>
#include <vector>

#include <sanitizer/asan_interface.h>
#include <sys/mman.h>

namespace spud::ring {
namespace {

constexpr std::align_val_t kAlignment{64};
/// Below this the allocator's own caches do as well.
constexpr std::size_t kPooledBytes = 64 * 1024;
/// From here on pages of 2 MiB are asked for.
constexpr std::size_t kHugeBytes = std::size_t{4} << 20;
constexpr std::size_t kHugePage = std::size_t{2} << 20;

/// Sizes come in eighths of a power of two, so that a tensor of nearly the same size finds an old buffer.
std::size_t rounded(std::size_t bytes) {
  const std::size_t step = std::bit_floor(bytes) / 8;
  return (bytes + step - 1) / step * step;
}

std::byte* allocate(std::size_t bytes) {
  if (bytes < kHugeBytes) return static_cast<std::byte*>(::operator new(bytes, kAlignment));
  auto* data = static_cast<std::byte*>(::operator new (bytes, std::align_val_t{kHugePage}));
  // Advice: a kernel that has no large pages gives small ones.
  (void)::madvise(data, bytes, MADV_HUGEPAGE);
  return data;
}

void deallocate(std::byte* data, std::size_t bytes) {
  ::operator delete (data, bytes < kHugeBytes ? kAlignment : std::align_val_t{kHugePage});
}

/// What was released, by size. It holds no more than is in use or kIdleBytes: a process that computes nothing
/// keeps nothing much.
class Pool {
 public:
  std::byte* take(std::size_t bytes) {
    {
      std::lock_guard lock(mutex_);
      in_use_ += bytes;
      auto found = idle_.find(bytes);
      if (found != idle_.end()) {
        std::byte* data = found->second.back();
        found->second.pop_back();
        if (found->second.empty()) idle_.erase(found);
        idle_bytes_ -= bytes;
        ASAN_UNPOISON_MEMORY_REGION(data, bytes);
        return data;
      }
    }
    return allocate(bytes);
  }

  void give_back(std::byte* data, std::size_t bytes) {
    std::vector<std::pair<std::byte*, std::size_t>> surplus;
    {
      std::lock_guard lock(mutex_);
      in_use_ -= bytes;
      ASAN_POISON_MEMORY_REGION(data, bytes);  // a use after the release is still noticed
      idle_[bytes].push_back(data);
      idle_bytes_ += bytes;
      // The largest go first: they are the quickest way down.
      for (const std::size_t most = std::max(kIdleBytes, in_use_); idle_bytes_ > most;) {
        auto last = std::prev(idle_.end());
        surplus.emplace_back(last->second.back(), last->first);
        idle_bytes_ -= last->first;
        last->second.pop_back();
        if (last->second.empty()) idle_.erase(last);
      }
    }
    for (auto [old, size] : surplus) {
      ASAN_UNPOISON_MEMORY_REGION(old, size);
      deallocate(old, size);
    }
  }

  std::size_t idle_bytes() {
    std::lock_guard lock(mutex_);
    return idle_bytes_;
  }

 private:
  std::mutex mutex_;
  std::map<std::size_t, std::vector<std::byte*>> idle_;
  std::size_t idle_bytes_ = 0, in_use_ = 0;
};

/// Never destroyed: tensors of static lifetime may be released after it.
Pool& pool() {
  static Pool* const made = new Pool;
  return *made;
}

}  // namespace

Buffer::Buffer(std::size_t bytes) : size_(bytes) {
  if (bytes < kPooledBytes) {
    capacity_ = bytes == 0 ? 1 : bytes;
    data_ = static_cast<std::byte*>(::operator new(capacity_, kAlignment));
  } else {
    capacity_ = rounded(bytes);
    data_ = pool().take(capacity_);
  }
}

Buffer::~Buffer() {
  if (capacity_ < kPooledBytes) {
    ::operator delete(data_, kAlignment);
  } else {
    pool().give_back(data_, capacity_);
  }
}

std::size_t idle_buffer_bytes() {
  return pool().idle_bytes();
}

}  // namespace spud::ring
