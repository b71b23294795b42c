// SPDX-License-Identifier: Apache-2.0
#include "ring/workers.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
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

/// The threads of the process beside the calling one. One job at a time.
class Pool {
 public:
  ~Pool() { resize(0); }

  unsigned threads() const { return threads_.load(std::memory_order_relaxed); }

  void set_threads(unsigned count) {
    SPUD_CHECK(!inside_body, "the number of threads is not changed by work that runs on them");
    if (count == 0) count = std::max(1u, std::thread::hardware_concurrency());
    std::lock_guard only_job(job_mutex_);
    resize(count - 1);
    threads_.store(count, std::memory_order_relaxed);
  }

  void run(std::int64_t count, std::int64_t grain, workers::Body body) {
    if (count <= 0) return;
    grain = std::max<std::int64_t>(grain, 1);
    std::unique_lock only_job(job_mutex_, std::defer_lock);
    if (inside_body || threads() == 1 || count <= grain || !only_job.try_lock()) {
      body.call(body.what, 0, count);
      return;
    }
    {
      std::lock_guard lock(mutex_);
      const std::int64_t ranges = kRangesPerThread * static_cast<std::int64_t>(helpers_.size() + 1);
      grain_ = std::max(grain, (count + ranges - 1) / ranges);
      count_ = count;
      body_ = body;
      next_.store(0, std::memory_order_relaxed);
      ++job_;
      open_ = true;
      announced_.store(job_, std::memory_order_release);
    }
    caller_.store(::sched_getcpu(), std::memory_order_relaxed);
    start_.notify_all();
    take_ranges();
    // A helper that has not woken up by now is not waited for.
    std::unique_lock lock(mutex_);
    open_ = false;
    done_.wait(lock, [&] { return working_ == 0; });
  }

 private:
  void take_ranges() {
    inside_body = true;
    while (true) {
      const std::int64_t begin = next_.fetch_add(grain_, std::memory_order_relaxed);
      if (begin >= count_) break;
      body_.call(body_.what, begin, std::min(begin + grain_, count_));
    }
    inside_body = false;
  }

  void help(std::uint64_t last_job) {
    std::unique_lock lock(mutex_);
    while (true) {
      // Loops follow each other closely, and a thread that sleeps may be woken on the core of the one that
      // woke it and wait there for a millisecond: so it stays awake a little, on another core.
      lock.unlock();
      leave_core(caller_.load(std::memory_order_relaxed));
      for (int i = 0; i < kYields && announced_.load(std::memory_order_acquire) == last_job; ++i)
        std::this_thread::yield();
      lock.lock();
      start_.wait(lock, [&] { return stop_ || (open_ && job_ != last_job); });
      if (stop_) return;
      last_job = job_;
      ++working_;
      lock.unlock();
      take_ranges();
      lock.lock();
      if (--working_ == 0) done_.notify_one();
    }
  }

  /// Only while no job runs.
  void resize(std::size_t helpers) {
    if (helpers == helpers_.size()) return;
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
      announced_.store(job_ + 1, std::memory_order_release);
    }
    start_.notify_all();
    for (auto& helper : helpers_) helper.join();
    helpers_.clear();
    stop_ = false;
    announced_.store(job_, std::memory_order_release);
    for (std::size_t i = 0; i < helpers; ++i) helpers_.emplace_back([this, job = job_] { help(job); });
  }

  std::mutex job_mutex_;  ///< held while a job runs or the number of threads changes
  std::atomic<unsigned> threads_{1};
  std::vector<std::thread> helpers_;

  std::mutex mutex_;  ///< protects what follows, until next_
  std::condition_variable start_, done_;
  std::uint64_t job_ = 0;
  bool open_ = false;        ///< helpers may join the job
  std::size_t working_ = 0;  ///< helpers that have joined it and not finished
  bool stop_ = false;

  // The job: written before it is opened, read by those who joined it, so without the mutex.
  std::atomic<int> caller_{-1};              ///< core of the thread that ran the last job
  std::atomic<std::uint64_t> announced_{0};  ///< job_, for helpers that have not gone to sleep yet
  std::atomic<std::int64_t> next_{0};
  std::int64_t count_ = 0, grain_ = 1;
  workers::Body body_{};
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
