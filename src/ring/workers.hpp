// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <type_traits>

namespace spud::ring {

/// How many threads compute all parallel_for of this process together; 0: one a core. One until somebody says
/// otherwise. Waits for those under way; must not be called from the body of one.
void set_threads(unsigned count);
unsigned threads();

namespace workers {
/// A callable without ownership: what it points to outlives the call.
struct Body {
  void (*call)(void* what, std::int64_t begin, std::int64_t end);
  void* what;
};
void run(std::int64_t count, std::int64_t grain, Body body);
}  // namespace workers

/// Calls body(begin, end) for ranges that together are [0, count), none but the last shorter than `grain`, on
/// the calling thread and on those of the process, which all callers share evenly, and returns when all are
/// done. The body throws nothing but std::bad_alloc, which comes out here once nobody works on it any more,
/// and what it leaves must not depend on where the ranges are cut. Inside a
/// body, and where there are as many callers as threads, the calling thread does all the work itself.
template <class F>
void parallel_for(std::int64_t count, std::int64_t grain, F&& body) {
  using Callable = std::remove_reference_t<F>;
  auto call = [](void* what, std::int64_t begin, std::int64_t end) {
    (*static_cast<Callable*>(what))(begin, end);
  };
  workers::run(count, grain, {call, const_cast<void*>(static_cast<const void*>(&body))});
}

}  // namespace spud::ring
