// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "actors/mail.hpp"
#include "alu/format.hpp"
#include "base/literal.hpp"
#include "correlation/demand.hpp"
#include "service/dealer/tape_state.hpp"
#include "service/node/manifest.hpp"
#include "service/status/view.hpp"
#include "vm/run.hpp"

/// Every actor of spud and every message it takes: this file is the architecture of the services.
///
/// Connections are served by threads outside the actor system (actors/door): they turn a request into one of
/// these messages, wait for the answer and send it. Who is asking (the Identity) comes from the certificate
/// of the connection. What blocks (stores, links, the compiler, the virtual machine) runs in detached actors.
/// Every request is answered with a value or an Error; what only tells is marked "tells".
namespace spud::actors {

namespace wire = service::wire;
using caf::reacts_to;
using caf::replies_to;
using crypto::Identity;

/// Tells an actor that time has passed; sent by itself.
struct Tick {};
/// Asks a service's main actor to take no new work. Answers how much is still under way; asked again until
/// that is 0.
struct Drain {};
/// Asks a service's main actor to end what is under way, because nobody waits any longer.
struct GiveUp {};
/// Asks an actor for a copy of what those who operate the service may see of it (service/status/view.hpp).
/// From a thread of the operations port, which does not wait for long.
struct Describe {};
template <class View>
using Described = Outcome<std::shared_ptr<const View>>;
namespace status = service::status;

// ---- scheduler
// ---------------------------------------------------------------------------------------------------------

/// Tells the scheduler that an attempt is over.
struct AttemptOver {
  service::scheduler::AttemptName name;
  service::scheduler::Finished finished;
};
/// Tells the scheduler that an attempt's nodes agree, and what it will ask of a dealer.
struct ChooseStock {
  service::scheduler::AttemptName name;
  Digest demand;
};
/// Tells the scheduler how far the slowest of an attempt's nodes is.
struct AttemptProgress {
  service::scheduler::AttemptName name;
  service::JobProgress progress;
};
/// Tells the scheduler what became of a tape it had made: it is ready at all nodes, or why it is not.
struct StockMade {
  service::scheduler::TapeOrder order;
  Result<service::stock::StockTape> tape;
};
/// Tells the scheduler what all nodes made of a program that a client wants stock for.
struct StockPrepared {
  std::uint64_t asking = 0;
  Result<service::scheduler::StockPlan> plan;
};
/// Tapes to be burnt at one node.
struct DiscardTapes {
  std::vector<service::TapeId> tapes;
};
/// Tells a waiter's turn is over: answer with the job as it is.
struct WaitOver {
  std::uint64_t waiter = 0;
};

/// Owns registry, devices, jobs and the book of stock, and the store that holds them. One a scheduler;
/// detached, since it writes synced.
using SchedulerActor = caf::typed_actor<
    // From nodes and dealers, every heartbeat interval. Fails for certificates of another role.
    replies_to<Identity, wire::Announce>::with<Outcome<wire::Heartbeat>>,
    // From clients: who is there.
    replies_to<Identity, wire::ListNodes>::with<Outcome<wire::Nodes>>,
    // From clients. Fails if a party has no node that takes work, or two parts would fall to one party.
    replies_to<Identity, wire::CreateDevice>::with<Outcome<service::Device>>,
    replies_to<Identity, wire::ListDevices>::with<Outcome<wire::Devices>>,
    replies_to<Identity, wire::ShowDevice>::with<Outcome<service::Device>>,
    // From clients of the party that made it. Fails while a job of the device has not ended.
    replies_to<Identity, wire::DropDevice>::with<Outcome<wire::Dropped>>,
    // From the same. Fails while an attempt of the device runs, and if a party has no other node. Jobs that
    // wait for the device as it was fail.
    replies_to<Identity, wire::ReplaceDevice>::with<Outcome<service::Device>>,
    // From clients. Answered once the job is stored; the same request again is answered with the job as it
    // is.
    replies_to<Identity, wire::SubmitJob>::with<Outcome<service::Job>>,
    // From clients that may see it. Answered when the job has ended or the wait is over, whichever is first.
    replies_to<Identity, wire::ShowJob>::with<Outcome<service::Job>>,
    // From clients: those that they may see and ask for, the newest first.
    replies_to<Identity, wire::ListJobs>::with<Outcome<wire::Jobs>>,
    // From clients that may see the job: its course, and that of an attempt as the scheduler led it.
    replies_to<Identity, wire::FetchTrace>::with<Outcome<wire::TracePage>>,
    // From clients of the party that submitted it. A job that has ended stays as it is.
    replies_to<Identity, wire::CancelJob>::with<Outcome<service::Job>>,
    // From clients of the device's owner and of its compute parties, as the next two. Answered once the order
    // is stored, which for a program is after all nodes have compiled it. Fails if they differ.
    replies_to<Identity, wire::MakeStock>::with<Outcome<wire::StockKind>>,
    replies_to<Identity, wire::TargetStock>::with<Outcome<wire::StockKind>>,
    // Answered once it is forgotten; nodes are told to burn its tapes, those that are away when they are
    // back.
    replies_to<Identity, wire::DropStock>::with<Outcome<wire::Dropped>>,
    // From clients: the plans they may see.
    replies_to<Identity, wire::ListStockKinds>::with<Outcome<wire::StockKinds>>,
    // A job actor tells how its attempt went, and before that asks for a tape: it is told TapeChosen or
    // NoTape, once the choice is stored.
    reacts_to<AttemptOver>, reacts_to<ChooseStock>,
    // And between, how far it is, for those who ask.
    reacts_to<AttemptProgress>,
    // Stock actors tell how their making or preparing went.
    reacts_to<StockMade>, reacts_to<StockPrepared>,
    // Itself: starts what can start, has tapes made that are due, and looks for silent nodes.
    reacts_to<Tick>, reacts_to<WaitOver>,
    // For the status page.
    replies_to<Describe>::with<Described<status::SchedulerView>>,
    // From the main thread at SIGTERM: how many attempts run. They go on; a restarted scheduler finds them
    // again.
    replies_to<Drain>::with<Outcome<std::uint64_t>>>;

/// Leads one attempt of one job (service/scheduler/attempt_state.hpp). Ends itself when the attempt has.
using JobActor = caf::typed_actor<
    // The scheduler: begin.
    reacts_to<Tick>,
    // Couriers tell what nodes answered, or that they could not be reached.
    reacts_to<service::scheduler::Prepared>, reacts_to<service::scheduler::Reserved>,
    reacts_to<service::scheduler::Started>, reacts_to<service::scheduler::NodeEnded>,
    reacts_to<service::scheduler::Progressed>,
    // The scheduler: where its correlations come from.
    reacts_to<service::scheduler::TapeChosen>, reacts_to<service::scheduler::NoTape>,
    // The scheduler: a client wants the end of it.
    reacts_to<service::scheduler::CancelAsked>,
    // Itself: nodes that have not prepared it by now need not.
    reacts_to<service::scheduler::PrepareLate>>;

/// Carries requests to one node over a connection of its own, blocking; one a node and attempt, detached.
/// Tells its job actor every answer; what fails is told as that answer's error, naming the node's party.
using CourierActor = caf::typed_actor<reacts_to<wire::PrepareAttempt>, reacts_to<wire::ReserveTape>,
                                      reacts_to<wire::StartAttempt>, reacts_to<wire::AwaitAttempt>,
                                      reacts_to<wire::CancelAttempt>>;

/// Has all nodes of a device make one tape, or prepare one program, compares their answers and tells the
/// scheduler. Ends itself when all have answered: a making that failed at one node may go on at another, and
/// the next may not begin before.
using StockActor = caf::typed_actor<
    // The scheduler: begin.
    reacts_to<Tick>>;

/// Carries one request about stock to one node over a connection of its own, blocking; detached. Ends itself.
using StockCourierActor =
    caf::typed_actor<replies_to<wire::MakeTape>::with<Outcome<service::stock::StockTape>>,
                     replies_to<wire::PrepareStock>::with<Outcome<service::Fields>>,
                     // Nobody waits: what is not burnt now is found again among a later heartbeat's tapes.
                     reacts_to<DiscardTapes>>;

// ---- compute node
// ------------------------------------------------------------------------------------------------------

/// A link that a peer has opened, with what it said first.
struct LinkOffer;

/// What a session needs to compile: inputs by name, the program's text, public inputs in plain.
struct Preparation {
  wire::PrepareAttempt request;
  std::vector<service::node::ResolvedInput> inputs;
  Bytes program;
  std::vector<std::optional<Literal>> literals;  ///< one an input; public ones only
};

/// Asks for this node's share of a dataset, or the data itself if this node keeps it.
struct LoadShare {
  service::node::SecretInput input;
};
/// A tape of stock that is set aside for an attempt.
struct ReservedTape {
  service::TapeId tape;
  service::stock::Claim claim;
};
/// Asks the store to set one aside.
struct ReserveStock {
  ReservedTape wanted;
  Digest device;
  Digest demand;
};
/// Tells a session to run, with the manifest that all nodes have.
struct StartSession {
  service::Fields manifest;
  std::optional<ReservedTape> reserved;  ///< nullopt: a dealer deals live
  std::string dealer;                    ///< its identity, as the device names it and the manifest says
};
/// Records, synced, that a live tape serves this attempt and no other.
struct BurnTape {
  JobId job;
  std::uint32_t attempt = 0;
  std::string tape;
};
/// This node's share of one result.
struct StoreResult {
  JobId job;
  std::uint32_t attempt = 0;
  std::string output;
  PartyId recipient;
  std::shared_ptr<const vm::Output> result;  ///< a share, or a public result in plain
  std::string tape{};                        ///< of the run
};
/// How an attempt ended on this node.
struct AttemptEnded {
  JobId job;
  std::uint32_t attempt = 0;
  wire::AttemptStatus status;
};
/// Tells a node that a prepared attempt has waited too long.
struct NotStarted {
  JobId job;
  std::uint32_t attempt = 0;
};
/// Tells a node that an attempt's deadline has come, by the clock that was looked at when it was prepared.
struct DeadlinePassed {
  JobId job;
  std::uint32_t attempt = 0;
};
/// What a node remembers of an attempt's course. A later word of an attempt replaces an earlier one; that it
/// could not be prepared, which may be a repetition, replaces nothing.
struct KeepTrace {
  enum class Over { kReplaces, kStands };
  std::shared_ptr<const wire::TraceRecord> record;
  Over over = Over::kReplaces;
};
struct ResultMail {
  wire::ResultShare head;
  Payload data;
};

/// Owns the node's store: shares, policies, programs, the ledger of attempts, uses and tapes, results and the
/// audit log. Decides with the state machines of service/node. One a node; detached, since it reads and
/// writes disks.
using ShareStoreActor = caf::typed_actor<
    // From clients of the owner; see schemas/node.capnp. Fails for signatures that are not the owner's.
    replies_to<Identity, wire::PrepareUpload, Payload>::with<Outcome<wire::UploadState>>,
    replies_to<Identity, wire::UploadChunk, Payload>::with<Outcome<wire::UploadState>>,
    replies_to<Identity, wire::CommitUpload>::with<Outcome<wire::Done>>,
    replies_to<Identity, wire::AbortUpload>::with<Outcome<wire::Done>>,
    replies_to<Identity, wire::ListData>::with<Outcome<wire::Datasets>>,
    replies_to<Identity, wire::ShowData>::with<Outcome<wire::Datasets>>,
    replies_to<Identity, wire::DropData>::with<Outcome<wire::Done>>,
    // From any client: programs and public inputs, by digest.
    replies_to<Identity, wire::BlobChunk, Payload>::with<Outcome<wire::BlobState>>,
    replies_to<Identity, wire::ListPrograms>::with<Outcome<wire::Programs>>,
    replies_to<Identity, wire::ShowProgram>::with<Outcome<wire::BlobState>>,
    // From clients of the recipient. Fails for everybody else as if there were no result.
    replies_to<Identity, wire::FetchResult>::with<Outcome<ResultMail>>,
    // From the compute node: may this attempt be prepared? Policies are asked and the decision is audited.
    replies_to<Identity, wire::PrepareAttempt>::with<Outcome<std::shared_ptr<const Preparation>>>,
    // From the compute node: may it start? Policies are asked again, and a use is counted.
    replies_to<Identity, wire::StartAttempt>::with<Outcome<wire::Done>>,
    // From the compute node: may the attempt have this tape of stock? Audited. Answers the manifest's fields
    // of it, once it is on disk that the tape is this attempt's.
    replies_to<Identity, ReserveStock>::with<Outcome<service::Fields>>,
    // From the compute node, tells: the attempt loses the tape that it has reserved and not used.
    reacts_to<AttemptEnded>,
    // From the compute node: how an attempt stands or ended.
    replies_to<wire::AwaitAttempt>::with<wire::AttemptStatus>,
    // From sessions.
    replies_to<LoadShare>::with<Outcome<std::shared_ptr<const vm::Input>>>,
    replies_to<BurnTape>::with<Outcome<wire::Done>>, replies_to<StoreResult>::with<Outcome<wire::Done>>,
    // For the status page: how much it holds, never what.
    replies_to<Describe>::with<Described<status::HoldingsView>>,
    // From the compute node and from sessions, tell: an attempt has ended.
    reacts_to<KeepTrace>,
    // The compute node hands it on: of an attempt that does not run any more.
    replies_to<Identity, wire::FetchTrace>::with<Outcome<wire::TracePage>>,
    // Itself: uploads that were not committed in time expire, and results that nobody fetched or will again.
    reacts_to<Tick>>;

/// One attempt: compiles, opens links, runs the plan, stores result shares. Detached: it blocks.
using SessionActor = caf::typed_actor<
    // From the compute node, first: compile. Answers the manifest.
    replies_to<std::shared_ptr<const Preparation>>::with<Outcome<service::Fields>>,
    // From the compute node, second: run. Tells the compute node how it ended.
    reacts_to<StartSession>>;

/// Supervises the attempts of a node: one session each. One a node.
using ComputeNodeActor = caf::typed_actor<
    // From schedulers. Fails while draining, for policies that forbid, for programs that do not compile.
    replies_to<Identity, wire::PrepareAttempt>::with<Outcome<service::Fields>>,
    // From schedulers. Sets a tape aside for a prepared attempt and answers its manifest with that tape.
    replies_to<Identity, wire::ReserveTape>::with<Outcome<service::Fields>>,
    // From schedulers. Fails if the manifest is not the one this node made, or names a dealer that the device
    // does not.
    replies_to<Identity, wire::StartAttempt>::with<Outcome<wire::Done>>,
    // From schedulers. Answered when the attempt has ended or the wait is over.
    replies_to<Identity, wire::AwaitAttempt>::with<Outcome<wire::AttemptStatus>>,
    replies_to<Identity, wire::CancelAttempt>::with<Outcome<wire::Done>>,
    // From clients of the job's party and of its recipients: what happened, so far or in the end.
    replies_to<Identity, wire::FetchTrace>::with<Outcome<wire::TracePage>>,
    // The door, tells: a peer has opened a link. Links of unknown attempts are closed, saying so.
    reacts_to<std::shared_ptr<LinkOffer>>,
    // Sessions tell.
    reacts_to<AttemptEnded>,
    // Itself.
    reacts_to<NotStarted>, reacts_to<DeadlinePassed>, reacts_to<WaitOver>,
    // For the status page.
    replies_to<Describe>::with<Described<status::WorkView>>,
    // From the main thread at SIGTERM.
    replies_to<Drain>::with<Outcome<std::uint64_t>>, reacts_to<GiveUp>>;

// ---- dealer
// ------------------------------------------------------------------------------------------------------------

/// A node's request for its tape.
struct TapeRequest {
  wire::OpenTape open;
  Payload demand;
};
/// Where the connections of one tape of stock meet (actors/dealer/stock_meeting.hpp).
class StockMeeting;

/// All that a connection needs to serve one node. Only the last rank's holds the demand and all seeds: it
/// deals while it sends. Seeds are wiped with the grant.
struct TapeGrant {
  std::string tape;
  std::optional<service::TapeId> stock;  ///< the number of a tape that is to be kept
  std::shared_ptr<StockMeeting> meeting;
  Seed seed;
  std::shared_ptr<const correlation::Demand> demand;
  std::vector<Seed> seeds;
};

/// One tape, from the first node that asks to the moment all have their seeds. Ends itself.
using TapeActor = caf::typed_actor<
    // The dealer forwards a node's request. Answered when all ranks have come; fails for all if one differs
    // or is late.
    replies_to<Identity, std::shared_ptr<const TapeRequest>>::with<Outcome<std::shared_ptr<const TapeGrant>>>,
    // Itself: the deadline.
    reacts_to<Tick>>;

/// An attempt, or an order of stock, is about to get its tape.
struct EnterLedger {
  std::string key;  ///< service::dealer::attempt_key
  bool stock = false;
};
/// It is in the ledger; a tape of stock has a number that no other has.
struct LedgerEntered {
  std::optional<service::TapeId> tape;
};

/// Owns the ledger of attempts that were dealt to, and the numbers of tapes of stock. One a dealer; detached,
/// since it writes synced.
using DealerActor = caf::typed_actor<
    // From compute nodes. Fails for a certificate that is not that of the rank, and for an attempt that has
    // had its tape.
    replies_to<Identity, std::shared_ptr<const TapeRequest>>::with<Outcome<std::shared_ptr<const TapeGrant>>>,
    // From a tape actor: all have come. Answered once the ledger is on disk; only then may a seed leave.
    replies_to<EnterLedger>::with<Outcome<LedgerEntered>>,
    // For the status page.
    replies_to<Describe>::with<Described<status::DealerView>>,
    // From the main thread at SIGTERM.
    replies_to<Drain>::with<Outcome<std::uint64_t>>>;

}  // namespace spud::actors

