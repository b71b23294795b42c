// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "actors/mail.hpp"

namespace spud::actors {

/// Asks an actor from a thread outside the actor system and waits for its answer.
template <class T, class Actor, class... Arguments>
Outcome<T> ask(caf::scoped_actor& self, const Actor& actor, Millis timeout, Arguments&&... arguments) {
  Outcome<T> outcome = fail(ErrorCode::kInternal, "no answer");
  self->request(actor, std::chrono::milliseconds(timeout), std::forward<Arguments>(arguments)...)
      .receive([&](const Outcome<T>& answered) { outcome = answered; },
               [&](const caf::error& error) {
                 outcome = error == caf::sec::request_timeout
                               ? fail(ErrorCode::kTimeout, "the service did not answer in time")
                               : fail(ErrorCode::kUnavailable, "the service is shutting down");
               });
  return outcome;
}

/// The T of the Outcome<T> that Actor answers to these arguments.
template <class Actor, class... Arguments>
struct AnswerOf {
  template <class T>
  static T value(caf::detail::type_list<Outcome<T>>);
  using type = decltype(value(
      std::declval<
          typename caf::response_type<typename Actor::signatures, std::decay_t<Arguments>...>::type>()));
};

}  // namespace spud::actors
