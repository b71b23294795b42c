// SPDX-License-Identifier: Apache-2.0
// `spud top`: what runs in a deployment, in a terminal.
#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <thread>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "app/client_verb.hpp"
#include "app/top/screen.hpp"
#include "app/top/terminal.hpp"
#include "service/config/key.hpp"
#include "service/status/http_get.hpp"
#include "service/status/json.hpp"
#include "service/status/read_json.hpp"
#include "service/status/scheduler_view.hpp"

namespace spud::app {
namespace {

using service::client::Client;
using service::status::SchedulerView;
namespace wire = service::wire;

constexpr Millis kPatience{5000};
constexpr Millis kLeastEvery{100};

struct Options : ClientOptions {
  std::string every = "2s";
  std::string operations;  ///< empty: the scheduler of the context
  bool once = false;
};

/// Asks once, and fills in what was heard; its answer may take kPatience and longer.
using Ask = std::function<Status(top::Heard&)>;

/// Whether there are jobs after these, of which an answer holds so many only.
Result<bool> are_more(Client& client, service::JobState state, const wire::Jobs& jobs) {
  if (jobs.empty()) return false;
  wire::ListJobs rest;
  rest.limit = 1;
  rest.state = state;
  rest.before = jobs.back().request.id;
  SPUD_ASSIGN(auto next, client.scheduler<wire::Jobs>(rest, kPatience));
  return !next.empty();
}

Status ask(Client& client, top::Heard& heard) {
  SchedulerView view;
  SPUD_ASSIGN(auto nodes, client.scheduler<wire::Nodes>(wire::ListNodes{}, kPatience));
  SPUD_ASSIGN(auto devices, client.scheduler<wire::Devices>(wire::ListDevices{}, kPatience));
  service::status::show_nodes_and_devices(view, nodes, devices);
  // The newest of all, and whatever waits or runs for longer.
  wire::Jobs jobs;
  for (auto state : {std::optional<service::JobState>{}, std::optional(service::JobState::kRunning),
                     std::optional(service::JobState::kQueued)}) {
    wire::ListJobs wanted;
    wanted.state = state;
    SPUD_ASSIGN(auto some, client.scheduler<wire::Jobs>(wanted, kPatience));
    if (state) {
      auto& more = *state == service::JobState::kRunning ? heard.more_running : heard.more_waiting;
      SPUD_ASSIGN(more, are_more(client, *state, some));
    }
    // Of a job that went on meanwhile the later answer counts.
    jobs.insert(jobs.begin(), some.begin(), some.end());
  }
  service::status::show_jobs(view, jobs);
  SPUD_ASSIGN(auto kinds, client.scheduler<wire::StockKinds>(wire::ListStockKinds{}, kPatience));
  service::status::show_stock(view, kinds);
  heard.view = std::move(view);
  return {};
}

/// "http://HOST:PORT", with or without what leads to it.
Result<net::Address> address_of(std::string url) {
  constexpr std::string_view kHttp = "http://", kHttps = "https://";
  const auto expected = [&](const std::string& what) {
    return bad_input(what, "--operations", "http://HOST:PORT of a service's operations port");
  };
  if (url.starts_with(kHttps)) return expected("operations ports speak no TLS");
  if (url.starts_with(kHttp)) url.erase(0, kHttp.size());
  while (url.ends_with('/')) url.pop_back();
  auto address = net::Address::parse(url);
  if (!address || address->port == 0) return expected("'" + url + "' is no address");
  return address;
}

Status ask(const net::Address& operations, top::Heard& heard) {
  constexpr std::size_t kMostBytes = 8u << 20;
  const auto where = "http://" + operations.str() + "/status.json";
  SPUD_ASSIGN(auto answer, service::status::http_get(operations, "/status.json", kPatience, kMostBytes));
  if (answer.status != 200) {
    return fail(ErrorCode::kUnavailable, "it answers " + std::to_string(answer.status), where,
                "the operations port of a service of spud");
  }
  auto snapshot = service::status::read_json(answer.body);
  if (!snapshot) return std::unexpected(std::move(snapshot).error().in(where));
  heard.service = std::move(*snapshot);
  return {};
}

/// Asks again and again on a thread of its own, since a scheduler that is away takes its time to be.
class Asking {
 public:
  Asking(Ask ask, Millis every) : ask_(std::move(ask)), every_(every) {
    if (::pipe2(wake_, O_CLOEXEC | O_NONBLOCK) != 0) wake_[0] = wake_[1] = -1;
    thread_ = std::thread([this] { run(); });
  }
  /// Whatever is asked at the moment may take a while, and nothing of it is needed.
  ~Asking() {
    std::unique_lock lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
    if (!changed_.wait_for(lock, kLastWords, [&] { return over_; })) {
      std::fflush(stdout);
      std::_Exit(0);
    }
    lock.unlock();
    thread_.join();
    ::close(wake_[0]);
    ::close(wake_[1]);
  }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

