// SPDX-License-Identifier: Apache-2.0
#include "system/metrics/operations_server.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <regex>
#include <thread>

#include <httplib.h>
#include <netdb.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace spud::metrics {
namespace {

using Json = nlohmann::ordered_json;
using Steady = std::chrono::steady_clock;

constexpr std::size_t kThreads = 4;
constexpr std::size_t kRequestBytes = 16 << 10;
constexpr auto kRequestTime = std::chrono::seconds(5);
constexpr int kStopLookMillis = 50;

/// A connection that ends when the server stops or its time is up, however slowly the other side talks.
class Connection final : public httplib::Stream {
 public:
  Connection(socket_t socket, const std::atomic<bool>& stopping)
      : socket_(socket), stopping_(stopping), deadline_(Steady::now() + kRequestTime) {}

  bool is_readable() const override { return wait(POLLIN); }
  bool is_writable() const override { return wait(POLLOUT); }

  ssize_t read(char* data, std::size_t size) override {
    if (!wait(POLLIN)) return -1;
    ssize_t got = ::recv(socket_, data, std::min(size, kRequestBytes - received_), 0);
    if (got > 0) received_ += static_cast<std::size_t>(got);
    return got;
  }
  ssize_t write(const char* data, std::size_t size) override {
    return wait(POLLOUT) ? ::send(socket_, data, size, MSG_NOSIGNAL | MSG_DONTWAIT) : -1;
  }

  void get_remote_ip_and_port(std::string& ip, int& port) const override { name(::getpeername, ip, port); }
  void get_local_ip_and_port(std::string& ip, int& port) const override { name(::getsockname, ip, port); }
  socket_t socket() const override { return socket_; }

 private:
  bool wait(short event) const {
    if (event == POLLIN && received_ >= kRequestBytes) return false;
    while (!stopping_ && Steady::now() < deadline_) {
      pollfd ready{socket_, event, 0};
      int count = ::poll(&ready, 1, kStopLookMillis);
      if (count > 0) return true;
      if (count < 0 && errno != EINTR) return false;
    }
    return false;
  }

  template <class Ask>
  void name(Ask ask, std::string& ip, int& port) const {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    char host[NI_MAXHOST], service[NI_MAXSERV];
    if (ask(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0) return;
    if (::getnameinfo(reinterpret_cast<sockaddr*>(&address), size, host, sizeof host, service, sizeof service,
                      NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
      return;
    }
    ip = host;
    port = std::atoi(service);
  }

  socket_t socket_;
  const std::atomic<bool>& stopping_;
  Steady::time_point deadline_;
  std::size_t received_ = 0;
};

bool all_hold(const std::vector<Check>& checks) {
  return std::all_of(checks.begin(), checks.end(), [](const Check& check) { return check.ok; });
}

std::string readiness_json(const std::vector<Check>& checks) {
  Json list = Json::array();
  for (const Check& check : checks) list.push_back(to_json(check));
  Json all{{"ready", all_hold(checks)}, {"checks", std::move(list)}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

Json to_json(const Check& check) {
  Json one{{"name", check.name}, {"ok", check.ok}};
  if (!check.ok) one["reason"] = check.reason;
  return one;
}

class OperationsServer::Server final : public httplib::Server {
 public:
  Server(const OperationsOptions& options, const Registry& registry, Readiness readiness)
      : options_(options), registry_(registry), readiness_(std::move(readiness)) {
    new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    // The library's default shares a port with whoever else asks for it; a port in use must be an error.
    set_socket_options([](socket_t socket) {
      int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    set_payload_max_length(kRequestBytes);
    add_pages();
  }

  Status listen() {
    const std::string address = options_.host + ":" + std::to_string(options_.port);
    errno = 0;
    const bool bound = options_.port == 0 ? (port_ = bind_to_any_port(options_.host)) > 0
                                          : bind_to_port(options_.host, port_ = options_.port);
    if (!bound) {
      // A port that is held may be free soon, and an address may be on its way: whoever starts it tries
      // again.
      const auto code = errno == EADDRINUSE      ? ErrorCode::kConflict
                        : errno == EADDRNOTAVAIL ? ErrorCode::kUnavailable
                                                 : ErrorCode::kBadInput;
      const std::string reason = errno != 0 ? std::strerror(errno) : "no such address";
      return fail(code, "cannot listen: " + reason, "operations.listen " + address,
                  "a free port of an address of this machine");
    }
    acceptor_ = std::thread([this] { listen_after_bind(); });
    return {};
  }

  void end() {
    if (!acceptor_.joinable()) return;
    stopping_ = true;
    // Before listen_after_bind has begun, stop() would do nothing.
    while (!is_running() && svr_sock_ != INVALID_SOCKET) std::this_thread::yield();
    stop();
    acceptor_.join();
  }

  int port() const { return port_; }

 private:
  void add_pages() {
    Get("/healthz",
        [](const httplib::Request&, httplib::Response& reply) { reply.set_content("ok\n", "text/plain"); });
    Get("/metrics", [this](const httplib::Request&, httplib::Response& reply) {
      reply.set_content(registry_.text(), "text/plain; version=0.0.4; charset=utf-8");
    });
    Get("/readyz", [this](const httplib::Request&, httplib::Response& reply) {
      std::vector<Check> checks = readiness_();
      reply.status = all_hold(checks) ? 200 : 503;
      reply.set_content(readiness_json(checks), "application/json");
    });
    for (const auto& [path, make] : options_.documents) {
      Get(std::regex_replace(path, std::regex("\\."), "\\."),
          [make = make](const httplib::Request&, httplib::Response& reply) {
            auto document = make();
            reply.set_header("Content-Security-Policy", document.policy);
            reply.set_content(std::move(document.body), document.type);
          });
    }
    set_default_headers({{"Cache-Control", "no-store"},
                         {"X-Content-Type-Options", "nosniff"},
                         {"Referrer-Policy", "no-referrer"}});
    // Without it the library would tell the exception's text.
    set_exception_handler([](const httplib::Request&, httplib::Response& reply, std::exception_ptr) {
      reply.status = 500;
      reply.set_content("internal error\n", "text/plain");
    });
  }

  bool process_and_close_socket(socket_t socket) override {
    Connection connection(socket, stopping_);
    bool closed = false;
    bool served = process_request(connection, /*close_connection=*/true, closed, nullptr);
    ::shutdown(socket, SHUT_RDWR);
    ::close(socket);
    return served;
  }

  OperationsOptions options_;
  const Registry& registry_;
  Readiness readiness_;
  std::atomic<bool> stopping_{false};
  int port_ = 0;
  std::thread acceptor_;
};

OperationsServer::OperationsServer(std::unique_ptr<Server> server) : server_(std::move(server)) {}
OperationsServer::~OperationsServer() {
  stop();
}

Result<std::unique_ptr<OperationsServer>> OperationsServer::start(const OperationsOptions& options,
                                                                  const Registry& registry,
                                                                  Readiness readiness) {
  auto server = std::make_unique<Server>(options, registry, std::move(readiness));
  SPUD_TRY(server->listen());
  return std::unique_ptr<OperationsServer>(new OperationsServer(std::move(server)));
}

std::uint16_t OperationsServer::port() const {
  return static_cast<std::uint16_t>(server_->port());
}
void OperationsServer::stop() {
  server_->end();
}

}  // namespace spud::metrics
