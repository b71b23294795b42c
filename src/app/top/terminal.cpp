// SPDX-License-Identifier: Apache-2.0
#include "app/top/terminal.hpp"

#include <cerrno>
#include <cstdlib>
#include <string_view>

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace spud::app::top {

namespace {

volatile std::sig_atomic_t ended = 0, resized = 0;

constexpr int kEnding[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

void write_all(std::string_view text) {
  while (!text.empty()) {
    const auto sent = ::write(STDOUT_FILENO, text.data(), text.size());
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void on_signal(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

bool obeys() {
  const char* term = std::getenv("TERM");
  return term != nullptr && *term != 0 && std::string_view(term) != "dumb";
}

bool wants_colours() {
  const char* no = std::getenv("NO_COLOR");
  return no == nullptr || *no == 0;
}

bool has_blocks() {
  for (const auto* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == 0) continue;
    const std::string_view locale(value);
    return locale.find("UTF-8") != locale.npos || locale.find("utf8") != locale.npos ||
           locale.find("utf-8") != locale.npos;
  }
  return false;
}

Terminal::Terminal() {
  ended = 0;
  resized = 0;
  // Signals come only while wait() waits, so that none is missed between looking and waiting.
  sigset_t mine;
  sigemptyset(&mine);
  sigaddset(&mine, SIGWINCH);
  for (int signal : kEnding) sigaddset(&mine, signal);
  ::pthread_sigmask(SIG_BLOCK, &mine, &signals_before_);
  for (int signal : kEnding) on_signal(signal, [](int) { ended = 1; });
  on_signal(SIGWINCH, [](int) { resized = 1; });

  ::tcgetattr(STDIN_FILENO, &before_);
  termios raw = before_;
  // Keys come as they are pressed, Ctrl-C and Ctrl-Z among them: a process that stops or ends by them would
  // leave the terminal as it is now.
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG | IEXTEN);
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  write_all("\033[?1049h\033[?25l\033[H\033[2J");
}

Terminal::~Terminal() {
  write_all("\033[?25h\033[?1049l");
  ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  for (int signal : kEnding) on_signal(signal, SIG_DFL);
  on_signal(SIGWINCH, SIG_DFL);
  ::pthread_sigmask(SIG_SETMASK, &signals_before_, nullptr);
}

Terminal::Size Terminal::size() const {
  winsize said{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &said) != 0 || said.ws_col == 0 || said.ws_row == 0) return {};
  return {said.ws_col, said.ws_row};
}

void Terminal::show(const std::vector<std::string>& lines) {
  // Drawn over what is there, in one piece, so that nothing flickers.
  std::string text = "\033[H";
  for (std::size_t i = 0; i < lines.size(); ++i) text += (i == 0 ? "" : "\r\n") + lines[i] + "\033[K";
  write_all(text + "\033[J");
}

Terminal::Event Terminal::wait(Millis time, int wake) {
  sigset_t none;
  sigemptyset(&none);
  const timespec limit{time.count() / 1000, time.count() % 1000 * 1'000'000};
  pollfd watched[] = {{STDIN_FILENO, POLLIN, 0}, {wake, POLLIN, 0}};
  const int count = ::ppoll(watched, 2, &limit, &none);
  if (ended != 0) return Event::kEnd;
  if (resized != 0) {
    resized = 0;
    return Event::kResized;
  }
  if (count <= 0) return Event::kNothing;
  if (watched[1].revents != 0) {
    char taken[64];
    (void)!::read(wake, taken, sizeof taken);
  }
  if (watched[0].revents == 0) return Event::kNothing;
  char key = 0;
  // A terminal that has gone answers nothing.
  if (::read(STDIN_FILENO, &key, 1) <= 0) return Event::kEnd;
  constexpr char kControlC = 3, kControlD = 4;
  return key == 'q' || key == 'Q' || key == kControlC || key == kControlD ? Event::kEnd : Event::kKey;
}

}  // namespace spud::app::top