  /// Has a byte to read when there is something new.
  int wake() const { return wake_[0]; }
  top::Heard heard() const {
    std::lock_guard lock(mutex_);
    auto heard = heard_;
    heard.unix_millis = clock_.unix_millis();
    heard.age_millis = (clock_.now() - at_).count();
    return heard;
  }

 private:
  static constexpr Millis kLastWords{200};

  void run() {
    // Signals are the terminal's, on its thread.
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    std::unique_lock lock(mutex_);
    while (!stopped_) {
      lock.unlock();
      top::Heard fresh;
      auto asked = ask_(fresh);
      lock.lock();
      if (asked) {
        heard_ = std::move(fresh);
        heard_.ever = true;
        at_ = clock_.now();
      }
      heard_.silence = asked ? "" : asked.error().message();
      (void)!::write(wake_[1], "!", 1);
      changed_.wait_for(lock, every_, [&] { return stopped_; });
    }
    over_ = true;
    changed_.notify_all();
  }

  const Ask ask_;
  const Millis every_;
  const SystemClock clock_;
  int wake_[2] = {-1, -1};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Under mutex_.
  top::Heard heard_;
  Millis at_{0};
  bool stopped_ = false, over_ = false;
  std::thread thread_;  // last: uses all of the above
};

ExitCode live(const Ask& ask, const std::string& whom, Millis every) {
  constexpr Millis kRedraw{1000};  // ages grow while nobody answers
  Asking asking(ask, every);
  top::Terminal terminal;
  const bool colours = top::wants_colours(), blocks = top::has_blocks();
  for (auto event = top::Terminal::Event::kNothing; event != top::Terminal::Event::kEnd;
       event = terminal.wait(kRedraw, asking.wake())) {
    auto heard = asking.heard();
    heard.scheduler = whom;
    const auto size = terminal.size();
    terminal.show(top::screen(heard, {size.width, size.height, colours, blocks}));
  }
  return ExitCode::kDone;
}

/// Of the terminal, if there is one, else wide enough for all there is.
std::size_t width_of_output() {
  constexpr std::size_t kWide = 200;
  winsize said{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &said) == 0 && said.ws_col > 0 ? said.ws_col : kWide;
}

nlohmann::ordered_json json_of(const top::Heard& heard) {
  if (heard.service) return service::status::to_json(*heard.service);
  auto at_least = nlohmann::ordered_json::array();
  if (heard.more_running) at_least.push_back("running");
  if (heard.more_waiting) at_least.push_back("waiting");
  return {{"version", service::status::kVersion},
          {"unix_millis", heard.unix_millis},
          {"at_least", std::move(at_least)},
          {"scheduler", service::status::to_json(heard.view)}};
}

Result<ExitCode> show(const Ask& ask, const std::string& whom, const Options& o) {
  const bool terminal = ::isatty(STDOUT_FILENO) != 0 && top::obeys();
  if (terminal && ::isatty(STDIN_FILENO) != 0 && !o.once && !o.json)
    return live(ask, whom, std::max(service::parse_duration(o.every).value_or(kLeastEvery), kLeastEvery));
  top::Heard heard;
  SPUD_TRY(ask(heard));
  heard.ever = true;
  heard.scheduler = whom;
  heard.unix_millis = SystemClock().unix_millis();
  if (o.json) {
    std::fputs(service::status::text_of(json_of(heard)).c_str(), stdout);
    return ExitCode::kDone;
  }
  const top::Paper paper{width_of_output(), 0, terminal && top::wants_colours(), top::has_blocks()};
  for (const auto& line : top::screen(heard, paper)) std::printf("%s\n", line.c_str());
  return ExitCode::kDone;
}

Result<ExitCode> show(const Options& o) {
  if (!o.operations.empty()) {
    SPUD_ASSIGN(const auto address, address_of(o.operations));
    return show([address](top::Heard& heard) { return ask(address, heard); }, address.str(), o);
  }
  SPUD_ASSIGN(auto client, open_client(o));
  const auto whom = client.scheduler_name();
  return show([&client](top::Heard& heard) { return ask(client, heard); }, whom, o);
}

}  // namespace

void add_top(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand("top", "Show jobs, nodes, devices and stock, and go on showing them");
  add_client_options(*verb, options, Shows::kJson);
  verb->callback([options, &exit_code] {
    const auto done = show(*options);
    exit_code = done ? static_cast<int>(*done) : report(done.error());
  });
  verb->add_option("--operations", options->operations,
                   "Show what a service says of itself at its operations port instead, http://HOST:PORT; "
                   "needs no context")
      ->type_name("URL");
  verb->add_option("--every", options->every, "How often it is asked")
      ->capture_default_str()
      ->check([](const std::string& text) {
        return service::parse_duration(text) ? std::string() : "'" + text + "' is no time: 500ms, 2s, 1m";
      });
  verb->add_flag("--once", options->once, "Show it once, as text; the same where the output is no terminal");
  verb->footer(
      "q or Ctrl-C ends it. NO_COLOR set: without colours.\n"
      "Example:\n  spud top --every 5s\n  spud top --operations http://127.0.0.1:7101");
}

}  // namespace spud::app
