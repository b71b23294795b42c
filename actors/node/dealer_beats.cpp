// SPDX-License-Identifier: Apache-2.0
#include "actors/node/dealer_beats.hpp"

#include <utility>

#include "service/wire/dealer_codec.hpp"

namespace spud::actors {

namespace wire = service::wire;

DealerBeats::DealerBeats(net::Connection& connection, LinkTimes times, Peers* observer)
    : connection_(connection), times_(times), observer_(observer), thread_([this] { run(); }) {}

DealerBeats::~DealerBeats() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void DealerBeats::run() {
  const auto alive = wire::encode(wire::DealerRequest(wire::NodeAlive{}));
  auto frames = connection_.traffic().frames_received;
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, times_.heartbeat, [&] { return stopped_; })) {
    lock.unlock();
    // Whoever receives notices why.
    if (!connection_.send(alive, times_.silence)) return;
    const bool heard = std::exchange(frames, connection_.traffic().frames_received) != frames;
    if (heard && observer_ != nullptr) observer_->worked(connection_);
    lock.lock();
  }
}

}  // namespace spud::actors
