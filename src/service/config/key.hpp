// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "system/crypto/identity.hpp"
#include "system/net/address.hpp"

namespace spud::service {

/// A size; in configuration "64MiB", "1GiB", or plain bytes.
struct ByteCount {
  std::uint64_t bytes = 0;
  bool operator==(const ByteCount&) const = default;
};

/// Where the value of a key goes. The type of the target is the type of the key.
using ConfigTarget =
    std::variant<std::string*, NodeId*, PartyId*, std::filesystem::path*, net::Address*,
                 std::optional<net::Address>*, std::optional<crypto::Identity>*, std::int64_t*, Millis*,
                 ByteCount*, bool*, std::vector<std::string>*, std::vector<std::filesystem::path>*>;

/// One key of a service's configuration: everything that is known about it, in one place.
struct ConfigKey {
  enum class Need { kRequired, kOptional };
  enum class Taken { kAtStart, kAtHangup };

  std::string name;           ///< with a dot for each section: "tls.certificate"
  ConfigTarget target;        ///< lives as long as the key
  std::string doc;            ///< one line
  std::string example = {};   ///< YAML; shown for keys without a default
  std::string standard = {};  ///< the default, in YAML; empty: none
  Need need =
      Need::kRequired;     ///< whether it must be set if it has no default; kOptional leaves the target alone
  std::int64_t least = 0;  ///< for integers, milliseconds and bytes
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  std::vector<std::string> choices = {};  ///< for texts: the only values allowed
  Taken taken = Taken::kAtStart;          ///< kAtHangup: by a running service too, at SIGHUP

  bool required() const { return standard.empty() && need == Need::kRequired; }
  bool is_list() const;
  /// Whether the target of the same key of another configuration holds the same.
  bool same_value(const ConfigKey& other) const;
  /// What a value looks like, for errors and --explain-config: "a duration such as 5s, 100ms to 1m".
  std::string type() const;
  /// The environment variable that overrides it: SPUD_NODE_TLS_CERTIFICATE for tls.certificate of service
  /// "node".
  std::string variable(const std::string& service) const;
  /// Reads `texts` (one, unless it is a list) into the target. Paths that are not absolute start at `folder`.
  /// The error has no place: the caller knows it.
  Status set(const std::vector<std::string>& texts, const std::filesystem::path& folder) const;
};

/// What the variables of a service start with: "SPUD_NODE_".
std::string service_prefix(const std::string& service);

/// "250ms", "5s", "2m", "1h".
std::optional<Millis> parse_duration(const std::string& text);
std::string format_duration(Millis duration);
/// "512", "64KiB", "64MiB", "1GiB", "1TiB".
std::optional<ByteCount> parse_byte_count(const std::string& text);
std::string format_byte_count(ByteCount size);

/// The candidate that `text` most likely was meant to be; nullopt if none is close.
std::optional<std::string> find_closest(const std::string& text, const std::vector<std::string>& candidates);

}  // namespace spud::service
