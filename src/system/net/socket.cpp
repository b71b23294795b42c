// SPDX-License-Identifier: Apache-2.0
#include "system/net/socket.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <linux/tcp.h>  // glibc's netinet/tcp.h has no tcpi_min_rtt
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace spud::net {
namespace {

// A machine that loses power answers nothing: the kernel asks after 30 s of silence and gives up 30 s later.
constexpr int kKeepAliveIdleSeconds = 30;
constexpr int kKeepAliveIntervalSeconds = 10;
constexpr int kKeepAliveProbes = 3;
constexpr int kUnacknowledgedMillis = 60'000;

void set(int fd, int level, int option, int value) {
  ::setsockopt(fd, level, option, &value, sizeof value);
}

std::unexpected<Error> lost(int error, const std::string& where) {
  if (error == ECONNRESET || error == EPIPE) {
    return fail(ErrorCode::kUnavailable, "the peer's process ended or broke off the connection", where);
  }
  return fail(ErrorCode::kUnavailable, std::string("the connection failed: ") + std::strerror(error), where);
}

bool is_loopback(std::string_view numeric) {
  return numeric.starts_with("127.") || numeric.starts_with("[::1]");
}

/// Whether the peer has ended its side, without waiting.
bool has_hung_up(int fd) {
  pollfd entry{fd, POLLRDHUP, 0};
  return ::poll(&entry, 1, 0) > 0 && (entry.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

}  // namespace

std::string numeric_address(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "?";
  if (address.ss_family == AF_INET6) {
    auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    return Address{text, ntohs(v6.sin6_port)}.str();
  }
  auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
  ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
  return Address{text, ntohs(v4.sin_port)}.str();
}

Status wait_for(int fd, short events, Deadline deadline, const std::string& where) {
  for (;;) {
    pollfd entry{fd, events, 0};
    int ready = ::poll(&entry, 1, deadline.poll_millis());
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return lost(errno, where);
    if (ready == 0 && deadline.passed())
      return fail(ErrorCode::kTimeout, "no answer within the time allowed", where);
  }
}

Socket::Socket(int fd, std::string peer_address) : fd_(fd), peer_address_(std::move(peer_address)) {
  set(fd_, IPPROTO_TCP, TCP_NODELAY, 1);
  set(fd_, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(fd_, IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdleSeconds);
  set(fd_, IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveIntervalSeconds);
  set(fd_, IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveProbes);
  set(fd_, IPPROTO_TCP, TCP_USER_TIMEOUT, kUnacknowledgedMillis);
  // Nothing is ever lost on loopback, and a system whose default paces packets (BBR) spends a fifth of the
  // time on timers there. Elsewhere the system's choice stands. Every kernel has this one.
  if (is_loopback(peer_address_)) ::setsockopt(fd_, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
}

Socket::Socket(Socket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), peer_address_(std::move(other.peer_address_)) {}

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(peer_address_, other.peer_address_);
  return *this;
}

Socket::~Socket() {
  if (fd_ >= 0) ::close(fd_);
}

Result<Socket> Socket::connect(const Address& address, Deadline deadline) {
  const std::string where = address.str();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  if (int error = ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &list)) {
    return fail(ErrorCode::kUnavailable, std::string("cannot look up the host: ") + ::gai_strerror(error),
                where);
  }
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);

  Error last{ErrorCode::kUnavailable, "the host has no address", where, {}, {}, {}};
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    int fd = ::socket(entry->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
      last.what = std::string("cannot open a socket: ") + std::strerror(errno);
      continue;
    }
    sockaddr_storage peer{};
    std::memcpy(&peer, entry->ai_addr, entry->ai_addrlen);
    Socket socket(fd, numeric_address(peer));
    int error = ::connect(fd, entry->ai_addr, entry->ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS || error == EINTR) {
      if (auto ready = wait_for(fd, POLLOUT, deadline, where); !ready) {
        if (ready.error().code == ErrorCode::kTimeout)
          ready.error().what = "did not accept a connection in time";
        return std::unexpected(std::move(ready.error()));
      }
      socklen_t size = sizeof error;
      ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    }
    if (error == 0) return socket;
    last.what = std::string("cannot connect: ") + std::strerror(error);
  }
  if (last.what.ends_with(std::strerror(ECONNREFUSED)))
    last.hint = "is the service running, and on this port?";
  return std::unexpected(std::move(last));
}

Status Socket::send_all(ByteView bytes, Deadline deadline) {
  while (!bytes.empty()) {
    ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      // A peer that has ended its side reads no more either: without this a full window would be waited for
      // in vain.
      if (has_hung_up(fd_)) return lost(EPIPE, peer_address_);
      auto ready = wait_for(fd_, POLLOUT | POLLRDHUP, deadline, peer_address_);
      if (!ready && ready.error().code == ErrorCode::kTimeout) {
        ready.error().what = "the peer did not take our data within the time allowed";
      }
      SPUD_TRY(std::move(ready));
    } else if (errno != EINTR) {
      return lost(errno, peer_address_);
    }
  }
  return {};
}

std::size_t Socket::send_now(ByteView bytes) {
  ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

Result<bool> Socket::speaks(Deadline deadline) {
  for (std::byte first;;) {
    ssize_t got = ::recv(fd_, &first, 1, MSG_PEEK);
    if (got >= 0) return got > 0;
    if (errno == ECONNRESET) return false;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      SPUD_TRY(wait_for(fd_, POLLIN, deadline, peer_address_));
    } else if (errno != EINTR) {
      return lost(errno, peer_address_);
    }
  }
}

Result<std::size_t> Socket::receive_some(MutableBytes out, Deadline deadline) {
  for (;;) {
    ssize_t got = ::recv(fd_, out.data(), out.size(), 0);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      SPUD_TRY(wait_for(fd_, POLLIN, deadline, peer_address_));
    } else if (errno != EINTR) {
      return lost(errno, peer_address_);
    }
  }
}

void Socket::shutdown_read() {
  ::shutdown(fd_, SHUT_RD);
}
void Socket::shutdown_write() {
  ::shutdown(fd_, SHUT_WR);
}
void Socket::shutdown_both() {
  ::shutdown(fd_, SHUT_RDWR);
}

std::optional<std::chrono::microseconds> Socket::round_trip() const {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd_, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  // A kernel that has no least one fills in less of the struct.
  constexpr auto kWithLeast = offsetof(tcp_info, tcpi_min_rtt) + sizeof info.tcpi_min_rtt;
  const auto micros = size >= kWithLeast ? info.tcpi_min_rtt : info.tcpi_rtt;
  // Before the first sample all bits of the least one are set.
  if (micros == 0 || micros == ~std::uint32_t{0}) return std::nullopt;
  return std::chrono::microseconds(micros);
}

}  // namespace spud::net
