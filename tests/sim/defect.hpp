// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace spud::sim {

/// A wrong build of spud. The simulator must notice each of them, or it could not notice anything.
enum class Defect {
  kNone,
  /// Nodes and scheduler forget to sync.
  kUnsyncedAtNodes,
  /// The same at the dealer.
  kUnsyncedAtDealer,
  /// A node keeps a reservation in memory, uses the tape and burns it afterwards.
  kBurnAfterUse,
  /// A node reserves a tape that is another attempt's, and burns it for whoever comes first.
  kNoHolderCheck,
  /// Reservations name no manifest, and nodes believe each other's without comparing them.
  kNoManifestCheck,
  /// A dealer does not store the number of a tape before the tape is opened.
  kNumbersReused,
  /// A node whose folder was brought back keeps its epoch.
  kNoNewEpochAtNodes,
  /// The same of a dealer.
  kNoNewEpochAtDealer,
  /// The scheduler tells nodes of a tape before it has stored whose it is, and nodes do not write down that
  /// they used it.
  kNothingRecorded,
};
inline constexpr Defect kDefects[] = {
    Defect::kUnsyncedAtNodes,   Defect::kUnsyncedAtDealer,   Defect::kBurnAfterUse,
    Defect::kNoHolderCheck,     Defect::kNoManifestCheck,    Defect::kNumbersReused,
    Defect::kNoNewEpochAtNodes, Defect::kNoNewEpochAtDealer, Defect::kNothingRecorded};

inline const char* to_string(Defect defect) {
  switch (defect) {
    case Defect::kNone:
      return "None";
    case Defect::kUnsyncedAtNodes:
      return "UnsyncedAtNodes";
    case Defect::kUnsyncedAtDealer:
      return "UnsyncedAtDealer";
    case Defect::kBurnAfterUse:
      return "BurnAfterUse";
    case Defect::kNoHolderCheck:
      return "NoHolderCheck";
    case Defect::kNoManifestCheck:
      return "NoManifestCheck";
    case Defect::kNumbersReused:
      return "NumbersReused";
    case Defect::kNoNewEpochAtNodes:
      return "NoNewEpochAtNodes";
    case Defect::kNoNewEpochAtDealer:
      return "NoNewEpochAtDealer";
    case Defect::kNothingRecorded:
      return "NothingRecorded";
  }
  return "Unknown";
}

}  // namespace spud::sim
