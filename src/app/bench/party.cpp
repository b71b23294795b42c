// SPDX-License-Identifier: Apache-2.0
// A compute party of a benchmark: what a node does for an attempt, without actors and store.
#include <future>

#include <unistd.h>

#include "actors/node/links.hpp"
#include "actors/node/tape_stream.hpp"
#include "app/bench/prepared.hpp"
#include "app/bench/roles.hpp"
#include "app/bench/usage.hpp"
#include "io/file.hpp"
#include "ir/canonical.hpp"
#include "service/stock/tape_intake.hpp"
#include "system/crypto/random.hpp"
#include "system/crypto/sha256.hpp"
#include "system/net/listener.hpp"

namespace spud::app::bench {
namespace {

using actors::Links;
using actors::SessionControl;
using actors::TapeStream;

/// A whole tape, received before it is used.
class HeldTape final : public correlation::TapeReader {
 public:
  static Result<std::unique_ptr<HeldTape>> receive(correlation::TapeReader& from, std::uint64_t bytes) {
    auto tape = std::make_unique<HeldTape>();
    tape->bytes_.resize(bytes);
    constexpr std::size_t kPieceBytes = 1u << 20;
    for (MutableBytes rest(tape->bytes_); !rest.empty();) {
      const auto now = std::min(kPieceBytes, rest.size());
      SPUD_TRY(from.read(rest.first(now)));
      rest = rest.subspan(now);
    }
    return tape;
  }
  Status read(MutableBytes out) override {
    if (out.size() > bytes_.size() - at_)
      return fail(ErrorCode::kUnavailable, "the tape is exhausted", "tape");
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), out.size(), out.begin());
    at_ += out.size();
    return {};
  }

 private:
  Bytes bytes_;
  std::size_t at_ = 0;
};

class Party {
 public:
  Party(Rank own, const Program& program, const Setting& setting, const Deployment& deployment,
        ControlLine& line, net::TlsContext tls, net::Listener listener, Prepared prepared)
      : own_(own),
        program_(program),
        setting_(setting),
        deployment_(deployment),
        line_(line),
        tls_(std::move(tls)),
        listener_(std::move(listener)),
        prepared_(std::move(prepared)),
        seat_{setting.device.protocol, own, setting.device.parties} {}

  Status serve() {
    SPUD_TRY(line_.send({{"address", listener_.address().str()},
                         {"compile_seconds", prepared_.compile_seconds},
                         {"dealt_bits", prepared_.dealt.dealt_bits}}));
    forget_peak();
    for (;;) {
      SPUD_ASSIGN(auto order, line_.receive(net::Deadline::never()));
      const std::string what = order.value("do", "");
      Json answer = Json::object();
      if (what == "meet") device_ = with_addresses(deployment_.device(), order);
      if (what == "open") SPUD_TRY(open(order.value("run", 0u)));
      if (what == "go") {
        SPUD_ASSIGN(answer, run());
      }
      if (what == "keep") SPUD_TRY(keep());
      SPUD_TRY(line_.send(answer));
    }
  }

 private:
  bool last() const { return index(own_) + 1 == seat_.parties; }

  /// Takes the links of the peers of higher rank.
  Status admit(SessionControl& control) {
    for (unsigned i = index(own_) + 1; i < seat_.parties; ++i) {
      SPUD_ASSIGN(auto socket, listener_.accept(kSilence));
      SPUD_ASSIGN(auto accepted, net::Connection::accept(std::move(socket), tls_,
                                                         net::ExpectedPeer::of(crypto::Role::kCompute),
                                                         kSilence, setting_.link));
      std::shared_ptr<net::Connection> connection = std::move(accepted);
      SPUD_ASSIGN(auto frame, connection->receive({}, kSilence));
      SPUD_ASSIGN(auto said, actors::wire::decode_link_frame(frame.header));
      const auto* hello = std::get_if<actors::wire::Hello>(&said);
      if (hello == nullptr) return fail(ErrorCode::kPeerFault, "no hello", "link", "hello first");
      control.offer(std::make_shared<actors::LinkOffer>(actors::LinkOffer{connection, *hello}));
    }
    return {};
  }

  Status open(unsigned run) {
    SPUD_ASSIGN(inputs_, inputs_of(own_, program_, setting_));
    const service::session::Terms terms{
        JobId("bench"), run, device_, own_, {{"plan", ir::digest(prepared_.plan).hex()}}};
    control_ = std::make_unique<SessionControl>([](const Error&) {});
    auto door = std::async(std::launch::async, [&] {
      auto admitted = admit(*control_);
      if (!admitted) control_->cancel(admitted.error());
    });
    auto opened = Links::open(terms, tls_, {kHeartbeat, kSilence}, *control_, random_, setting_.link);
    door.get();
    if (!opened) return std::unexpected(std::move(opened).error());
    links_ = std::move(*opened);
    attempt_ = vm::Attempt{};
    attempt_.seat = seat_;
    attempt_.network = links_.get();
    attempt_.pair_keys = links_->take_keys();
    if (!vm::needs_dealer(seat_.protocol)) return {};
    const actors::wire::OpenTape request{terms.job, run, device_, own_, crypto::sha256(prepared_.demand)};
    SPUD_ASSIGN(tape_, TapeStream::open(request, device_.dealers.front(), prepared_.demand, tls_,
                                        {kHeartbeat, kSilence}, setting_.link));
    attempt_.seed = tape_->take_seed();
    attempt_.tape = tape_->reader();
    if (setting_.tape == TapeMode::kMemory && last()) {
      SPUD_ASSIGN(held_, HeldTape::receive(*tape_->reader(), prepared_.dealt.tape_bytes));
      attempt_.tape = held_.get();
    }
    if (setting_.tape == TapeMode::kStock) SPUD_TRY(put_in_stock(run));
    return {};
  }

