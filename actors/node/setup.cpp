// SPDX-License-Identifier: Apache-2.0
#include "actors/node/setup.hpp"

namespace spud::actors {

Result<std::unique_ptr<NodeStore>> NodeStore::open(const std::filesystem::path& folder,
                                                   store::StoreOptions options) {
  auto opened = std::make_unique<NodeStore>();
  SPUD_ASSIGN(opened->rows,
              store::Store::open(folder,
                                 {"uploads", "shares", "uses", "attempts", "burns", "audit", "results",
                                  "result_shares", "programs", "publics", kTraceFamily},
                                 options));
  auto& rows = *opened->rows;
  SPUD_ASSIGN(opened->shares, store::ChunkedBlob::open(rows, rows.family("shares")));
  SPUD_ASSIGN(opened->programs, store::ChunkedBlob::open(rows, rows.family("programs")));
  SPUD_ASSIGN(opened->publics, store::ChunkedBlob::open(rows, rows.family("publics")));
  SPUD_ASSIGN(opened->result_shares, store::ChunkedBlob::open(rows, rows.family("result_shares")));
  return opened;
}

}  // namespace spud::actors
