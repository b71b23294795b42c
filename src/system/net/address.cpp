// SPDX-License-Identifier: Apache-2.0
#include "system/net/address.hpp"

#include <algorithm>
#include <charconv>

namespace spud::net {

Result<Address> Address::parse(std::string_view text) {
  auto refuse = [&] {
    return bad_input("'" + std::string(text) + "' is no address", {},
                     "host:port, 10.0.0.1:port or [::1]:port");
  };
  std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse();
  std::string_view host = text.substr(0, colon), port = text.substr(colon + 1);
  bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  auto fits = [&](char c) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                 c == '-' || c == '_';
    return plain || (bracketed && (c == ':' || c == '%'));
  };
  if (host.empty() || host.size() > 255 || !std::all_of(host.begin(), host.end(), fits)) return refuse();
  std::uint16_t number = 0;
  auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size()) return refuse();
  return Address{std::string(host), number};
}

std::string Address::str() const {
  bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace spud::net