  /// As a node that makes a tape and reserves it for an attempt.
  Status put_in_stock(unsigned run) {
    namespace stock = service::stock;
    if (!vault_) {
      std::vector<Seed> keys(1);
      SPUD_TRY(random_.fill(keys.front().writable()));
      // Each program has a process of its own, and numbers its tapes from the first again.
      const auto folder =
          deployment_.folder() / (party_name(index(own_)) + "-stock-" + std::to_string(::getpid()));
      SPUD_ASSIGN(vault_, stock::TapeVault::open(folder, stock::StockKeys::of(std::move(keys)),
                                                 {1ull << 50, Millis(0), 0}, clock_, random_));
    }
    const auto& dealer = device_.dealers.front();
    const service::TapeId id{dealer.party, dealer.node, 1, run + 1};
    const auto device = digest(device_), demand = crypto::sha256(prepared_.demand);
    const std::uint64_t bytes = last() ? prepared_.dealt.tape_bytes : 0;
    SPUD_ASSIGN(auto intake, vault_->begin(id, device, demand, attempt_.seed, bytes));
    stock::PieceHash hash;
    Bytes piece(stock::TapeIntake::kPieceBytes);
    for (std::uint64_t left = bytes; left > 0;) {
      const auto now = MutableBytes(piece).first(std::min<std::uint64_t>(left, piece.size()));
      SPUD_TRY(attempt_.tape->read(now));
      hash.update(now);
      SPUD_TRY(intake->write(now));
      left -= now.size();
    }
    SPUD_TRY(intake->made(bytes, stock::tape_digest(id, demand, hash.finish())));
    intake.reset();
    SPUD_TRY(vault_->ready(id));
    claim_ = {JobId("bench"), run, {}};
    SPUD_TRY(vault_->reserve(claim_, id, device, demand));
    reserved_ = id;
    return {};
  }

  /// What an attempt does first, while the clock runs.
  Status burn() {
    SPUD_ASSIGN(stored_, vault_->burn(claim_, *reserved_));
    attempt_.seed = stored_->take_seed();
    attempt_.tape = last() ? stored_->reader() : nullptr;
    return {};
  }

  Result<Json> run() {
    const auto sent_before = links_->sent_bytes_by_peer();
    const double cpu_before = cpu_seconds();
    if (setting_.tape == TapeMode::kStock && reserved_) SPUD_TRY(burn());
    // As a node does, whose traces must cost nothing.
    vm::TimeSheet times;
    attempt_.times = &times;
    SPUD_ASSIGN(auto result, vm::run(prepared_.plan, std::move(attempt_), std::move(inputs_)));
    const auto ended = now_nanos();
    Json sent = Json::object();
    for (const auto& [peer, bytes] : links_->sent_bytes_by_peer()) {
      sent[party_name(index(peer))] = bytes - sent_before.at(peer);
    }
    Json figures{{"ended", ended},
                 {"cpu_seconds", cpu_seconds() - cpu_before},
                 {"rounds", result.traffic.rounds},
                 {"opened_bits", result.traffic.opened_bits},
                 {"sent", sent},
                 {"tape_bytes", result.tape_bytes},
                 {"peak_rss", peak_resident_bytes()}};
    outputs_ = std::move(result.outputs);
    SPUD_TRY(links_->finish());
    links_.reset();
    held_.reset();
    stored_.reset();
    reserved_.reset();
    tape_.reset();
    return figures;
  }

  Status keep() {
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      const auto* open = std::get_if<Literal>(&outputs_[i]);
      const auto file = kept_output(deployment_, own_, i, open != nullptr ? Kept::kPublic : Kept::kShare);
      SPUD_TRY(io::write_file(
          file.string(), open != nullptr ? open->bytes() : std::get<alu::StoredShare>(outputs_[i]).data));
    }
    return {};
  }

  const Rank own_;
  const Program& program_;
  const Setting& setting_;
  const Deployment& deployment_;
  ControlLine& line_;
  const net::TlsContext tls_;
  net::Listener listener_;
  const Prepared prepared_;
  const vm::Seat seat_;
  crypto::OsRandom random_;
  SystemClock clock_;
  service::Device device_;
  std::unique_ptr<service::stock::TapeVault> vault_;  ///< before what is read from it

  // Of the run that is open.
  std::vector<vm::Input> inputs_;
  std::unique_ptr<SessionControl> control_;
  std::unique_ptr<Links> links_;
  std::unique_ptr<TapeStream> tape_;
  std::unique_ptr<HeldTape> held_;
  service::stock::Claim claim_;
  std::optional<service::TapeId> reserved_;
  std::unique_ptr<service::stock::StoredTape> stored_;
  vm::Attempt attempt_;
  std::vector<vm::Output> outputs_;  ///< of the last run
};

}  // namespace

Status be_party(Rank own, const Program& program, const Setting& setting, const Deployment& deployment,
                ControlLine& line) {
  SPUD_ASSIGN(auto prepared, prepare(program, setting));
  SPUD_ASSIGN(auto tls, deployment.tls(deployment.device().compute[index(own)].party));
  SPUD_ASSIGN(auto listener, net::Listener::bind({"127.0.0.1", 0}));
  return Party(own, program, setting, deployment, line, std::move(tls), std::move(listener),
               std::move(prepared))
      .serve();
}

}  // namespace spud::app::bench
