// SPDX-License-Identifier: Apache-2.0
#include "service/config/services.hpp"

#include <concepts>

#include "base/check.hpp"
#include "base/limits.hpp"

namespace spud::service {
namespace {

using Need = ConfigKey::Need;
using Taken = ConfigKey::Taken;
using Keys = std::vector<ConfigKey>;

constexpr std::int64_t kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute;

void add(Keys& keys, Keys more) {
  keys.insert(keys.end(), more.begin(), more.end());
}

// Each list of keys stands in the order of --explain-config, so keys of one section follow each other.

Keys identity_keys(ServiceConfig& c, const std::string& name, const std::string& party) {
  return {
      {.name = "name", .target = &c.name, .doc = "Name of this process within its party.", .example = name},
      {.name = "party",
       .target = &c.party,
       .doc = "The organisation this process belongs to, as in its certificate.",
       .example = party},
      {.name = "listen",
       .target = &c.listen,
       .doc = "Where it takes connections (TLS).",
       .example = "0.0.0.0:7100"},
      {.name = "advertise",
       .target = &c.advertise,
       .doc = "Where others reach it; needed if listen is a wildcard, else the same as listen.",
       .example = name + ".example.org:7100",
       .need = Need::kOptional},
      {.name = "data",
       .target = &c.data,
       .doc = "Folder for everything it keeps; its own, made if missing.",
       .example = "data"},
  };
}

Keys disk_and_time_keys(ServiceConfig& c) {
  return {
      {.name = "store.min_free_bytes",
       .target = &c.min_free_bytes,
       .doc = "Work that fills the disk is refused while less is free, so that ledgers can still be written; "
              "0: never.",
       .standard = "256MiB",
       .most = 1ll << 50},
      {.name = "drain_timeout",
       .target = &c.drain_timeout,
       .doc = "How long work under way may go on after SIGTERM.",
       .standard = "10s",
       .most = kHour},
      {.name = "peer_silence_limit",
       .target = &c.peer_silence_limit,
       .doc = "A peer that says nothing for so long is taken for dead; twice heartbeat_interval or more.",
       .standard = "5s",
       .least = 200,
       .most = 10 * kMinute},
      {.name = "heartbeat_interval",
       .target = &c.heartbeat_interval,
       .doc = "How often it tells its peers that it lives.",
       .standard = "1s",
       .least = 100,
       .most = 5 * kMinute},
  };
}

Keys tls_keys(TlsConfig& tls) {
  return {
      {.name = "tls.certificate",
       .target = &tls.certificate,
       .doc = "Its own certificate, PEM.",
       .example = "keys/certificate.pem"},
      {.name = "tls.key",
       .target = &tls.key,
       .doc = "The certificate's private key, PEM.",
       .example = "keys/key.pem"},
      {.name = "tls.bundles",
       .target = &tls.bundles,
       .doc = "Trust bundles, one a party: a folder of them, or a list of files.",
       .example = "keys/bundles"},
  };
}

/// A client is done before it could matter.
Keys tls_keys(ServiceConfig& c) {
  Keys keys = tls_keys(c.tls);
  for (ConfigKey& key : keys) {
    key.taken = Taken::kAtHangup;
  }
  add(keys, {{.name = "tls.look_interval",
              .target = &c.tls_look_interval,
              .doc = "How often it looks whether these files were replaced; 0s: at SIGHUP only.",
              .standard = "1m",
              .most = kHour}});
  return keys;
}

Keys operations_keys(ServiceConfig& c) {
  return {
      {.name = "operations.listen",
       .target = &c.operations,
       .doc = "Plain HTTP for metrics, probes and the status page; port 0 takes a free one.",
       .standard = "127.0.0.1:0"},
      {.name = "log.level",
       .target = &c.log_level,
       .doc = "The least severe lines that are written.",
       .standard = "info",
       .choices = {"debug", "info", "warning", "error"},
       .taken = Taken::kAtHangup},
      {.name = "log.format",
       .target = &c.log_format,
       .doc = "Lines for people or for machines.",
       .standard = "text",
       .choices = {"text", "json"}},
      {.name = "log.file",
       .target = &c.log_file,
       .doc = "Where lines are appended, opened anew at SIGHUP; standard error if not set.",
       .example = "spud.log",
       .need = Need::kOptional},
  };
}

Keys scheduler_link_keys(ConfigTarget address, std::optional<crypto::Identity>& identity, Need need) {
  return {
      {.name = "scheduler",
       .target = address,
       .doc = "Where the scheduler is reached.",
       .example = "scheduler.example.org:7100",
       .need = need},
      {.name = "scheduler_identity",
       .target = &identity,
       .doc = "Whom to find there, as in the scheduler's certificate.",
       .example = "spiffe://operator.spud/spud/scheduler/scheduler",
       .need = need},
  };
}

Keys keys_of(SchedulerConfig& c) {
  Keys keys = identity_keys(c, "scheduler", "operator");
  add(keys,
      {
          {.name = "registration_timeout",
           .target = &c.registration_timeout,
           .doc = "A node that does not renew its registration for so long is listed as lost.",
           .standard = "15s",
           .least = kSecond,
           .most = kHour},
          {.name = "job_queue_limit",
           .target = &c.job_queue_limit,
           .doc = "Jobs that may wait; more are refused.",
           .standard = "1000",
           .least = 1,
           .most = limits::kQueuedJobs},
          {.name = "node.gone_after",
           .target = &c.node_gone_after,
           .doc = "A node that is silent for so long is taken for gone: its devices are to replace it.",
           .standard = format_duration(Millis(24 * kHour)),
           .least = kSecond,
           .most = 366 * 24 * kHour},
          {.name = "attempt.reserve_timeout",
           .target = &c.reserve_timeout,
           .doc = "All nodes prepare an attempt, compiling included, within this time, or none keeps it.",
           .standard = "1m",
           .least = kSecond,
           .most = kHour},
          {.name = "jobs.keep",
           .target = &c.jobs_keep,
           .doc = "How long jobs that have ended are known; of more than 100000 the newest.",
           .standard = format_duration(Millis(30 * 24 * kHour)),
           .least = kMinute,
           .most = 10ll * 366 * 24 * kHour},
      });
  add(keys, disk_and_time_keys(c));
  add(keys, tls_keys(c));
  add(keys, operations_keys(c));
  return keys;
}

Keys keys_of(NodeConfig& c) {
  Keys keys = identity_keys(c, "alice-0", "alice");
  add(keys, scheduler_link_keys(&c.scheduler, c.scheduler_identity, Need::kRequired));
  add(keys,
      {
          {.name = "threads",
           .target = &c.threads,
           .doc = "Threads that compute; 0 takes one a core.",
           .standard = "0",
           .most = 1024},
          {.name = "round_limit",
           .target = &c.round_limit,
           .doc =
               "A session that takes longer to come to its next round, or a dealer it waits for so long, is "
               "taken for hung; more than the longest step of a program.",
           .standard = "30m",
           .least = kSecond,
           .most = 24 * kHour},
          {.name = "uploads.expire",
           .target = &c.uploads_expire,
           .doc = "An upload that is not committed, and to which nothing has come for so long, is erased.",
           .standard = "1h",
           .least = kSecond,
           .most = 30 * 24 * kHour},
          {.name = "insecure",
           .target = &c.insecure,
           .doc = "Whether it joins devices of protocol ref2k, which hides nothing; for tests only.",
           .standard = "false"},
          {.name = "slots",
           .target = &c.slots,
           .doc = "Attempts that it takes at a time.",
           .standard = "4",
           .least = 1,
           .most = limits::kSlotsPerNode},
          {.name = "memory",
           .target = &c.memory,
           .doc = "Memory that its attempts may take together, by estimate; one that does not fit waits, one "
                  "that never fits is refused; 0: three quarters of its control group's limit or the "
                  "machine's.",
           .standard = "0",
           .most = 1ll << 50},
          {.name = "results.keep",
           .target = &c.results_keep,
           .doc = "How long a result waits for its recipient.",
           .standard = format_duration(Millis(7 * 24 * kHour)),
           .least = kSecond,
           .most = 10ll * 366 * 24 * kHour},
          {.name = "results.keep_fetched",
           .target = &c.results_keep_fetched,
           .doc = "How long it can be fetched again after it was.",
           .standard = "1h",
           .least = kSecond,
           .most = 10ll * 366 * 24 * kHour},
          {.name = "labels",
           .target = &c.labels,
           .doc = "What devices may ask for or spread over, at most 16 of NAME=VALUE.",
           .example = "zone=eu",
           .need = Need::kOptional},
          {.name = "stock.keys",
           .target = &c.stock_keys,
           .doc = "Files with the keys that encrypt tapes made ahead, the newest first (spud keys stock); "
                  "without one no tapes are kept.",
           .example = "keys/stock.key",
           .need = Need::kOptional},
          {.name = "stock.bytes",
           .target = &c.stock_bytes,
           .doc = "Bytes that tapes may take on its disk.",
           .standard = format_byte_count({100ull << 30}),
           .least = 1 << 20,
           .most = 1ll << 50},
          {.name = "stock.ttl",
           .target = &c.stock_ttl,
           .doc = "Tapes that are older are burnt.",
           .standard = format_duration(Millis(30 * 24 * kHour)),
           .least = kMinute,
           .most = 366 * 24 * kHour},
          {.name = "stock.rate",
           .target = &c.stock_rate,
           .doc = "Bytes a second that it takes in of each tape; 0: as fast as they come.",
           .standard = "0",
           .most = 1ll << 40},
      });
  add(keys, disk_and_time_keys(c));
  add(keys, tls_keys(c));
  add(keys, operations_keys(c));
  return keys;
}

Keys keys_of(DealerConfig& c) {
  Keys keys = identity_keys(c, "dealer", "carol");
  add(keys, scheduler_link_keys(&c.scheduler, c.scheduler_identity, Need::kOptional));
  add(keys, {{.name = "tape_buffer",
              .target = &c.tape_buffer,
              .doc = "Bytes of a live tape dealt ahead of their use, for each session.",
              .standard = format_byte_count({limits::kTapeBufferBytes}),
              .least = 1 << 20,
              .most = 64ll << 30}});
  add(keys, disk_and_time_keys(c));
  add(keys, tls_keys(c));
  add(keys, operations_keys(c));
  return keys;
}

Keys keys_of(ClientContext& c) {
  Keys keys = scheduler_link_keys(&c.scheduler, c.scheduler_identity, Need::kRequired);
  add(keys,
      {{.name = "peer_silence_limit",
        .target = &c.peer_silence_limit,
        .doc = "A node that owes an answer and says nothing for so long is taken for dead; more than its "
               "heartbeat_interval.",
        .standard = "15s",
        .least = 200,
        .most = 10 * kMinute},
       {.name = "retry_for",
        .target = &c.retry_for,
        .doc = "How long a push goes on asking for a node that is away, counted from the last answer.",
        .standard = "30s",
        .most = kHour},
       {.name = "pins",
        .target = &c.pins,
        .doc = "File with the digests of the devices this client trusts; made when the first is pinned.",
        .standard = "pins.yaml"}});
  add(keys, tls_keys(c.tls));
  return keys;
}

/// What ties several keys together.
Status check(ServiceConfig& c, const std::string& file) {
  if (!c.advertise) {
    if (c.listen.host == "0.0.0.0" || c.listen.host == "::") {
      return bad_input("advertise is not set and listen is " + c.listen.str() + ", which nobody can dial",
                       file, "advertise: the host and port at which others reach this process");
    }
    c.advertise = c.listen;
  }
  if (c.peer_silence_limit < 2 * c.heartbeat_interval) {
    return bad_input("peer_silence_limit is " + format_duration(c.peer_silence_limit), file,
                     "twice heartbeat_interval (" + format_duration(c.heartbeat_interval) + ") or more");
  }
  return {};
}

Status check_scheduler(const std::optional<crypto::Identity>& identity, const std::string& file) {
  if (!identity || identity->role == crypto::Role::kScheduler) return {};
  return bad_input("scheduler_identity is a " + std::string(to_string(identity->role)), file,
                   "spiffe://<domain>/spud/scheduler/<name>");
}

template <class Config>
Result<Config> load(const std::string& service, const std::filesystem::path& file,
                    const Environment& environment) {
  Config config;
  SPUD_TRY(load_config(keys_of(config), service, file, environment));
  if constexpr (std::derived_from<Config, ServiceConfig>) SPUD_TRY(check(config, file.string()));
  if constexpr (requires { config.scheduler_identity; }) {
    SPUD_TRY(check_scheduler(config.scheduler_identity, file.string()));
  }
  return config;
}

template <class Config>
Result<Reread> compare(const Config& started, Result<Config> now) {
  if (!now) return std::unexpected(std::move(now).error());
  Config before = started;
  const Keys old = keys_of(before), fresh = keys_of(*now);
  Reread reread{now->log().level, now->tls, {}};
  for (std::size_t i = 0; i < old.size(); ++i) {
    if (old[i].taken == Taken::kAtStart && !old[i].same_value(fresh[i]))
      reread.waiting.push_back(old[i].name);
  }
  return reread;
}

template <class Config>
std::string explain(const std::string& service) {
  Config scratch;
  return explain_config(keys_of(scratch), service);
}

}  // namespace

metrics::LogOptions ServiceConfig::log() const {
  auto level = metrics::parse_level(log_level);
  auto format = metrics::parse_log_format(log_format);
  SPUD_CHECK(level && format, "the choices of log.level and log.format are those of the logger");
  return {*level, *format, log_file};
}

Result<SchedulerConfig> load_scheduler_config(const std::filesystem::path& file,
                                              const Environment& environment) {
  return load<SchedulerConfig>("scheduler", file, environment);
}

Result<NodeConfig> load_node_config(const std::filesystem::path& file, const Environment& environment) {
  return load<NodeConfig>("node", file, environment);
}

Result<DealerConfig> load_dealer_config(const std::filesystem::path& file, const Environment& environment) {
  SPUD_ASSIGN(DealerConfig config, load<DealerConfig>("dealer", file, environment));
  if (config.scheduler.has_value() != config.scheduler_identity.has_value()) {
    return bad_input("only one of scheduler and scheduler_identity is set", file.string(), "both or none");
  }
  return config;
}

Result<ClientContext> load_client_context(const std::filesystem::path& file, const Environment& environment) {
  return load<ClientContext>("context", file, environment);
}

Result<Reread> reread_config(const SchedulerConfig& started, const std::filesystem::path& file,
                             const Environment& environment) {
  return compare(started, load_scheduler_config(file, environment));
}
Result<Reread> reread_config(const NodeConfig& started, const std::filesystem::path& file,
                             const Environment& environment) {
  return compare(started, load_node_config(file, environment));
}
Result<Reread> reread_config(const DealerConfig& started, const std::filesystem::path& file,
                             const Environment& environment) {
  return compare(started, load_dealer_config(file, environment));
}

std::string explain_scheduler_config() {
  return explain<SchedulerConfig>("scheduler");
}
std::string explain_node_config() {
  return explain<NodeConfig>("node");
}
std::string explain_dealer_config() {
  return explain<DealerConfig>("dealer");
}
std::string explain_client_context() {
  return explain<ClientContext>("context");
}

}  // namespace spud::service
