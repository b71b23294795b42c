// SPDX-License-Identifier: Apache-2.0
#include "service/policy.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include <yaml-cpp/yaml.h>

namespace spud::service {

namespace {

bool contains(const std::vector<PartyId>& list, const PartyId& party) {
  return std::find(list.begin(), list.end(), party) != list.end();
}

std::string join(const std::vector<PartyId>& parties) {
  std::string line;
  for (const auto& party : parties) line += (line.empty() ? "" : ", ") + party.str();
  return line;
}

/// "2030-01-31" or "2030-01-31T12:00:00Z" to milliseconds since 1970.
Result<std::int64_t> parse_time(const std::string& text, const std::string& where) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  char end = 0;
  const int date = std::sscanf(text.c_str(), "%4d-%2d-%2d%c", &year, &month, &day, &end);
  const int full = std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2dZ%c", &year, &month, &day, &hour,
                               &minute, &second, &end);
  const std::chrono::year_month_day ymd{std::chrono::year(year),
                                        std::chrono::month(static_cast<unsigned>(month)),
                                        std::chrono::day(static_cast<unsigned>(day))};
  if ((date != 3 && full != 6) || !ymd.ok() || hour > 23 || minute > 59 || second > 59) {
    return bad_input("'" + text + "' is not a time", where, "2030-01-31 or 2030-01-31T12:00:00Z");
  }
  const auto days = std::chrono::sys_days(ymd).time_since_epoch().count();
  return ((days * 24ll + hour) * 60 + minute) * 60'000 + second * 1000ll;
}

Result<std::vector<PartyId>> read_parties(const YAML::Node& node, const std::string& where) {
  std::vector<PartyId> parties;
  if (!node.IsSequence() || node.size() == 0 || node.size() > 64) {
    return bad_input("not a list of parties", where, "1 to 64 party names");
  }
  for (const auto& item : node) {
    parties.emplace_back(item.as<std::string>());
    if (!is_valid_name(parties.back().str())) {
      return bad_input("'" + parties.back().str() + "' is not a party's name", where,
                       "1 to 63 of [a-z0-9._-]");
    }
  }
  std::sort(parties.begin(), parties.end());
  return parties;
}

Status read_entry(const std::string& key, const YAML::Node& value, const std::string& where, Policy& policy) {
  if (key == "recipients") {
    SPUD_ASSIGN(policy.recipients, read_parties(value, where));
  } else if (key == "holders") {
    SPUD_ASSIGN(policy.holders, read_parties(value, where));
  } else if (key == "programs") {
    policy.any_program = value.IsScalar() && value.as<std::string>() == "any";
    if (policy.any_program) return {};
    if (!value.IsSequence() || value.size() > 1024)
      return bad_input("not a list", where, "any, or up to 1024 digests");
    for (const auto& item : value) {
      auto digest = Digest::from_hex(item.as<std::string>());
      if (!digest)
        return bad_input("'" + item.as<std::string>() + "' is not a digest", where, "64 hex digits");
      policy.programs.push_back(*digest);
    }
    std::sort(policy.programs.begin(), policy.programs.end());
  } else if (key == "expires") {
    SPUD_ASSIGN(policy.expires_unix_millis, parse_time(value.as<std::string>(), where));
  } else if (key == "uses") {
    policy.uses = value.as<std::uint64_t>();
    if (policy.uses == 0) return bad_input("0 uses", where, "1 or more; leave it out for no limit");
  } else {
    return bad_input("unknown key", where, "recipients, programs, holders, expires, uses");
  }
  return {};
}

}  // namespace

Fields describe(const Policy& policy) {
  std::string programs = policy.any_program ? "any" : "";
  if (!policy.any_program) {
    for (const auto& program : policy.programs) programs += program.hex() + " ";
  }
  return {{"policy holders", join(policy.holders)},
          {"policy programs", programs},
          {"policy recipients", join(policy.recipients)},
          {"policy expires", std::to_string(policy.expires_unix_millis)},
          {"policy uses", std::to_string(policy.uses)}};
}

Status allows(const Policy& policy, const Access& access, const std::string& dataset, const PartyId& owner) {
  const std::string where = "policy of " + dataset + ", owned by " + owner.str();
  auto denied = [&](std::string what, std::string expected) {
    return fail(ErrorCode::kDenied, std::move(what), where, std::move(expected), {},
                "the owner can push the data again under another policy");
  };
  if (policy.expires_unix_millis != 0 && access.unix_millis >= policy.expires_unix_millis) {
    return denied("it has expired", {});
  }
  if (policy.uses != 0 && access.uses >= policy.uses) {
    return denied("all " + std::to_string(policy.uses) + " uses are spent", {});
  }
  if (!policy.any_program &&
      std::find(policy.programs.begin(), policy.programs.end(), access.program) == policy.programs.end()) {
    return denied("program " + access.program.hex() + " may not read it",
                  "one of the programs the owner named");
  }
  for (const auto& recipient : access.recipients) {
    if (!contains(policy.recipients, recipient)) {
      return denied("results may not reach " + recipient.str(), join(policy.recipients));
    }
  }
  return {};
}

Status allows_holders(const Policy& policy, const std::vector<PartyId>& parties, const std::string& dataset) {
  for (const auto& party : parties) {
    if (!contains(policy.holders, party)) {
      return fail(ErrorCode::kDenied, "party " + party.str() + " may not hold shares", "policy of " + dataset,
                  join(policy.holders));
    }
  }
  return {};
}

Result<Policy> parse_policy(const std::string& text, const std::string& file, const PartyId& owner,
                            const std::vector<PartyId>& device_parties) {
  Policy policy;
  policy.holders = device_parties;
  std::sort(policy.holders.begin(), policy.holders.end());
  policy.recipients = {owner};
  policy.any_program = true;
  std::string where = file;
  try {
    const auto root = YAML::Load(text);
    if (root.IsNull()) return policy;
    if (!root.IsMap())
      return bad_input("not a mapping", file, "keys recipients, programs, holders, expires, uses");
    for (const auto& entry : root) {
      where = file + ": " + entry.first.as<std::string>();
      SPUD_TRY(read_entry(entry.first.as<std::string>(), entry.second, where, policy));
    }
  } catch (const YAML::Exception& error) {
    return bad_input("not valid: " + error.msg, where + ", line " + std::to_string(error.mark.line + 1));
  }
  return policy;
}

}  // namespace spud::service
