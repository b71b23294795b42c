// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "system/metrics/registry.hpp"
#include "system/net/tls_context.hpp"
#include "system/store/store.hpp"

/// What every service's metrics look at when they are read. What is looked at outlives the handle.
namespace spud::actors {

/// When its certificates end, and how handshakes went.
[[nodiscard]] metrics::Registry::Looking look_at_tls(metrics::Registry& registry, const net::TlsContext& tls);

/// What its stores hold and whether they work; the first says what its disk has left. Their families have
/// different names.
[[nodiscard]] metrics::Registry::Looking look_at_stores(metrics::Registry& registry,
                                                        std::vector<const store::Store*> stores);

/// The same options for a store whose synced writes are timed. The registry outlives the store.
store::StoreOptions timed(store::StoreOptions options, metrics::Registry& registry);

}  // namespace spud::actors
