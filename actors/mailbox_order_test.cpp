// SPDX-License-Identifier: Apache-2.0
// Messages and ThreadSanitizer. Mailboxes and reference counts of CAF order what a sender wrote before what
// its receiver reads, by atomics inside a library that is not instrumented: TSan sees the accesses, not the
// order, and calls every message a race. Under TSan this file stands in front of the few functions of the
// library that hand a message, an actor or the last reference from one thread to another, and tells TSan what
// each of them orders: this message, this actor, this object, and nothing else. Races beside the messages are
// reported as ever.
#include <gtest/gtest.h>

#include "actors/mail.hpp"

#ifdef __SANITIZE_THREAD__
#include <cstdlib>

#include <dlfcn.h>

extern "C" {
void __tsan_acquire(void* address);
void __tsan_release(void* address);
}

namespace {

void acquire(const void* address) {
  __tsan_acquire(const_cast<void*>(address));
}
void release(const void* address) {
  __tsan_release(const_cast<void*>(address));
}

/// The library's own function: a member function is called like one whose first argument is the object.
template <class Function>
Function* library(const char* symbol) {
  auto* const found = dlsym(RTLD_NEXT, symbol);
  if (found == nullptr) std::abort();
  return reinterpret_cast<Function*>(found);
}

}  // namespace

namespace caf {

// A message: what came before it was sent comes before it is handled.

void scheduled_actor::enqueue(mailbox_element_ptr message, execution_unit* unit) {
  static auto* const real = library<void(scheduled_actor*, mailbox_element_ptr, execution_unit*)>(
      "_ZN3caf15scheduled_actor7enqueueESt10unique_ptrINS_15mailbox_elementENS_6detail8disposerEEPNS_"
      "14execution_unitE");
  release(message.get());
  real(this, std::move(message), unit);
}

void blocking_actor::enqueue(mailbox_element_ptr message, execution_unit* unit) {
  static auto* const real = library<void(blocking_actor*, mailbox_element_ptr, execution_unit*)>(
      "_ZN3caf14blocking_actor7enqueueESt10unique_ptrINS_15mailbox_elementENS_6detail8disposerEEPNS_"
      "14execution_unitE");
  release(message.get());
  real(this, std::move(message), unit);
}

intrusive::task_result blocking_actor::mailbox_visitor::operator()(mailbox_element& message) {
  static auto* const real = library<intrusive::task_result(mailbox_visitor*, mailbox_element&)>(
      "_ZN3caf14blocking_actor15mailbox_visitorclERNS_15mailbox_elementE");
  acquire(&message);
  return real(this, message);
}

intrusive::task_result scheduled_actor::mailbox_visitor::operator()(mailbox_element& message) {
  static auto* const real = library<intrusive::task_result(mailbox_visitor*, mailbox_element&)>(
      "_ZN3caf15scheduled_actor15mailbox_visitorclERNS_15mailbox_elementE");
  acquire(&message);
  const auto result = real(this, message);
  release(self);  // as below: after this it may leave the thread
  return result;
}

// An actor: it moves from thread to thread, and each time it runs it knows what it did before.

void scheduled_actor::launch(execution_unit* unit, bool lazy, bool hide) {
  static auto* const real = library<void(scheduled_actor*, execution_unit*, bool, bool)>(
      "_ZN3caf15scheduled_actor6launchEPNS_14execution_unitEbb");
  release(this);
  real(this, unit, lazy, hide);
}

bool scheduled_actor::activate(execution_unit* unit) {
  static auto* const real = library<bool(scheduled_actor*, execution_unit*)>(
      "_ZN3caf15scheduled_actor8activateEPNS_14execution_unitE");
  acquire(this);
  const auto alive = real(this, unit);
  release(this);
  return alive;
}

// A reference: what was done with an object comes before its end.

void ref_counted::deref() const noexcept {
  static auto* const real = library<void(const ref_counted*)>("_ZNK3caf11ref_counted5derefEv");
  release(this);
  acquire(this);
  real(this);
}

void intrusive_ptr_release(actor_control_block* actor) {
  static auto* const real =
      library<void(actor_control_block*)>("_ZN3caf21intrusive_ptr_releaseEPNS_19actor_control_blockE");
  release(actor);
  acquire(actor);
  real(actor);
}

void intrusive_ptr_release_weak(actor_control_block* actor) {
  static auto* const real =
      library<void(actor_control_block*)>("_ZN3caf26intrusive_ptr_release_weakEPNS_19actor_control_blockE");
  release(actor);
  acquire(actor);
  real(actor);
}

}  // namespace caf
#endif

namespace spud::actors {
namespace {

struct Numbers {
  std::vector<int> values;
};

}  // namespace
}  // namespace spud::actors

SPUD_MESSAGE(spud::actors::Numbers);

namespace spud::actors {
namespace {

/// Adds up what it is sent, and all that it was sent before: state that goes with the actor. Takes an
/// argument, because CAF binds a reference to null where an actor has none, which UBSan reports.
caf::behavior adder(caf::stateful_actor<int>* self, int start) {
  self->state = start;
  return {[self](const Numbers& numbers) {
    for (const auto value : numbers.values) self->state += value;
    return Numbers{{self->state}};
  }};
}

int add(caf::scoped_actor& self, const caf::actor& actor, const Numbers& numbers) {
  int sum = -1;
  self->request(actor, caf::infinite, numbers)
      .receive([&](const Numbers& answer) { sum = answer.values.at(0); }, [](const caf::error&) {});
  return sum;
}

/// Workers that share one queue under a mutex, which TSan sees; a queue that workers steal from has a lock it
/// does not.
struct Config : caf::actor_system_config {
  Config() { set("scheduler.policy", caf::atom("sharing")).set("scheduler.max-threads", 2); }
};

TEST(MailboxOrder, WhatIsSentIsReadAndAnsweredInOrder) {
  Config config;
  caf::actor_system system(config);
  caf::scoped_actor self(system);
  for (const auto& actor : {system.spawn(adder, 0), system.spawn<caf::detached>(adder, 0)}) {
    for (int turn = 1; turn <= 100; ++turn) ASSERT_EQ(add(self, actor, {{turn, -turn, 1}}), turn);
  }
}

#ifdef __SANITIZE_THREAD__
/// Reads a place that its sender did not give away.
caf::behavior trespasser(caf::event_based_actor*, const int* place) {
  return {[place](const Numbers&) { return Numbers{{*place}}; }};
}

void race_beside_messages() {
  int place = 0;
  Config config;
  caf::actor_system system(config);
  caf::scoped_actor self(system);
  const auto actor = system.spawn<caf::detached>(trespasser, &place);
  // Now and then one side may happen to learn of the other, by a reference both let go: hence a few turns.
  for (int turn = 0; turn < 20; ++turn) {
    self->send(actor, Numbers{});
    ++place;
    self->receive([](const Numbers&) {});
  }
}

TEST(MailboxOrder, ARaceBesideTheMessagesIsStillReported) {
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT((race_beside_messages(), std::exit(0)), ::testing::ExitedWithCode(66),
              "data race.*mailbox_order_test");
}
#endif

}  // namespace
}  // namespace spud::actors
