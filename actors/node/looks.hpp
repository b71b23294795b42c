// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/stock/tape_vault.hpp"
#include "system/metrics/registry.hpp"
#include "vm/operation_times.hpp"

/// What a compute node's metrics look at when they are read, beside actors/door/looks.hpp.
namespace spud::actors {

[[nodiscard]] metrics::Registry::Looking look_at_operations(metrics::Registry& registry,
                                                            const vm::OperationTimes& times);

/// Tapes that were burnt; tapes by state are told with every announcement.
[[nodiscard]] metrics::Registry::Looking look_at_vault(metrics::Registry& registry,
                                                       const service::stock::TapeVault& vault);

}  // namespace spud::actors
