// SPDX-License-Identifier: Apache-2.0
#include "ring/workers.hpp"

#include <atomic>
#include <chrono>
#include <latch>
#include <mutex>
#include <new>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace spud::ring {
namespace {

class Workers : public testing::Test {
 protected:
  void TearDown() override { set_threads(1); }
};

std::vector<int> visits(std::int64_t count, std::int64_t grain) {
  std::vector<int> seen(static_cast<std::size_t>(count), 0);
  parallel_for(count, grain, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = begin; i < end; ++i) ++seen[static_cast<std::size_t>(i)];
  });
  return seen;
}

TEST_F(Workers, VisitEveryIndexOnceWithAnyNumberOfThreads) {
  for (unsigned count : {1u, 2u, 5u}) {
    set_threads(count);
    EXPECT_EQ(threads(), count);
    for (std::int64_t size : {0, 1, 2, 7, 64, 1000}) {
      for (std::int64_t grain : {0, 1, 3, 2000}) {
        EXPECT_EQ(visits(size, grain), std::vector<int>(static_cast<std::size_t>(size), 1))
            << count << " threads, " << size << " by " << grain;
      }
    }
  }
}

TEST_F(Workers, ZeroMeansEveryCore) {
  set_threads(0);
  EXPECT_GE(threads(), 1u);
}

TEST_F(Workers, RangesAreNoShorterThanTheGrain) {
  set_threads(2);
  std::mutex mutex;
  std::vector<std::int64_t> lengths;
  parallel_for(103, 10, [&](std::int64_t begin, std::int64_t end) {
    std::lock_guard lock(mutex);
    if (end != 103) lengths.push_back(end - begin);
  });
  for (auto length : lengths) EXPECT_GE(length, 10);
}

TEST_F(Workers, TwoThreadsWorkAtOnce) {
  set_threads(2);
  std::latch both(2);
  std::mutex mutex;
  std::set<std::thread::id> ids;
  // Each of the two ranges waits for the other to have begun.
  parallel_for(2, 1, [&](std::int64_t, std::int64_t) {
    both.arrive_and_wait();
    std::lock_guard lock(mutex);
    ids.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(ids.size(), 2u);
  EXPECT_TRUE(ids.contains(std::this_thread::get_id())) << "the calling thread takes part";
}

TEST_F(Workers, OneThreadIsTheCallingOne) {
  parallel_for(100, 1, [caller = std::this_thread::get_id()](std::int64_t begin, std::int64_t end) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
    EXPECT_EQ(begin, 0);
    EXPECT_EQ(end, 100);
  });
}

TEST_F(Workers, NestedLoopsRunOnTheirOwnThread) {
  set_threads(3);
  std::atomic<int> sum = 0;
  parallel_for(10, 1, [&](std::int64_t begin, std::int64_t end) {
    const auto outer = std::this_thread::get_id();
    for (auto i = begin; i < end; ++i) {
      parallel_for(10, 1, [&](std::int64_t from, std::int64_t to) {
        EXPECT_EQ(std::this_thread::get_id(), outer);
        sum += static_cast<int>(to - from);
      });
    }
  });
  EXPECT_EQ(sum, 100);
}

/// Threads that are in a body of one caller's loop, now and at most.
struct Crew {
  std::atomic<int> now{0}, most{0};
  std::atomic<bool> begun{false};
  void enter() {
    const int here = ++now;
    for (int seen = most; here > seen && !most.compare_exchange_weak(seen, here);) {
    }
    begun = true;
  }
};

template <class Until>
bool wait_for(const Until& until) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!until()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST_F(Workers, TwoCallersHaveHalfOfTheThreadsEachAndOneAloneAll) {
  set_threads(4);
  Crew first, second;
  std::atomic<int> entered = 0, late = 0;
  std::atomic<bool> shared{false};
  std::thread other;
  const auto see_halves = [&] {
    if (first.now == 2 && second.now == 2) shared = true;
    return shared.load();
  };
  parallel_for(64, 1, [&](std::int64_t, std::int64_t) {
    const int number = entered++;
    first.enter();
    if (number < 4) {
      // All four threads are here, until another caller has come.
      if (!wait_for([&] { return first.most == 4; })) ++late;
      if (number == 0) {
        other = std::thread([&] {
          parallel_for(64, 1, [&](std::int64_t, std::int64_t) {
            second.enter();
            if (!wait_for([&] { return shared.load(); })) ++late;
            --second.now;
          });
        });
      }
      if (!wait_for([&] { return second.begun.load(); })) ++late;
    } else if (!wait_for(see_halves)) {
      ++late;
    }
    --first.now;
  });
  other.join();
  EXPECT_EQ(late, 0) << first.most << " at most, and halves were " << (shared ? "" : "not ") << "seen";
}

TEST_F(Workers, CallsFromSeveralThreadsDoNotMeet) {
  set_threads(2);
  std::vector<std::thread> callers;
  std::atomic<int> wrong = 0;
  for (int c = 0; c < 4; ++c) {
    callers.emplace_back([&] {
      for (int turn = 0; turn < 200; ++turn) {
        if (visits(50, 1) != std::vector<int>(50, 1)) ++wrong;
      }
    });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(Workers, ABodyWithoutMemoryIsToldToItsCallerOnceAllHaveStopped) {
  for (unsigned count : {1u, 4u}) {
    set_threads(count);
    std::atomic<int> inside = 0;
    EXPECT_THROW(parallel_for(64, 1,
                              [&](std::int64_t, std::int64_t end) {
                                ++inside;
                                --inside;
                                if (end > 32) throw std::bad_alloc();
                              }),
                 std::bad_alloc);
    EXPECT_EQ(inside, 0);
    EXPECT_EQ(visits(50, 1), std::vector<int>(50, 1)) << "others are served as before";
  }
}

}  // namespace
}  // namespace spud::ring
