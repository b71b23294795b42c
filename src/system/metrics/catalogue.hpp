// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "system/metrics/family.hpp"

/// Every family that spud's services publish; docs/metrics.md is written from it. A service touches those of
/// its role when it starts (Registry::touch), so that they are there, at zero, before the first event.
/// Besides these there are the usual process_* ones.
namespace spud::metrics::family {

// What a label says in more than one family.
inline constexpr Label kPeer =
    any("peer", "party/role/name, as in logs; all clients of a party are party/client");
inline constexpr Label kTraffic = one_of("kind", "session tape request");
inline constexpr Label kDevice = any("device", "a device's name");
inline constexpr Label kPlan = any("plan", "the first digits of the plan's digest");
inline constexpr Label kActor = any("actor", "a kind of actor: actors/interfaces.hpp");
inline constexpr Label kOperation =
    any("operation", "one of the IR, in XLA's spelling; inputs-and-outputs is what no operation asked for");

inline constexpr GaugeFamily kBuild{kEvery, "spud_build_info",
                                    "Constant 1, labelled with what this process is.",
                                    any("version", "spud's"), one_of("role", "scheduler node dealer")};

// Jobs.
inline constexpr CounterFamily kJobs{
    kScheduler, "spud_jobs_total", "Jobs that ended, by outcome: done, or why they failed.",
    one_of("outcome",
           "done bad-input unsupported not-found conflict denied unavailable timeout peer-fault corrupt "
           "resource cancelled internal")};
inline constexpr GaugeFamily kJobsWaiting{kScheduler, "spud_jobs_waiting",
                                          "Jobs that were accepted and do not run: they wait for their first "
                                          "attempt or for another."};
inline constexpr GaugeFamily kLongestWait{
    kScheduler, "spud_longest_wait_seconds",
    "How long the job that waits longest has waited: since it was submitted, or its last attempt failed; 0: "
    "none waits."};
inline constexpr GaugeFamily kJobsRunning{kScheduler, "spud_jobs_running", "Jobs with an attempt under way."};
inline constexpr HistogramFamily kJobWait{
    kScheduler, "spud_job_wait_seconds",
    "Time from a job's submission to its first attempt, also if that one was put off for want of room.", 0.01,
    22};
inline constexpr HistogramFamily kJobSeconds{
    kScheduler,
    "spud_job_duration_seconds",
    "Time from a job's first submission to its end, pauses and submissions anew included.",
    0.01,
    24,
    one_of("outcome", "done failed cancelled")};
inline constexpr CounterFamily kJobRetries{
    kScheduler, "spud_job_retries_total",
    "Attempts that failed after they had begun, and whose job was put back into the queue for another."};
inline constexpr GaugeFamily kNodes{kScheduler, "spud_nodes",
                                    "Nodes and dealers that the scheduler knows: present are those that "
                                    "announced themselves lately, gone are "
                                    "those that have not for node.gone_after.",
                                    one_of("state", "present absent gone")};

// Stock, as the scheduler sees it. Series of a plan go when its last stock is dropped.
inline constexpr GaugeFamily kStockReady{
    kScheduler, "spud_stock_ready", "Tapes of stock that every node of their device holds.", kDevice, kPlan};
inline constexpr GaugeFamily kStockTarget{kScheduler, "spud_stock_target",
                                          "Tapes of stock that are to be kept ready.", kDevice, kPlan};
inline constexpr GaugeFamily kStockWaiting{kScheduler, "spud_stock_waiting",
                                           "Jobs that wait for a tape of stock.", kDevice, kPlan};
inline constexpr GaugeFamily kStockLag{
    kScheduler, "spud_stock_lag_seconds",
    "For how long there have been fewer tapes ready than the target, as far back as this process goes; 0 if "
    "there are enough.",
    kDevice, kPlan};
inline constexpr CounterFamily kStockMade{kScheduler, "spud_stock_made_total",
                                          "Tapes of stock that were made."};
inline constexpr CounterFamily kStockFailed{kScheduler, "spud_stock_failed_total",
                                            "Tapes of stock that could not be made."};

// Attempts on a compute node.
inline constexpr CounterFamily kAttempts{
    kNode, "spud_attempts_total",
    "Attempts that ended on this node, by outcome. Those that it refused "
    "before they began are spud_attempts_refused_total.",
    one_of("outcome", "done failed")};
inline constexpr CounterFamily kAttemptsRefused{
    kNode, "spud_attempts_refused_total",
    "Attempts that the scheduler asked for and that this node did not begin: by policy, without their data, "
    "past their deadline, without a slot, a thread or an answer of its store, or while it shuts down."};
inline constexpr GaugeFamily kAttemptsRunning{kNode, "spud_attempts_running",
                                              "Attempts under way on this node."};
inline constexpr HistogramFamily kAttemptSeconds{
    kNode, "spud_attempt_duration_seconds",
    "Time of attempts that ended well, from when the node had admitted them to their end.", 0.001, 24};
inline constexpr HistogramFamily kPhaseSeconds{
    kNode,
    "spud_attempt_phase_seconds",
    "Time of each phase that an attempt came through. Preparing is from the scheduler's request to the "
    "manifest, compiling is a part of it; reserving lasts until the scheduler starts the attempt. A phase's "
    "time is added when it ends.",
    0.001,
    24,
    one_of("phase", "compiling preparing reserving linking tape loading running storing")};
inline constexpr CounterFamily kRounds{kNode, "spud_rounds_total",
                                       "Rounds of messages with the peers of a device."};
inline constexpr CounterFamily kOperations{
    kNode, "spud_operations_total",
    "Operations that were executed, each turn of a loop anew. Added when an attempt's run is over.",
    kOperation};
inline constexpr CounterFamily kOperationSeconds{
    kNode, "spud_operation_seconds_total",
    "Time that threads of attempts computed for an operation's kernels. Waiting for peers is not in it, nor "
    "is sending, receiving and adding up what was opened; waiting for the dealer's tape is. An operation "
    "with regions has only what its regions' operations do not. Added when an attempt's run is over.",
    kOperation};
inline constexpr GaugeFamily kMemoryReserved{
    kNode, "spud_memory_reserved_bytes",
    "Memory that attempts have set aside until their threads have ended, by their plans' estimates."};
inline constexpr GaugeFamily kMemoryLimit{kNode, "spud_memory_limit_bytes",
                                          "Memory that attempts may set aside together."};

// Data on a compute node.
inline constexpr CounterFamily kUploads{kNode, "spud_uploads_total", "Uploads that ended, by outcome.",
                                        one_of("outcome", "committed aborted expired")};
inline constexpr CounterFamily kUploadBytes{kNode, "spud_upload_bytes_total",
                                            "Bytes of shares, programs and public inputs received."};
inline constexpr GaugeFamily kDatasets{kNode, "spud_datasets", "Datasets whose shares this node holds."};
inline constexpr CounterFamily kDecisions{
    kNode, "spud_policy_decisions_total",
    "Decisions of this node about policies, data and attempts that are in its audit log, by outcome.",
    one_of("outcome", "allowed refused")};
inline constexpr CounterFamily kAuditFailures{
    kNode, "spud_audit_failures_total",
    "Decisions that did not take effect because they could not be written to the audit log."};

// Correlations on a compute node, and of dealers.
inline constexpr GaugeFamily kTapes{kNode, "spud_tapes", "Tapes of stock on this node, by state.",
                                    one_of("state", "making made ready reserved burnt")};
inline constexpr GaugeFamily kStockBytes{kNode, "spud_stock_bytes", "Bytes of tapes of stock on this node."};
inline constexpr CounterFamily kTapesBurnt{
    kNode, "spud_tapes_burnt_total",
    "Tapes that were recorded as burnt: for the attempt that used them, or because nobody may any more."};
inline constexpr CounterFamily kTapeBytesUsed{kNode, "spud_used_tape_bytes_total",
                                              "Bytes of tapes used up by attempts that ended well."};
inline constexpr CounterFamily kTapeBytesDealt{kDealer, "spud_dealt_tape_bytes_total",
                                               "Bytes of tapes dealt."};

// Rounds of a compute node, peer by peer.
inline constexpr CounterFamily kLinkRounds{kNode, "spud_link_rounds_total",
                                           "Rounds that were completed with this peer.", kPeer};
inline constexpr CounterFamily kLinkWait{
    kNode, "spud_link_wait_seconds_total",
    "Time in which rounds waited for this peer's message after our own had left. Who computes longer is "
    "waited for; of several peers each has its own time.",
    kPeer};

// Links between services.
inline constexpr CounterFamily kBytesSent{
    kEvery, "spud_sent_bytes_total",
    "Bytes of frames sent, as they leave: sessions are attempts' links, tapes are to and from dealers, "
    "requests are all else. TLS's own bytes are not counted.",
    kPeer, kTraffic};
inline constexpr CounterFamily kBytesReceived{kEvery, "spud_received_bytes_total",
                                              "Bytes of frames received, as they come; kinds as above.",
                                              kPeer, kTraffic};
inline constexpr GaugeFamily kPeerUp{
    kEvery, "spud_peer_up",
    "1 for a peer that works, 0 for one that does not answer or whose connection broke. To a scheduler, "
    "nodes and dealers that announce themselves; to them, the scheduler, and to a node the nodes and dealers "
    "of its attempts, until 15 minutes after the last, or 2 minutes after it failed if nobody tried it "
    "again. A peer that is forgotten has no series.",
    kPeer};
inline constexpr GaugeFamily kRoundTrip{
    kEvery, "spud_peer_round_trip_seconds",
    "Least round trip to a peer that the operating system has measured for the TCP connection in the last "
    "minutes (five, by Linux's default), looked at with every beat: what the way takes, without the time "
    "that a peer which computes takes to acknowledge. Only of peers that are up.",
    kPeer};
inline constexpr CounterFamily kFramesRefused{
    kEvery, "spud_refused_frames_total",
    "Frames that broke the protocol and ended their connection: requests that were malformed or out of "
    "place, "
    "what a peer sent on an attempt's link, or a dealer with a tape.",
    one_of("reason", "malformed link tape")};
inline constexpr CounterFamily kConnectionsRefused{
    kEvery, "spud_refused_connections_total",
    "Connections that ended before any request: too many, no thread or memory for one, a handshake that "
    "failed, or one that the caller ended without a word (silent), as a load balancer's probe does.",
    one_of("reason", "full resource handshake silent memory")};
inline constexpr GaugeFamily kConnections{
    kEvery, "spud_connections", "Connections that this service has accepted and that are open now."};
inline constexpr CounterFamily kHandshakes{
    kEvery, "spud_tls_handshakes_total",
    "TLS handshakes, as the client or the server of a connection. Failed are refused certificates, ours or "
    "the peer's, and whatever does not speak TLS. A caller that hangs up without a word began none: see "
    "spud_refused_connections_total.",
    one_of("side", "client server"), one_of("outcome", "done failed")};
inline constexpr GaugeFamily kCertificateExpiry{
    kEvery, "spud_certificate_expiry_timestamp_seconds",
    "When a certificate ends, in Unix time. Of several authorities of a party, the one that lasts longest.",
    any("certificate", "own, or ca and a party of the bundles")};
inline constexpr GaugeFamily kCertificateRenewal{
    kEvery, "spud_certificate_renewal_timestamp_seconds",
    "When a certificate should have been replaced, in Unix time: thirty days before its end, or a third of "
    "its time if that is less.",
    any("certificate", "as above")};
inline constexpr CounterFamily kReloads{
    kEvery, "spud_reloads_total",
    "Changes of certificates, bundles or configuration that the running process met: taken over, or refused, "
    "which is counted at every look.",
    one_of("outcome", "done refused")};

inline constexpr GaugeFamily kReloadRefused{
    kEvery, "spud_reload_refused",
    "1 while certificates, bundles or configuration, as they were looked at last, are refused and what the "
    "process had before stays; else 0. A configuration is looked at when a reload is asked for."};

// The process.
inline constexpr GaugeFamily kProcessMemoryLimit{
    kEvery, "spud_process_memory_limit_bytes",
    "Memory that the process may take: the least limit of its control group and those around it, or what the "
    "machine has. Beside process_resident_memory_bytes."};

// Disks.
inline constexpr GaugeFamily kStoreFree{kEvery, "spud_store_free_bytes",
                                        "Bytes that the disk of its store has left."};
inline constexpr GaugeFamily kStoreBytes{
    kEvery, "spud_store_bytes",
    "Bytes in the store by column family: of its files, and about those of rows that are still in memory and "
    "in the log.",
    any("family", "a family of the store")};
inline constexpr HistogramFamily kStoreSync{
    kEvery, "spud_store_sync_seconds",
    "Time that a write took to be on disk, of those that must be before they count.", 0.00005, 20};
inline constexpr CounterFamily kStoreStalls{
    kEvery, "spud_store_stalls_total",
    "How often the database began to hold writes back because it could not keep up."};
inline constexpr GaugeFamily kStoreFailed{
    kEvery, "spud_store_failed",
    "1 once a write has failed: nothing more is written until the service is restarted."};

// Actors.
inline constexpr GaugeFamily kMailboxDepth{
    kEvery, "spud_mailbox_depth",
    "Messages that wait in the mailboxes of all actors of a kind: counted as they are sent, and set right "
    "whenever an actor takes one. The one that is worked on is not among them.",
    kActor};
inline constexpr CounterFamily kActorFailures{
    kEvery, "spud_actor_failures_total",
    "Actors that ended by an error of their own, or could not be started for want of memory or a thread.",
    kActor};

/// All of them, in the order of the documentation.
inline constexpr auto kCatalogue = std::to_array<const Description*>({&kBuild,
                                                                      &kJobs,
                                                                      &kJobsWaiting,
                                                                      &kLongestWait,
                                                                      &kJobsRunning,
                                                                      &kJobWait,
                                                                      &kJobSeconds,
                                                                      &kJobRetries,
                                                                      &kNodes,
                                                                      &kStockReady,
                                                                      &kStockTarget,
                                                                      &kStockWaiting,
                                                                      &kStockLag,
                                                                      &kStockMade,
                                                                      &kStockFailed,
                                                                      &kAttempts,
                                                                      &kAttemptsRefused,
                                                                      &kAttemptsRunning,
                                                                      &kAttemptSeconds,
                                                                      &kPhaseSeconds,
                                                                      &kRounds,
                                                                      &kOperations,
                                                                      &kOperationSeconds,
                                                                      &kMemoryReserved,
                                                                      &kMemoryLimit,
                                                                      &kUploads,
                                                                      &kUploadBytes,
                                                                      &kDatasets,
                                                                      &kDecisions,
                                                                      &kAuditFailures,
                                                                      &kTapes,
                                                                      &kStockBytes,
                                                                      &kTapesBurnt,
                                                                      &kTapeBytesUsed,
                                                                      &kTapeBytesDealt,
                                                                      &kLinkRounds,
                                                                      &kLinkWait,
                                                                      &kBytesSent,
                                                                      &kBytesReceived,
                                                                      &kPeerUp,
                                                                      &kRoundTrip,
                                                                      &kFramesRefused,
                                                                      &kConnectionsRefused,
                                                                      &kConnections,
                                                                      &kHandshakes,
                                                                      &kCertificateExpiry,
                                                                      &kCertificateRenewal,
                                                                      &kReloads,
                                                                      &kReloadRefused,
                                                                      &kProcessMemoryLimit,
                                                                      &kStoreFree,
                                                                      &kStoreBytes,
                                                                      &kStoreSync,
                                                                      &kStoreStalls,
                                                                      &kStoreFailed,
                                                                      &kMailboxDepth,
                                                                      &kActorFailures});

}  // namespace spud::metrics::family
