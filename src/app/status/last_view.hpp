// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>

#include "actors/door/ask.hpp"
#include "actors/interfaces.hpp"
#include "base/clock.hpp"

namespace spud::app {

/// What an actor has said of itself last, for as long as it says nothing newer: an actor that waits for its
/// disk does not keep those waiting who want to know why. One thread at a time.
template <class View>
class LastView {
 public:
  /// Asks the actor, and tells the snapshot how old the answer is. A view of its own if there never was one.
  template <class Actor>
  const View& ask(caf::actor_system& system, const Actor& actor, const Clock& clock,
                  service::status::Snapshot& snapshot) {
    constexpr Millis kAnswer{1000};
    caf::scoped_actor self(system);
    auto view = actors::ask<std::shared_ptr<const View>>(self, actor, kAnswer, actors::Describe{});
    if (view) {
      view_ = *view;
      heard_ = clock.now();
      return *view_;
    }
    snapshot.silence = view.error().what;
    if (heard_) {
      snapshot.age_millis = std::max<std::int64_t>(snapshot.age_millis, (clock.now() - *heard_).count());
    } else {
      snapshot.heard = false;
    }
    return *view_;
  }

 private:
  std::shared_ptr<const View> view_ = std::make_shared<const View>();
  std::optional<Millis> heard_;  ///< nullopt: never
};

}  // namespace spud::app
