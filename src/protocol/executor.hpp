// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "protocol/account.hpp"
#include "protocol/opening.hpp"
#include "protocol/task.hpp"

namespace spud::protocol {

/// What kernels need of whoever runs them (vm has the real one). One thread.
class Executor {
 public:
  virtual ~Executor() = default;
  /// Resume `waiting`, which runs for `account`, when its turn comes: in the order of the calls.
  virtual void ready(std::coroutine_handle<> waiting, Account account) = 0;
  /// Goes out with the next round.
  virtual void post(std::shared_ptr<PostedOpening> opening) = 0;
  /// Ends the attempt; nothing is sent any more.
  virtual void fail(Error error) = 0;

  /// Whom the kernel that runs now runs for. A kernel keeps it while it waits and hands it to those it sets
  /// off.
  Account account() const { return account_; }
  /// From here on it runs for somebody else.
  void charge(Account account) { account_ = account; }

 private:
  Account account_ = Account::kRun;
};

/// A value that some kernel will have later; any number may await it. Copies share it.
template <class T>
class Future {
 public:
  explicit Future(Executor& executor) : state_(std::make_shared<State>(executor)) {}

  bool has_value() const { return state_->value.has_value(); }
  void set(T value) {
    state_->value.emplace(std::move(value));
    for (const auto& [waiting, account] : state_->waiting) state_->executor.ready(waiting, account);
    state_->waiting.clear();
  }
  auto operator co_await() const {
    struct Awaiter {
      std::shared_ptr<State> state;
      bool await_ready() const { return state->value.has_value(); }
      void await_suspend(std::coroutine_handle<> h) {
        state->waiting.emplace_back(h, state->executor.account());
      }
      T await_resume() const { return *state->value; }
    };
    return Awaiter{state_};
  }

 private:
  struct State {
    explicit State(Executor& e) : executor(e) {}
    Executor& executor;
    std::optional<T> value;
    std::vector<std::pair<std::coroutine_handle<>, Account>> waiting;
  };
  std::shared_ptr<State> state_;
};

/// A kernel that was set off beside its caller, so that both share rounds. Keep it alive until it is done:
/// its end destroys the kernel.
template <class T>
class [[nodiscard]] Started {
 public:
  Started(Executor& executor, Task<T> task) : future_(executor), root_(run(std::move(task), future_)) {
    executor.ready(root_.handle, executor.account());
  }
  auto operator co_await() const { return future_.operator co_await(); }

 private:
  struct Root {
    struct promise_type {
      Root get_return_object() { return Root(std::coroutine_handle<promise_type>::from_promise(*this)); }
      std::suspend_always initial_suspend() noexcept { return {}; }
      std::suspend_always final_suspend() noexcept { return {}; }
      void return_void() {}
      void unhandled_exception() { throw; }  // as Task
    };
    explicit Root(std::coroutine_handle<promise_type> h) : handle(h) {}
    Root(Root&& other) noexcept : handle(std::exchange(other.handle, {})) {}
    Root& operator=(Root&& other) noexcept {
      std::swap(handle, other.handle);
      return *this;
    }
    ~Root() {
      if (handle) handle.destroy();
    }
    std::coroutine_handle<promise_type> handle;
  };
  static Root run(Task<T> task, Future<T> future) {
    T value = co_await task;
    future.set(std::move(value));
  }
  Future<T> future_;
  Root root_;
};

}  // namespace spud::protocol
