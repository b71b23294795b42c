// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

/// Every maximum of the system, with its unit in its name. A figure that a peer or user can reach is refused
/// with an error that names the limit; nothing is allocated before the check.
namespace spud::limits {

// Programs.
inline constexpr std::size_t kProgramBytes = 256ull << 20;
inline constexpr std::size_t kInstructionsPerProgram = 1'000'000;
inline constexpr std::size_t kComputationsPerProgram = 100'000;
inline constexpr std::size_t kRegionNestingDepth = 64;
inline constexpr std::size_t kTensorRank = 32;
inline constexpr std::int64_t kElementsPerTensor = 1ll << 31;
inline constexpr std::size_t kParametersPerProgram = 4096;

// Demands.
inline constexpr std::uint64_t kInstructionsPerDemand = 1'000'000'000;  ///< loops unrolled

// Devices.
inline constexpr std::size_t kPartiesPerDevice = 5;
inline constexpr std::size_t kDealersPerDevice = 4;
inline constexpr std::size_t kLabelsPerNode = 16;
inline constexpr std::size_t kSlotsPerNode = 1024;  ///< attempts at a time

// Frames on the wire.
inline constexpr std::size_t kHeaderBytesPerFrame = 1u << 20;  ///< the Cap'n Proto part
inline constexpr std::size_t kPayloadBytesPerRequest = 16u
                                                       << 20;  ///< upload chunks, programs per chunk, tapes
inline constexpr std::size_t kPayloadBytesPerRound = 1ull
                                                     << 33;  ///< checked against the plan's exact size too
/// An opening of so many leaves at once, with those before it, and does not wait for the rest of its round.
/// Parties must agree on it.
inline constexpr std::size_t kEarlyOpeningBytes = 256u << 10;

// Services.
inline constexpr std::size_t kConnectionsPerService = 1024;
inline constexpr std::size_t kQueuedJobs = 10'000;
inline constexpr std::size_t kEndedJobs = 100'000;  ///< kept by a scheduler: the last
inline constexpr std::size_t kJobsPerMessage = 200;
inline constexpr std::size_t kJobBytesPerMessage = 768u << 10;  ///< of a list: within a frame
inline constexpr std::size_t kDatasetsPerNode = 100'000;
inline constexpr std::size_t kNameBytes = 63;
inline constexpr std::size_t kTapeBufferBytes = 64u << 20;  ///< dealt but not used yet, a session

// Stock.
inline constexpr std::size_t kStockTapesPerMessage = 2048;  ///< the oldest of a longer list
inline constexpr std::uint32_t kStockRunsPerRequest = 100'000;
inline constexpr std::size_t kStockKinds = 1000;                ///< plans of which tapes are kept
inline constexpr std::size_t kDemandsPerNode = 1000;            ///< kept for tapes to be made of them
inline constexpr std::size_t kDemandBytesPerNode = 256u << 20;  ///< of all of them
inline constexpr std::size_t kStockOrders = 1000;  ///< whose repetition a scheduler recognises: the last

// Plans that a node keeps compiled.
inline constexpr std::size_t kPlansKept = 64;
inline constexpr std::size_t kPlanBytesKept = 64u << 20;  ///< of all of them

// Stores.
inline constexpr std::size_t kBytesPerStoredKey = 4096;
inline constexpr std::size_t kBytesPerStoredValue = 64u << 20;  ///< larger values go in chunks
inline constexpr std::size_t kChunksPerStoredBlob = 1u << 20;

// Operations.
inline constexpr std::size_t kSeriesPerMetric = 256;  ///< label values beyond it count as "other"

// Files that users hand in.
inline constexpr std::size_t kBytesPerInputFile = 1ull << 34;  ///< of .npy and .npz, also when unpacked
inline constexpr std::size_t kColumnsPerTable = 65'536;
inline constexpr std::size_t kBytesPerTableField = 1u << 20;
inline constexpr std::size_t kBytesPerMeta = 16u << 20;

}  // namespace spud::limits
