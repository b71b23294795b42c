// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>

#include "service/node/attempt_book.hpp"
#include "service/session/hello.hpp"
#include "service/stock/tape_intake.hpp"
#include "service/stock/tape_vault.hpp"
#include "service/wire/dealer_codec.hpp"
#include "tests/sim/process.hpp"

namespace spud::sim {

namespace wire = service::wire;
namespace stock = service::stock;
using service::Device;
using service::Fields;
using service::TapeId;

class Node;
class Dealer;
class Scheduler;

/// Who is where.
struct Directory {
  std::map<std::string, Node*> nodes;      ///< by identity
  std::map<std::string, Dealer*> dealers;  ///< by identity
  Scheduler* scheduler = nullptr;
};

/// The one program that all jobs of a device run, and what it asks of a dealer.
Digest demand_of(const Device& device);

/// A compute node: the vault and the book of attempts as actors/node joins them, with calls in place of mail.
/// Running an attempt is: greet all peers, burn the tape, read it, say so, wait until all have said so.
class Node final : public Process {
 public:
  Node(World& world, crypto::Identity identity, std::filesystem::path home, const Directory& directory);

  // What the scheduler asks.
  void prepare(const wire::PrepareAttempt& request, const Answer<Fields>& answer);
  void reserve(const wire::ReserveTape& request, const Answer<Fields>& answer);
  void start_attempt(const wire::StartAttempt& request, const Answer<wire::Done>& answer);
  wire::AttemptStatus status(const wire::AwaitAttempt& request) const;
  void cancel(const wire::CancelAttempt& request);
  void make_tape(const wire::MakeTape& request, Answer<stock::StockTape> answer);
  void discard(const TapeId& tape);

  // What peers say.
  void greeted(const std::string& peer, const wire::Hello& hello);
  void peer_ended(const JobId& job, std::uint32_t attempt, Rank peer, bool well);

  // What the dealer answers to an order.
  void opened(const std::string& order, const TapeId& tape, const Bytes& seed);
  void dealt(const std::string& order, const wire::StockEnd& end, const Bytes& corrections);
  void ready(const std::string& order);
  void not_made(const std::string& order, const Error& problem);

 private:
  struct Running {
    wire::PrepareAttempt prepare;
    Fields prepared;  ///< the manifest before a tape is named in it
    Fields manifest;
    std::optional<TapeId> tape;
    stock::Claim claim;
    bool started = false, used = false, ended = false;
    std::set<Rank> greeted, finished;
  };
  struct Making {
    wire::MakeTape request;
    std::vector<Answer<stock::StockTape>> waiters;
    std::optional<TapeId> tape;
    std::unique_ptr<stock::TapeIntake> intake;
  };

  Status open() override;
  void close() override;
  Status disown(const std::string& store) override;
  std::vector<std::string> stores() const override { return {"main", "stock"}; }

  void announce();
  void sweep();
  /// A write that must succeed, unless the process is dying.
  bool must(const Status& status, const char* what);
  Status store_attempt(const wire::AttemptRecord& record);
  Running* find(const JobId& job, std::uint32_t attempt);
  void end(const JobId& job, std::uint32_t attempt, std::optional<Error> problem);

  void greet(const JobId& job, std::uint32_t attempt);
  void use(Running& running);
  void use_live(Running& running);
  void say_finished(const Running& running);
  void finish_if_all(Running& running);
  service::session::Terms terms(const Running& running) const;

  Result<Fields> reserve_kept(const stock::Claim& claim, const TapeId& tape, const Device& device);
  Result<Part> burn(const stock::Claim& claim, const TapeId& tape);
  Result<Part> take_out(const stock::Claim& claim, const TapeId& tape);
  stock::Claim holder(const stock::Claim& claim, const TapeId& tape) const;
  void end_making(const std::string& order, const Result<stock::StockTape>& result);
  Result<stock::StockTape> line(const TapeId& tape) const;

  const Directory& directory_;
  // Between open() and close().
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<stock::TapeVault> vault_;
  service::node::AttemptBook book_;
  std::map<JobId, Running> running_;
  std::map<std::string, Making> making_;  ///< by order
  /// What it was in attempts that ended well here, for peers that ask once more.
  std::map<std::pair<JobId, std::uint32_t>, Rank> done_ranks_;
  /// Of wrong builds: who holds a tape, in memory only.
  std::map<TapeId, stock::Claim> holders_;
};

}  // namespace spud::sim
