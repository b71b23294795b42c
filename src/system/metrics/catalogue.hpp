// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "system/metrics/family.hpp"

/// Every family that spud's services publish. A service touches those of its role when it starts, so that
/// they are there, at zero, before the first event. Besides these there are spud_build_info and the usual
/// process_* ones.
namespace spud::metrics::family {

// Scheduler.
inline constexpr CounterFamily kJobs{"spud_jobs_total", "Jobs that ended, by outcome.", "outcome"};
inline constexpr GaugeFamily kJobsWaiting{"spud_jobs_waiting",
                                          "Jobs that were accepted and have not started."};
inline constexpr GaugeFamily kJobsRunning{"spud_jobs_running", "Jobs with an attempt under way."};
inline constexpr GaugeFamily kNodes{"spud_nodes", "Nodes that the scheduler knows, by state.", "state"};
inline constexpr GaugeFamily kStockReady{
    "spud_stock_ready", "Tapes of stock that every node of their device holds, by plan.", "plan"};
inline constexpr GaugeFamily kStockTarget{"spud_stock_target",
                                          "Tapes of stock that are to be kept ready, by plan.", "plan"};
inline constexpr GaugeFamily kStockWaiting{"spud_stock_waiting",
                                           "Jobs that wait for a tape of stock, by plan.", "plan"};
inline constexpr CounterFamily kStockMade{"spud_stock_made_total", "Tapes of stock that were made."};
inline constexpr CounterFamily kStockFailed{"spud_stock_failed_total",
                                            "Tapes of stock that could not be made."};

// Compute nodes.
inline constexpr CounterFamily kAttempts{"spud_attempts_total",
                                         "Attempts that ended on this node, by outcome.", "outcome"};
inline constexpr GaugeFamily kAttemptsRunning{"spud_attempts_running", "Attempts under way on this node."};
inline constexpr HistogramFamily kAttemptSeconds{
    "spud_attempt_duration_seconds", "Time from the manifest to the end of a completed attempt.", 0.001, 24};
inline constexpr CounterFamily kRounds{"spud_rounds_total", "Rounds of messages with the peers of a device."};
inline constexpr CounterFamily kUploads{"spud_uploads_total", "Uploads that ended, by outcome.", "outcome"};
inline constexpr CounterFamily kUploadBytes{"spud_upload_bytes_total",
                                            "Bytes of shares and programs received."};
inline constexpr GaugeFamily kDatasets{"spud_datasets", "Datasets whose shares this node holds."};
inline constexpr CounterFamily kDecisions{"spud_policy_decisions_total",
                                          "Decisions of this node about policies and manifests, by outcome.",
                                          "outcome"};

// Disks.
inline constexpr GaugeFamily kStoreFree{"spud_store_free_bytes",
                                        "Bytes that the disk of its store has left."};

// Links between services.
inline constexpr CounterFamily kBytesSent{"spud_sent_bytes_total", "Bytes sent to each peer.", "peer"};
inline constexpr CounterFamily kBytesReceived{"spud_received_bytes_total", "Bytes received from each peer.",
                                              "peer"};
inline constexpr CounterFamily kFramesRefused{
    "spud_refused_frames_total", "Frames that broke the protocol and ended their connection, by reason.",
    "reason"};
inline constexpr CounterFamily kConnectionsRefused{
    "spud_refused_connections_total", "Connections refused before any request, by reason.", "reason"};
inline constexpr GaugeFamily kConnections{"spud_connections", "Connections open now."};

// Correlations.
inline constexpr GaugeFamily kTapes{"spud_tapes", "Tapes in store, by state.", "state"};
inline constexpr GaugeFamily kStockBytes{"spud_stock_bytes", "Bytes of tapes in store."};
inline constexpr CounterFamily kTapeBytesDealt{"spud_dealt_tape_bytes_total", "Bytes of tapes dealt."};
inline constexpr CounterFamily kTapeBytesUsed{"spud_used_tape_bytes_total",
                                              "Bytes of tapes used up by attempts."};

}  // namespace spud::metrics::family
