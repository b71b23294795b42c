// SPDX-License-Identifier: Apache-2.0
// Not by the library of the server: its client bounds neither an answer's head nor the time of all of it.
#include "service/status/http_get.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>

#include "system/net/socket.hpp"

namespace spud::service::status {

namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";

/// Up to the end of the connection, which HTTP/1.0 ends an answer with.
Result<std::string> receive_all(net::Socket& socket, net::Deadline deadline, std::size_t most) {
  std::string all;
  std::array<std::byte, 16 << 10> piece;
  for (;;) {
    SPUD_ASSIGN(auto got, socket.receive_some(piece, deadline));
    if (got == 0) return all;
    if (all.size() + got > most) {
      return fail(ErrorCode::kResource, "its answer is too large", "http://" + socket.peer_address(),
                  "at most " + std::to_string(most) + " bytes");
    }
    all.append(reinterpret_cast<const char*>(piece.data()), got);
  }
}

/// The value of a header; nullopt: there is none.
std::optional<std::string_view> header(std::string_view head, std::string_view name) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  };
  for (std::size_t at = head.find("\r\n"); at != head.npos; at = head.find("\r\n", at)) {
    at += 2;
    auto line = head.substr(at, head.find("\r\n", at) - at);
    if (line.size() <= name.size() || line[name.size()] != ':' ||
        !std::ranges::equal(line.substr(0, name.size()), name, same))
      continue;
    line.remove_prefix(name.size() + 1);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    return line;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<HttpAnswer> parse(const std::string& all, const std::string& where) {
  const auto wrong = [&](const std::string& what) {
    return fail(ErrorCode::kPeerFault, what, where, "an answer of HTTP");
  };
  const auto end = all.find(kEndOfHead);
  if (!all.starts_with("HTTP/1.") || end == all.npos || end < 12) return wrong("it speaks no HTTP");
  const auto head = std::string_view(all).substr(0, end);
  const auto status = number(head.substr(9, 3));
  if (head[8] != ' ' || !status) return wrong("it speaks no HTTP");
  if (header(head, "transfer-encoding")) return wrong("an answer in pieces, which HTTP/1.0 has not");
  HttpAnswer answer{static_cast<int>(*status), all.substr(end + kEndOfHead.size())};
  if (const auto length = header(head, "content-length")) {
    if (number(*length) != answer.body.size()) return wrong("its answer was cut short");
  }
  return answer;
}

}  // namespace

Result<HttpAnswer> http_get(const net::Address& address, const std::string& path, Millis patience,
                            std::size_t bytes) {
  const auto deadline = net::Deadline::after(patience);
  SPUD_ASSIGN(auto socket, net::Socket::connect(address, deadline));
  const auto request =
      "GET " + path + " HTTP/1.0\r\nHost: " + address.str() + "\r\nConnection: close\r\n\r\n";
  SPUD_TRY(socket.send_all(as_bytes(request), deadline));
  SPUD_ASSIGN(auto all, receive_all(socket, deadline, bytes));
  return parse(all, "http://" + address.str());
}

}  // namespace spud::service::status
