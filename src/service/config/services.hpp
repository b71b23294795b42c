// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "service/config/key.hpp"
#include "service/config/load.hpp"
#include "system/crypto/identity.hpp"
#include "system/metrics/log.hpp"
#include "system/net/address.hpp"

namespace spud::service {

/// Where a process finds its certificate and those it believes.
struct TlsConfig {
  std::filesystem::path certificate;
  std::filesystem::path key;
  std::vector<std::filesystem::path> bundles;  ///< files, or folders of them
};

/// What every service has.
struct ServiceConfig {
  NodeId name;
  PartyId party;
  net::Address listen;
  std::optional<net::Address> advertise;  ///< set after loading: `listen`, if no other was named
  std::filesystem::path data;
  TlsConfig tls;
  Millis tls_look_interval{0};  ///< 0: never
  net::Address operations;
  std::string log_level;
  std::string log_format;
  std::filesystem::path log_file;
  Millis drain_timeout{0};
  Millis peer_silence_limit{0};
  Millis heartbeat_interval{0};
  ByteCount min_free_bytes;

  metrics::LogOptions log() const;
  /// How long it takes at the most until a peer that is needed is tried again, or taken for dead.
  Millis tried_within() const { return 2 * heartbeat_interval + peer_silence_limit; }
};

struct SchedulerConfig : ServiceConfig {
  Millis registration_timeout{0};
  std::int64_t job_queue_limit = 0;
  Millis jobs_keep{0};
  Millis reserve_timeout{0};
  Millis node_gone_after{0};
};

struct NodeConfig : ServiceConfig {
  net::Address scheduler;
  std::optional<crypto::Identity> scheduler_identity;  ///< always set after loading, its party not yet known
  std::int64_t threads = 0;                            ///< 0: one a core
  Millis round_limit{0};
  Millis uploads_expire{0};
  bool insecure = false;
  std::vector<std::string> labels;  ///< NAME=VALUE
  std::int64_t slots = 0;           ///< attempts at a time
  ByteCount memory;                 ///< of all attempts together; 0: three quarters of what it may take
  Millis results_keep{0};
  Millis results_keep_fetched{0};
  std::vector<std::filesystem::path> stock_keys;  ///< none: it keeps no tapes
  ByteCount stock_bytes;
  Millis stock_ttl{0};
  ByteCount stock_rate;  ///< a second
};

struct DealerConfig : ServiceConfig {
  std::optional<net::Address> scheduler;
  std::optional<crypto::Identity> scheduler_identity;  ///< set if `scheduler` is
  ByteCount tape_buffer;
};

/// What a client needs to know of a deployment: the file of --context.
struct ClientContext {
  net::Address scheduler;
  std::optional<crypto::Identity> scheduler_identity;  ///< always set after loading, its party not yet known
  TlsConfig tls;
  Millis peer_silence_limit{15'000};
  Millis retry_for{30'000};
  std::filesystem::path pins;  ///< digests of the devices this client trusts; may not exist yet
};

Result<SchedulerConfig> load_scheduler_config(const std::filesystem::path& file,
                                              const Environment& environment);
Result<NodeConfig> load_node_config(const std::filesystem::path& file, const Environment& environment);
Result<DealerConfig> load_dealer_config(const std::filesystem::path& file, const Environment& environment);
Result<ClientContext> load_client_context(const std::filesystem::path& file, const Environment& environment);

/// What a running service takes from its configuration again, at SIGHUP.
struct Reread {
  metrics::Level log_level = metrics::Level::kInfo;
  TlsConfig tls;
  /// Other keys whose values are not those that it started with: they wait for its next start.
  std::vector<std::string> waiting;
};
Result<Reread> reread_config(const SchedulerConfig& started, const std::filesystem::path& file,
                             const Environment& environment);
Result<Reread> reread_config(const NodeConfig& started, const std::filesystem::path& file,
                             const Environment& environment);
Result<Reread> reread_config(const DealerConfig& started, const std::filesystem::path& file,
                             const Environment& environment);

/// The text of --explain-config.
std::string explain_scheduler_config();
std::string explain_node_config();
std::string explain_dealer_config();
std::string explain_client_context();

}  // namespace spud::service
