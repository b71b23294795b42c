// SPDX-License-Identifier: Apache-2.0
#include "system/net/listener.hpp"

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace spud::net {
namespace {

constexpr int kBacklog = 256;

}  // namespace

Result<Listener> Listener::bind(const Address& address) {
  const std::string where = address.str();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | AI_PASSIVE;
  addrinfo* list = nullptr;
  if (int error = ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &list)) {
    return bad_input(std::string("cannot look up the host: ") + ::gai_strerror(error), where,
                     "an address of this machine");
  }
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);

  int fd = ::socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return fail(ErrorCode::kResource, std::string("cannot open a socket: ") + std::strerror(errno), where);
  Listener listener(fd, address);
  int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd, list->ai_addr, list->ai_addrlen) != 0 || ::listen(fd, kBacklog) != 0) {
    if (errno == EADDRINUSE) {
      return fail(ErrorCode::kConflict, "the port is in use", where, "a free port", {},
                  "stop the process that holds it, or configure another port");
    }
    // An address that is not there may be on its way: whoever starts it tries again.
    const auto code = errno == EACCES          ? ErrorCode::kDenied
                      : errno == EADDRNOTAVAIL ? ErrorCode::kUnavailable
                                               : ErrorCode::kBadInput;
    return fail(code, std::string("cannot listen: ") + std::strerror(errno), where,
                "an address of this machine");
  }
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);
  listener.address_.port =
      ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(bound).sin6_port
                                        : reinterpret_cast<sockaddr_in&>(bound).sin_port);
  return listener;
}

Listener::Listener(Listener&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      address_(std::move(other.address_)),
      stopped_(other.stopped_.load()) {}

Listener::~Listener() {
  if (fd_ >= 0) ::close(fd_);
}

Result<Socket> Listener::accept(Millis timeout) {
  Deadline deadline = Deadline::after(timeout);
  const std::string where = "listener at " + address_.str();
  for (;;) {
    if (stopped_) return fail(ErrorCode::kCancelled, "was shut down", where);
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    int fd = ::accept4(fd_, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) return Socket(fd, numeric_address(peer));
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      SPUD_TRY(wait_for(fd_, POLLIN, deadline, where));
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      return fail(ErrorCode::kResource, std::string("cannot take a connection: ") + std::strerror(errno),
                  where, {}, {}, "raise the limit of open files, or serve fewer connections");
    } else if (errno != EINTR && errno != ECONNABORTED && !stopped_) {
      return fail(ErrorCode::kInternal, std::string("cannot take a connection: ") + std::strerror(errno),
                  where);
    }
  }
}

void Listener::shutdown() {
  stopped_ = true;
  ::shutdown(fd_, SHUT_RDWR);  // wakes a thread in poll
}

}  // namespace spud::net
