// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "actors/door/peers.hpp"
#include "actors/node/plan_cache.hpp"
#include "actors/traces/trace_desk.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "service/stock/tape_vault.hpp"
#include "system/metrics/log.hpp"
#include "system/metrics/registry.hpp"
#include "system/net/tls_context.hpp"
#include "system/store/chunked_blob.hpp"
#include "vm/operation_times.hpp"

namespace spud::actors {

/// What a node keeps. Families of its store:
///   uploads  upload id → UploadRecord        shares   upload id → seed or share (blob)
///   uses     upload id, job → empty          attempts job → AttemptRecord
///   burns    tape → job and attempt          audit    sequence → AuditRecord
///   results  job, attempt, output → record   result_shares  the same → share (blob)
///   programs, publics  digest → bytes (blobs)
///   traces   job, attempt → TraceRecord
struct NodeStore {
  static Result<std::unique_ptr<NodeStore>> open(const std::filesystem::path& folder,
                                                 store::StoreOptions options = {});

  std::unique_ptr<store::Store> rows;
  std::unique_ptr<store::ChunkedBlob> shares, programs, publics, result_shares;
};

/// What the actors of a node share. Outlives the actor system.
struct NodeSetup {
  net::TlsContext tls;
  NodeStore& store;
  const Clock& clock;
  Random& random;
  metrics::Registry& registry;
  metrics::Logger log;
  crypto::Identity scheduler;  ///< the only one whose attempts run here
  Millis heartbeat_interval{0};
  Millis peer_silence_limit{0};
  bool insecure = false;                        ///< runs ref2k devices, which protect nothing
  service::stock::TapeVault* vault = nullptr;   ///< tapes made ahead; null: this node keeps none
  Millis results_keep{7ll * 24 * 3600 * 1000};  ///< that nobody has fetched
  Millis results_keep_fetched{3600 * 1000};     ///< since they were fetched last
  Millis round_limit{30 * 60'000};              ///< how long a session may take to come to its next round
  Millis uploads_expire{60 * 60'000};           ///< of uploads that nothing comes to
  /// What attempts may take together, by their plans' estimates.
  std::uint64_t memory = std::numeric_limits<std::uint64_t>::max();
  std::uint32_t slots = 4;  ///< attempts that it takes at a time
  /// Attempts under way, as its supervisor counts them.
  std::shared_ptr<std::atomic<std::uint32_t>> running = std::make_shared<std::atomic<std::uint32_t>>(0);
  /// What it compiled last.
  std::shared_ptr<PlanCache> plans = std::make_shared<PlanCache>();
  /// What its attempts' operations take.
  std::shared_ptr<vm::OperationTimes> operations = std::make_shared<vm::OperationTimes>();
  std::shared_ptr<Peers> peers{};  ///< null: nobody counts
};

}  // namespace spud::actors
