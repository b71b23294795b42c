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
/// From here on pages of 2 MiB are asked for.
constexpr std::size_t kHugeBytes = std::size_t{4} << 20;
constexpr std::size_t kHugePage = std::size_t{2} << 20;

/// Sizes come in eighths of a power of two, so that a tensor of nearly the same size finds an old buffer.
std::size_t rounded(std::size_t bytes) {
  const std::size_t step = std::bit_floor(bytes) / 8;
  return (bytes + step - 1) / step * step;
}

std::size_t capacity_of(std::size_t bytes) {
  if (bytes >= kPooledBytes) return rounded(bytes);
  return bytes == 0 ? 1 : bytes;
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
    try {
      return allocate(bytes);
    } catch (const std::bad_alloc&) {
      std::lock_guard lock(mutex_);
      in_use_ -= bytes;
      throw;
    }
  }

  void give_back(std::byte* data, std::size_t bytes) noexcept {
    std::unique_lock lock(mutex_);
    in_use_ -= bytes;
    if (!keep(data, bytes)) {
      lock.unlock();
      deallocate(data, bytes);
      return;
    }
    // The largest go first: they are the quickest way down.
    while (idle_bytes_ > std::max(kIdleBytes, in_use_)) {
      auto last = std::prev(idle_.end());
      std::byte* old = last->second.back();
      const std::size_t size = last->first;
      idle_bytes_ -= size;
      last->second.pop_back();
      if (last->second.empty()) idle_.erase(last);
      lock.unlock();
      ASAN_UNPOISON_MEMORY_REGION(old, size);
      deallocate(old, size);
      lock.lock();
    }
  }

  std::size_t idle_bytes() {
    std::lock_guard lock(mutex_);
    return idle_bytes_;
  }

 private:
  /// False where there is no memory even to remember it by.
  bool keep(std::byte* data, std::size_t bytes) noexcept {
    try {
      idle_[bytes].push_back(data);
    } catch (const std::bad_alloc&) {
      if (auto known = idle_.find(bytes); known != idle_.end() && known->second.empty()) idle_.erase(known);
      return false;
    }
    ASAN_POISON_MEMORY_REGION(data, bytes);  // a use after the release is still noticed
    idle_bytes_ += bytes;
    return true;
  }

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

Buffer::Buffer(std::size_t bytes) : size_(bytes), capacity_(capacity_of(bytes)) {
  if (bytes < kPooledBytes) {
    data_ = static_cast<std::byte*>(::operator new(capacity_, kAlignment));
  } else {
    data_ = pool().take(capacity_);
  }
  footprint_ = Footprint(capacity_);
}

Buffer::~Buffer() {
  if (capacity_ < kPooledBytes) {
    ::operator delete(data_, kAlignment);
  } else {
    pool().give_back(data_, capacity_);
  }
}

Ghost ghost_of(std::size_t bytes) {
  if (bytes == 0 || MemoryMeter::here() == nullptr) return nullptr;
  return std::make_shared<const Footprint>(capacity_of(bytes));
}

std::size_t idle_buffer_bytes() {
  return pool().idle_bytes();
}

}  // namespace spud::ring
