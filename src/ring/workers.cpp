// SPDX-License-Identifier: Apache-2.0
#include "ring/workers.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <new>
#include <shared_mutex>
#include <thread>
#include <vector>

#include <sched.h>

#include "base/check.hpp"

namespace spud::ring {
namespace {

/// Ranges a thread gets on average: more even out unequal speeds, fewer cost less to hand out.
constexpr std::int64_t kRangesPerThread = 4;

/// How often a helper that has nothing to do lets others run before it sleeps: some 100 µs.
constexpr int kYields = 300;

/// True while this thread runs a body: what a body starts runs on its own thread.
thread_local bool inside_body = false;

/// Moves this thread to another core than `core`, if it is there and may run elsewhere; it stays free to
/// move.
void leave_core(int core) {
  if (core < 0 || core >= CPU_SETSIZE || ::sched_getcpu() != core) return;
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  cpu_set_t others = allowed;
  CPU_CLR(static_cast<std::size_t>(core), &others);
  if (CPU_COUNT(&others) == 0) return;
  // Where it is refused the thread only stays where it is.
  if (::sched_setaffinity(0, sizeof others, &others) == 0)
    (void)::sched_setaffinity(0, sizeof allowed, &allowed);
}

/// One parallel_for under way; on the stack of the thread that called it.
struct Job {
  Job(std::int64_t all, std::int64_t least, workers::Body what) : count(all), grain(least), body(what) {}

  bool has_ranges() const { return next.load(std::memory_order_relaxed) < count; }
  bool take_range() {
    const std::int64_t begin = next.fetch_add(grain, std::memory_order_relaxed);
    if (begin >= count) return false;
    inside_body = true;
    try {
      body.call(body.what, begin, std::min(begin + grain, count));
    } catch (const std::bad_alloc&) {
      // Helpers and the caller alike: it is told once nobody works on it any more.
      out_of_memory.store(true, std::memory_order_relaxed);
      next.store(count, std::memory_order_relaxed);
    }
    inside_body = false;
    return true;
  }

  const std::int64_t count, grain;
  const workers::Body body;
  std::atomic<std::int64_t> next{0};
  std::atomic<bool> out_of_memory{false};
  std::size_t helpers = 0;  ///< that have joined it and not left; under Pool::mutex_
};

/// The threads of the process beside the calling ones. The jobs under way share them evenly: helpers go where
/// the fewest are, and no more of them work than `threads` leaves beside the callers, which work in any case.
class Pool {
 public:
  ~Pool() { resize(0); }

  unsigned threads() const { return threads_.load(std::memory_order_relaxed); }

  void set_threads(unsigned count) {
    SPUD_CHECK(!inside_body, "the number of threads is not changed by work that runs on them");
    if (count == 0) count = std::max(1u, std::thread::hardware_concurrency());
    std::lock_guard no_job(running_);
    resize(count - 1);
    threads_.store(count, std::memory_order_relaxed);
  }

  void run(std::int64_t count, std::int64_t grain, workers::Body body) {
    if (count <= 0) return;
    grain = std::max<std::int64_t>(grain, 1);
    std::shared_lock running(running_, std::defer_lock);
    if (inside_body || threads() == 1 || count <= grain || !running.try_lock()) {
      body.call(body.what, 0, count);
      return;
    }
    const std::int64_t ranges = kRangesPerThread * static_cast<std::int64_t>(helpers_.size() + 1);
    Job job(count, std::max(grain, (count + ranges - 1) / ranges), body);
    {
      std::lock_guard lock(mutex_);
      jobs_.push_back(&job);
      change();
    }
    caller_.store(::sched_getcpu(), std::memory_order_relaxed);
    start_.notify_all();
    while (job.take_range()) {
    }
    // A helper that has not joined it by now is not waited for.
    std::unique_lock lock(mutex_);
    std::erase(jobs_, &job);
    change();
    if (!jobs_.empty()) start_.notify_all();
    done_.wait(lock, [&] { return job.helpers == 0; });
    if (job.out_of_memory.load(std::memory_order_relaxed)) throw std::bad_alloc();
  }

 private:
  // All under mutex_.
  void change() { changes_.fetch_add(1, std::memory_order_release); }
  bool full() const { return working_ + jobs_.size() >= threads(); }
  Job* least_helped() const {
    Job* least = nullptr;
    for (auto* job : jobs_) {
      if (job->has_ranges() && (least == nullptr || job->helpers < least->helpers)) least = job;
    }
    return least;
  }
  /// Whether one of the job's helpers has to go: too many work now, or another job has two fewer.
  bool crowded(const Job& job) const {
    if (working_ + jobs_.size() > threads()) {
      return std::none_of(jobs_.begin(), jobs_.end(),
                          [&](const Job* other) { return other->helpers > job.helpers; });
    }
    const auto* least = least_helped();
    return least != nullptr && least->helpers + 1 < job.helpers;
  }

  void work_on(Job& job, std::unique_lock<std::mutex>& lock) {
    ++job.helpers;
    ++working_;
    auto seen = changes_.load(std::memory_order_relaxed);
    lock.unlock();
    while (job.take_range()) {
      const auto now = changes_.load(std::memory_order_acquire);
      if (now == seen) continue;
      seen = now;
      lock.lock();
      const bool go = crowded(job);
      if (go) break;
      lock.unlock();
    }
    if (!lock.owns_lock()) lock.lock();
    --working_;
    if (--job.helpers == 0) done_.notify_all();
    // Others may join, or have to leave, what was crowded or full before.
    if (jobs_.empty()) return;
    change();
    start_.notify_one();
  }

  void help() {
    std::unique_lock lock(mutex_);
    while (true) {
      // Loops follow each other closely, and a thread that sleeps may be woken on the core of the one that
      // woke it and wait there for a millisecond: so it stays awake a little, on another core.
      const auto seen = changes_.load(std::memory_order_relaxed);
      lock.unlock();
      leave_core(caller_.load(std::memory_order_relaxed));
      for (int i = 0; i < kYields && changes_.load(std::memory_order_acquire) == seen; ++i)
        std::this_thread::yield();
      lock.lock();
      Job* job = nullptr;
      start_.wait(lock, [&] {
        if (stop_) return true;
        job = full() ? nullptr : least_helped();
        return job != nullptr;
      });
      if (stop_) return;
      work_on(*job, lock);
    }
  }

  /// Only while no job runs.
  void resize(std::size_t helpers) {
    if (helpers == helpers_.size()) return;
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
      change();
    }
    start_.notify_all();
    for (auto& helper : helpers_) helper.join();
    helpers_.clear();
    stop_ = false;
    for (std::size_t i = 0; i < helpers; ++i) helpers_.emplace_back([this] { help(); });
  }

  std::shared_mutex running_;  ///< held by every job, and alone while the number of threads changes
  std::atomic<unsigned> threads_{1};
  std::vector<std::thread> helpers_;

  std::mutex mutex_;  ///< protects what follows, until changes_
  std::condition_variable start_, done_;
  std::vector<Job*> jobs_;
  std::size_t working_ = 0;  ///< helpers at any job
  bool stop_ = false;

  std::atomic<std::uint64_t> changes_{0};  ///< for helpers at work and those that have not gone to sleep yet
  std::atomic<int> caller_{-1};            ///< core of the thread that ran the last job
};

Pool& pool() {
  static Pool one;
  return one;
}

}  // namespace

void set_threads(unsigned count) {
  pool().set_threads(count);
}
unsigned threads() {
  return pool().threads();
}
void workers::run(std::int64_t count, std::int64_t grain, Body body) {
  pool().run(count, grain, body);
}

}  // namespace spud::ring
