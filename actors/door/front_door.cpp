// SPDX-License-Identifier: Apache-2.0
#include "actors/door/front_door.hpp"

#include "actors/within_memory.hpp"
#include "base/limits.hpp"
#include "system/metrics/catalogue.hpp"

namespace spud::actors {

namespace {
constexpr Millis kHandshake{10'000};
constexpr Millis kAcceptPause{500};
}  // namespace

Result<std::unique_ptr<FrontDoor>> FrontDoor::open(const net::Address& address, net::TlsContext context,
                                                   metrics::Registry& registry, metrics::Logger log,
                                                   Serve serve) {
  SPUD_ASSIGN(auto listener, net::Listener::bind(address));
  return std::unique_ptr<FrontDoor>(
      new FrontDoor(std::move(listener), std::move(context), registry, std::move(log), std::move(serve)));
}

FrontDoor::FrontDoor(net::Listener listener, net::TlsContext context, metrics::Registry& registry,
                     metrics::Logger log, Serve serve)
    : listener_(std::move(listener)),
      context_(std::move(context)),
      registry_(registry),
      log_(std::move(log)),
      serve_(std::move(serve)),
      acceptor_([this] { accept_all(); }) {}

FrontDoor::~FrontDoor() {
  close();
}

std::size_t FrontDoor::serving() const {
  std::lock_guard lock(mutex_);
  return threads_;
}

void FrontDoor::close() {
  {
    std::unique_lock lock(mutex_);
    if (closed_) return;
    closed_ = true;
    listener_.shutdown();
    for (const auto& connection : open_) connection->shutdown();
    ended_.wait(lock, [&] { return threads_ == 0; });
  }
  acceptor_.join();
}

void FrontDoor::accept_all() {
  for (;;) {
    auto socket = listener_.accept(kAcceptPause);
    std::unique_lock lock(mutex_);
    if (closed_) return;
    if (!socket) {
      if (socket.error().code == ErrorCode::kResource) {
        log_.warning("cannot accept", {{"error", socket.error().message()}});
        ended_.wait_for(lock, kAcceptPause);
      }
      continue;
    }
    if (threads_ >= limits::kConnectionsPerService) {
      registry_.counter(metrics::family::kConnectionsRefused, {"full"}).add();
      continue;
    }
    auto served = within_memory("connection", {}, [&]() -> Status {
      std::thread([this, taken = std::make_shared<net::Socket>(std::move(*socket))] {
        serve(std::move(*taken));
      }).detach();
      ++threads_;  // before it ends: that takes the lock
      return {};
    });
    if (!served) {
      log_.warning("cannot serve a connection", {{"error", served.error().message()}});
      registry_.counter(metrics::family::kConnectionsRefused, {"resource"}).add();
    }
  }
}

// A load balancer's probe connects and hangs up, for ever: that is no handshake, and nobody's mistake.
std::shared_ptr<net::Connection> FrontDoor::shake_hands(net::Socket socket) {
  const auto deadline = net::Deadline::after(kHandshake);
  if (const auto speaks = socket.speaks(deadline); speaks && !*speaks) {
    registry_.counter(metrics::family::kConnectionsRefused, {"silent"}).add();
    log_.debug("a connection ended before it said anything", {{"peer", socket.peer_address()}});
    return nullptr;
  }
  auto accepted = net::Connection::accept(std::move(socket), context_, net::ExpectedPeer::anyone(),
                                          Millis(deadline.poll_millis()));
  if (accepted) return std::move(*accepted);
  registry_.counter(metrics::family::kConnectionsRefused, {"handshake"}).add();
  log_.info("refused a connection", {{"error", accepted.error().message()}});
  return nullptr;
}

void FrontDoor::serve(net::Socket socket) {
  auto connection = shake_hands(std::move(socket));
  bool closed = false;
  if (connection) {
    std::lock_guard lock(mutex_);
    closed = closed_;
    if (!closed) open_.insert(connection);
  }
  if (connection && !closed) {
    auto gauge = registry_.gauge(metrics::family::kConnections);
    gauge.add(1);
    auto served = within_memory("connection", {}, [&]() -> Status {
      serve_(connection);
      return {};
    });
    if (!served) {
      registry_.counter(metrics::family::kConnectionsRefused, {"memory"}).add();
      log_.error("a connection was dropped", served.error(), {{"peer", connection->peer().str()}});
      connection->shutdown();
    }
    gauge.add(-1);
  }
  std::lock_guard lock(mutex_);
  if (connection) open_.erase(connection);
  connection.reset();
  --threads_;
  ended_.notify_all();
}

}  // namespace spud::actors
