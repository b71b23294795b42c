// SPDX-License-Identifier: Apache-2.0
#include "app/bench/crew.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace spud::app::bench {
namespace {

volatile std::sig_atomic_t signalled = 0;
constexpr int kLongestWaitMillis = 200;
constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};

extern "C" void note_signal(int) {
  signalled = 1;
}

void on_signals(void (*action)(int)) {
  struct sigaction what {};
  what.sa_handler = action;  // without SA_RESTART: a poll must return
  for (int signal : kSignals) ::sigaction(signal, &what, nullptr);
}

/// The life of a forked process.
[[noreturn]] void live(pid_t parent, int fd, const Crew::Work& work) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  // A terminal sends ^C to all of us: whoever started us decides.
  on_signals(SIG_IGN);
  int code = 0;
  {
    ControlLine line(fd);
    if (auto done = work(line); !done) {
      (void)line.send({{"error", to_json(done.error())}});
      code = 1;
    }
  }
  // Neither exit handlers nor buffers of the process that we were copied from.
  ::_exit(code);
}

}  // namespace

InterruptGuard::InterruptGuard() {
  signalled = 0;
  on_signals(note_signal);
}
InterruptGuard::~InterruptGuard() {
  on_signals(SIG_DFL);
}
bool InterruptGuard::interrupted() {
  return signalled != 0;
}

Crew::~Crew() {
  for (auto& member : members_) {
    if (member->pid < 0) continue;
    ::kill(member->pid, SIGKILL);
    while (::waitpid(member->pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

Status Crew::start(const std::string& name, const Work& work) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return fail(ErrorCode::kResource, std::string("cannot be started: ") + std::strerror(errno), name);
  }
  std::fflush(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(ends[0]);
    // The others' lines must end when this process's owner ends them, not when we do.
    for (auto& member : members_) member->line.reset();
    live(parent, ends[1], work);
  }
  ::close(ends[1]);
  if (pid < 0) {
    ::close(ends[0]);
    return fail(ErrorCode::kResource, std::string("cannot be started: ") + std::strerror(errno), name);
  }
  members_.push_back(std::make_unique<Member>(Member{name, pid, std::make_unique<ControlLine>(ends[0])}));
  return {};
}

Status Crew::tell(const Json& message) {
  for (auto& member : members_) {
    if (auto told = member->line->send(message); !told) return std::unexpected(ended(*member));
  }
  return {};
}

Error Crew::ended(Member& member) {
  // Its last words, if it had any.
  if (auto words = member.line->receive(net::Deadline::after(Millis(0))); words && words->contains("error")) {
    return error_from((*words)["error"]).in(member.name);
  }
  int status = 0;
  Error error{ErrorCode::kUnavailable, "ended by itself", member.name, "", "", ""};
  if (::waitpid(member.pid, &status, 0) == member.pid) {
    member.pid = -1;
    if (WIFSIGNALED(status)) {
      error.what = std::string("was ended by signal ") + std::to_string(WTERMSIG(status)) + " (" +
                   strsignal(WTERMSIG(status)) + ")";
    } else {
      error.what = "ended with exit code " + std::to_string(WEXITSTATUS(status));
    }
  }
  return error;
}

Result<Json> Crew::hear(Member& member) {
  auto message = member.line->receive(net::Deadline::never());
  if (!message) {
    if (message.error().code == ErrorCode::kUnavailable) return std::unexpected(ended(member));
    return std::unexpected(std::move(message).error().in(member.name));
  }
  if (message->contains("error")) return std::unexpected(error_from((*message)["error"]).in(member.name));
  return message;
}

Result<std::vector<Json>> Crew::gather(Millis patience) {
  const auto deadline = net::Deadline::after(patience);
  std::vector<std::optional<Json>> answers(members_.size());
  for (;;) {
    std::vector<pollfd> waiting;
    std::vector<std::size_t> who;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      if (answers[i]) continue;
      waiting.push_back({members_[i]->line->fd(), POLLIN, 0});
      who.push_back(i);
    }
    if (waiting.empty()) break;
    if (InterruptGuard::interrupted()) return fail(ErrorCode::kCancelled, "interrupted");
    // A signal may come just before the wait; so no wait is long.
    const int ready =
        ::poll(waiting.data(), waiting.size(), std::min(deadline.poll_millis(), kLongestWaitMillis));
    if (ready < 0 || (ready == 0 && !deadline.passed())) continue;
    if (ready == 0) {
      return fail(ErrorCode::kTimeout,
                  "did not end its step within " + std::to_string(patience.count()) + " ms",
                  members_[who[0]]->name);
    }
    for (std::size_t k = 0; k < waiting.size(); ++k) {
      if (waiting[k].revents == 0) continue;
      SPUD_ASSIGN(answers[who[k]], hear(*members_[who[k]]));
    }
  }
  std::vector<Json> all;
  for (auto& answer : answers) all.push_back(std::move(*answer));
  return all;
}

}  // namespace spud::app::bench
