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
  /// A node acknowledges an upload before its commit is synced.
  kUploadUnsynced,
  /// A node hands a result to whoever asks.
  kAnyoneFetches,
  /// Nodes use the correlations of a job's last attempt for the next.
  kTapeOfLastAttempt,
  /// The scheduler runs a job again that is done and is submitted once more.
  kNotIdempotent,
  /// The scheduler does not ask after attempts that ran when it ended.
  kAttemptsForgotten,
  /// A node keeps attempts that were prepared and never started, and what they have reserved.
  kNeverReleased,
  /// A client sends shares to whatever nodes the scheduler names.
  kNoPins,
  /// A client sends its private data to every node of the device.
  kPrivateToAll,
  /// A client does not salt its private data: whoever guesses it finds its digest in the statement.
  kNoSalt,
  /// A node opens its party's private data to its peers as it is.
  kPrivateOpened,
  /// A node keeps whatever bytes an upload brings, whatever their digest.
  kAnyBytes,
  /// The scheduler knows a device's first dealer only.
  kFirstDealerOnly,
  /// A scheduler that cannot store answers with what it has in memory.
  kUnstoredIsShown,
};
inline constexpr Defect kDefects[] = {Defect::kUnsyncedAtNodes,   Defect::kUnsyncedAtDealer,
                                      Defect::kBurnAfterUse,      Defect::kNoHolderCheck,
                                      Defect::kNoManifestCheck,   Defect::kNumbersReused,
                                      Defect::kNoNewEpochAtNodes, Defect::kNoNewEpochAtDealer,
                                      Defect::kNothingRecorded,   Defect::kUploadUnsynced,
                                      Defect::kAnyoneFetches,     Defect::kTapeOfLastAttempt,
                                      Defect::kNotIdempotent,     Defect::kAttemptsForgotten,
                                      Defect::kNeverReleased,     Defect::kNoPins,
                                      Defect::kPrivateToAll,      Defect::kNoSalt,
                                      Defect::kPrivateOpened,     Defect::kAnyBytes,
                                      Defect::kFirstDealerOnly,   Defect::kUnstoredIsShown};

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
    case Defect::kUploadUnsynced:
      return "UploadUnsynced";
    case Defect::kAnyoneFetches:
      return "AnyoneFetches";
    case Defect::kTapeOfLastAttempt:
      return "TapeOfLastAttempt";
    case Defect::kNotIdempotent:
      return "NotIdempotent";
    case Defect::kAttemptsForgotten:
      return "AttemptsForgotten";
    case Defect::kNeverReleased:
      return "NeverReleased";
    case Defect::kNoPins:
      return "NoPins";
    case Defect::kPrivateToAll:
      return "PrivateToAll";
    case Defect::kNoSalt:
      return "NoSalt";
    case Defect::kPrivateOpened:
      return "PrivateOpened";
    case Defect::kAnyBytes:
      return "AnyBytes";
    case Defect::kFirstDealerOnly:
      return "FirstDealerOnly";
    case Defect::kUnstoredIsShown:
      return "UnstoredIsShown";
  }
  return "Unknown";
}

}  // namespace spud::sim
