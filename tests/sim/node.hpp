// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>

#include "actors/node/share_desk.hpp"
#include "service/session/hello.hpp"
#include "service/stock/tape_intake.hpp"
#include "service/stock/tape_vault.hpp"
#include "service/wire/dealer_codec.hpp"
#include "tests/sim/ask.hpp"
#include "tests/sim/process.hpp"

namespace spud::sim {

namespace stock = service::stock;
using service::Device;
using service::Fields;
using service::TapeId;

class Node;
class Dealer;
class Scheduler;
class Client;

/// Who is where.
struct Directory {
  std::map<std::string, Node*> nodes;      ///< by identity
  std::map<std::string, Dealer*> dealers;  ///< by identity
  Scheduler* scheduler = nullptr;
  std::map<std::string, Client*> clients{};  ///< by party
};

/// The one program that all jobs of a device run, and what it asks of a dealer.
Bytes program_bytes();
Digest program_digest();
Digest demand_of(const Device& device);

/// A compute node. Its desk (uploads, policies, attempts, audit, results) and its vault are the real ones;
/// modelled are what actors/node/actor.cpp and session.cpp do around them: the table of attempts, and an
/// attempt among peers, which is: greet all peers, burn the tape, read it, add up the inputs, store the
/// results, say so, wait until all have said so.
class Node final : public Process {
 public:
  Node(World& world, crypto::Identity identity, std::filesystem::path home, const Directory& directory);

  /// Whatever clients and the scheduler ask.
  void serve(const crypto::Identity& caller, const Frame& request, const Reply& reply) override;
  /// What a peer says on the link of an attempt.
  void heard(const std::string& peer, const JobId& job, std::uint32_t attempt, const Frame& said);
  /// What the dealer says of a tape that is to be kept, on the connection of this order.
  void dealer_said(const std::string& order, const Frame& said);

  // For the end of a simulation.
  std::size_t attempts_running() const { return running_.size(); }
  std::size_t tapes_reserved() const;
  /// Why this upload is not here as it was acknowledged.
  std::optional<std::string> lacks(const service::Statement& statement, const Device& device) const;
  /// Uploads whose bytes or rows lie here without a dataset that anybody sees.
  Result<std::vector<std::string>> left_over() const;
  bool has_dataset(const DatasetId& name, const Device& device, const PartyId& owner) const;
  /// What its actor does once a minute.
  void tend();

 private:
  struct Running {
    wire::PrepareAttempt prepare;
    std::shared_ptr<const actors::Preparation> preparation;
    Fields manifest;
    std::string dealer{};
    std::optional<actors::ReservedTape> reserved{};
    std::string tape{};  ///< that it uses
    bool started = false, used = false, computed = false;
    std::map<Rank, Seed> keys{};  ///< shared with each peer, for fresh shares of the results
    std::set<Rank> greeted{}, finished{};
  };
  struct Making {
    wire::MakeTape request;
    std::vector<Reply> waiters;
    std::optional<TapeId> tape;
    std::unique_ptr<stock::TapeIntake> intake;
  };

  Status open() override;
  void close() override;
  Status disown(const std::string& store) override;
  std::vector<std::string> stores() const override { return {"main", "stock"}; }

  void announce();
  void sweep();
  /// A write that must succeed, unless the process is dying or its disk is full.
  bool must(const Status& status, const char* what);

  // ---- the table of attempts
  void prepare(const crypto::Identity& caller, const wire::PrepareAttempt& request, const Reply& reply);
  void reserve(const crypto::Identity& caller, const wire::ReserveTape& request, const Reply& reply);
  void start_attempt(const crypto::Identity& caller, const wire::StartAttempt& request, const Reply& reply);
  void watch_deadline(const JobId& job, std::uint32_t attempt);
  void cancel(const crypto::Identity& caller, const wire::CancelAttempt& request, const Reply& reply);
  void fetch(const crypto::Identity& caller, const wire::FetchResult& request, const Reply& reply);
  Status startable(const Running& running, const wire::StartAttempt& request) const;
  Running* find(const JobId& job, std::uint32_t attempt);
  void end(const JobId& job, std::uint32_t attempt, std::optional<Error> problem);
  template <class T>
  void answer(const Reply& reply, Result<T> outcome) {
    if (!dying()) say<wire::NodeAnswer>(reply, std::move(outcome));
  }

  // ---- an attempt among peers
  void greet(const JobId& job, std::uint32_t attempt);
  void greeted(const std::string& peer, const wire::Hello& hello);
  void peer_ended(const JobId& job, std::uint32_t attempt, Rank peer, bool well);
  void use_if_all(Running& running);
  void use(Running& running);
  void use_live(Running& running);
  void use_live(const JobId& job, std::uint32_t attempt, const std::string& name, const Bytes& seed,
                const Bytes& corrections);
  /// Adds up the inputs and stores this node's shares of the results.
  Status compute(const Running& running);
  void go_on(Running& running);
  void tell(const Running& running, Rank peer, const std::string& what, const wire::LinkFrame& frame,
            Bytes payload = {});
  void tell_peers(const Running& running, const std::string& what, const wire::LinkFrame& frame);
  void finish_if_all(Running& running);
  service::session::Terms terms(const Running& running) const;

  // ---- tapes
  Result<Fields> reserve_kept(const stock::Claim& claim, const TapeId& tape, const Device& device);
  Result<Part> burn(const stock::Claim& claim, const TapeId& tape);
  Result<Part> take_out(const stock::Claim& claim, const TapeId& tape);
  stock::Claim holder(const stock::Claim& claim, const TapeId& tape) const;
  void make_tape(const wire::MakeTape& request, const Reply& reply);
  void opened(const std::string& order, const TapeId& tape, const Bytes& seed);
  void dealt(const std::string& order, const wire::StockEnd& end, const Bytes& corrections);
  void ready(const std::string& order);
  void not_made(const std::string& order, const Error& problem);
  void tell_dealer(const wire::MakeTape& order, const std::string& what, const wire::DealerRequest& request);
  Dealer& dealer_of(const wire::MakeTape& order) const;
  void end_making(const std::string& order, const Result<stock::StockTape>& result);
  Result<stock::StockTape> line(const TapeId& tape) const;

  const Directory& directory_;
  // Between open() and close().
  std::unique_ptr<actors::NodeStore> store_;
  std::unique_ptr<stock::TapeVault> vault_;
  std::unique_ptr<actors::NodeSetup> setup_;
  std::unique_ptr<actors::ShareDesk> desk_;
  std::map<JobId, Running> running_;
  std::map<std::string, Making> making_;  ///< by order
  /// What it was in attempts that ended well here, for peers that ask once more.
  std::map<std::pair<JobId, std::uint32_t>, Rank> done_ranks_;
  /// Of wrong builds: who holds a tape, whose result an output is, and what an earlier attempt was dealt, in
  /// memory only.
  std::map<TapeId, stock::Claim> holders_;
  std::map<std::pair<JobId, std::string>, PartyId> recipients_;
  struct Dealt {
    std::string name;
    Bytes seed, corrections;
  };
  std::map<JobId, Dealt> dealt_before_;
};

}  // namespace spud::sim