SPUD_MESSAGE(spud::actors::Tick);
SPUD_MESSAGE(spud::actors::Drain);
SPUD_MESSAGE(spud::actors::GiveUp);
SPUD_MESSAGE(spud::actors::Describe);
SPUD_MESSAGE(spud::actors::AttemptOver);
SPUD_MESSAGE(spud::actors::ChooseStock);
SPUD_MESSAGE(spud::actors::AttemptProgress);
SPUD_MESSAGE(spud::actors::StockMade);
SPUD_MESSAGE(spud::actors::StockPrepared);
SPUD_MESSAGE(spud::actors::DiscardTapes);
SPUD_MESSAGE(spud::actors::WaitOver);
SPUD_MESSAGE(spud::actors::LoadShare);
SPUD_MESSAGE(spud::actors::NotStarted);
SPUD_MESSAGE(spud::actors::DeadlinePassed);
SPUD_MESSAGE(spud::actors::ReserveStock);
SPUD_MESSAGE(spud::actors::StartSession);
SPUD_MESSAGE(spud::actors::BurnTape);
SPUD_MESSAGE(spud::actors::StoreResult);
SPUD_MESSAGE(spud::actors::AttemptEnded);
SPUD_MESSAGE(spud::actors::EnterLedger);
SPUD_MESSAGE(spud::actors::KeepTrace);
