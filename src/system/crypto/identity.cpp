// SPDX-License-Identifier: Apache-2.0
#include "system/crypto/identity.hpp"

#include <algorithm>

namespace spud::crypto {
namespace {

constexpr std::string_view kScheme = "spiffe://";
constexpr const char* kForm = "spiffe://<domain>/spud/<compute|dealer|scheduler|client>/<name>";

// What a stranger's certificate says goes into messages only when it is harmless to print.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text.substr(0, 120)) out += c > ' ' && c < 127 ? c : '?';
  if (text.size() > 120) out += "…";
  return out + "'";
}

}  // namespace

const char* to_string(Role role) {
  switch (role) {
    case Role::kCompute:
      return "compute";
    case Role::kDealer:
      return "dealer";
    case Role::kScheduler:
      return "scheduler";
    case Role::kClient:
      return "client";
  }
  return "client";
}

std::optional<Role> parse_role(std::string_view text) {
  for (Role role : {Role::kCompute, Role::kDealer, Role::kScheduler, Role::kClient}) {
    if (text == to_string(role)) return role;
  }
  return std::nullopt;
}

std::string Identity::uri() const {
  return std::string(kScheme) + domain + "/spud/" + to_string(role) + "/" + name.str();
}

std::string Identity::str() const {
  return (party.empty() ? domain : party.str()) + "/" + to_string(role) + "/" + name.str();
}

std::string development_domain(const PartyId& party) {
  return party.str() + ".spud";
}

bool is_valid_domain(std::string_view domain) {
  auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !domain.empty() && domain.size() <= 255 && plain(domain.front()) &&
         std::all_of(domain.begin(), domain.end(),
                     [&](char c) { return plain(c) || c == '.' || c == '_' || c == '-'; });
}

Result<Identity> parse_uri(std::string_view uri) {
  auto refuse = [&](const char* why) { return bad_input(quoted(uri) + " " + why, "URI name", kForm); };
  if (!uri.starts_with(kScheme)) return refuse("does not begin with spiffe://");
  std::string_view rest = uri.substr(kScheme.size());

  std::string_view parts[4];
  for (int i = 0; i < 4; ++i) {
    std::size_t slash = rest.find('/');
    if ((slash == std::string_view::npos) != (i == 3)) return refuse("has not exactly four parts");
    parts[i] = rest.substr(0, slash);
    if (i < 3) rest.remove_prefix(slash + 1);
  }
  if (!is_valid_domain(parts[0])) return refuse("has a malformed domain");
  if (parts[1] != "spud") return refuse("names another system");
  auto role = parse_role(parts[2]);
  if (!role) return refuse("names an unknown role");
  NodeId name{std::string(parts[3])};
  if (!is_valid_name(name.str())) return refuse("has a malformed name");
  return Identity{PartyId(), std::string(parts[0]), *role, std::move(name)};
}

}  // namespace spud::crypto
