// SPDX-License-Identifier: Apache-2.0
#include "actors/node/links.hpp"

#include <algorithm>
#include <new>
#include <system_error>
#include <utility>

#include "actors/node/link_peer.hpp"
#include "actors/within_memory.hpp"
#include "base/check.hpp"

namespace spud::actors {

namespace {

/// Payloads are read in pieces, so that silence is noticed in the middle of a large one.
constexpr std::size_t kPieceBytes = 1u << 20;
constexpr Millis kLastWords{1000};
/// How often the session's thread lets others run before it sleeps: some 20 µs where nothing else runs.
constexpr int kYields = 60;
/// From this size on a whole round for several peers is encrypted for all of them at once.
constexpr std::size_t kBytesWorthAThread = 1u << 20;
/// What a peer that is ahead of us has sent is taken from its socket up to so many bytes, so that its beats
/// behind it are heard. More than sockets hold: a peer whose message does not fit is still sending it.
constexpr std::size_t kSetAsideBytes = 64u << 20;

std::string describe(const wire::Round& round) {
  std::string which = "round " + std::to_string(round.number);
  if (round.part > 0) which += ", part " + std::to_string(round.part);
  return which + " with " + std::to_string(round.openings) + " openings of " + std::to_string(round.bytes) +
         " bytes";
}

}  // namespace

Links::Links(const service::session::Terms& terms, LinkTimes times) : terms_(terms), times_(times) {}

Status Links::begin(SessionControl& control) try {
  for (auto& peer : peers_) {
    if (peer->meters) peer->meters->watch(*peer->connection);
    peer->reader = start_thread([this, &peer = *peer] { read(peer); });
    peer->sender = start_thread([this, &peer = *peer] { send_queued(peer); });
  }
  moved_ = std::chrono::steady_clock::now();
  watch_ = start_thread([this] { watch(); });
  control_ = &control;
  control.on_cancel([this](const Error& cause) { fail(cause); });
  return {};
} catch (const std::system_error& error) {
  return spud::fail(ErrorCode::kResource, std::string("cannot start a thread: ") + error.what(), "links",
                    std::to_string(2 * peers_.size() + 1) + " threads for an attempt's links", "",
                    "raise the limit of threads of this node");
}

Links::~Links() {
  if (control_ != nullptr) control_->on_cancel({});
  {
    // A peer that saw our end before our words would blame us.
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !telling_; });
    closing_ = true;
    changed_.notify_all();
    aside_.notify_all();
  }
  for (auto& peer : peers_) {
    if (peer->connection) peer->connection->shutdown();
  }
  for (auto& peer : peers_) {
    if (peer->reader.joinable()) peer->reader.join();
    if (peer->sender.joinable()) peer->sender.join();
  }
  if (watch_.joinable()) watch_.join();
}

Status Links::failure() const {
  if (failure_) return std::unexpected(*failure_);
  return {};
}

void Links::fail(const Error& cause) {
  {
    std::lock_guard lock(mutex_);
    if (failure_ || closing_) return;
    failure_ = cause;
    telling_ = true;
    changed_.notify_all();
    aside_.notify_all();
  }
  tell(cause);
  std::lock_guard lock(mutex_);
  telling_ = false;
  changed_.notify_all();
}

void Links::tell(const Error& cause) {
  const auto words = wire::encode(wire::LinkFrame(service::session::blame(cause, terms_)));
  std::vector<Peer*> busy;
  for (auto& peer : peers_) {
    if (!peer->connection) continue;
    std::unique_lock sending(peer->sending, std::try_to_lock);
    if (!sending) {
      busy.push_back(peer.get());
      continue;
    }
    (void)peer->connection->send(words, kLastWords);
    peer->connection->shutdown();
  }
  // Whoever is in the middle of a message to a peer gets a moment to end it; the peer may be the dead one.
  for (auto* peer : busy) {
    std::unique_lock sending(peer->sending, kLastWords);
    if (sending) (void)peer->connection->send(words, kLastWords);
    peer->connection->shutdown();
  }
}

void Links::beat(Peer& peer) {
  // A message that is on its way shows well enough that we live.
  std::unique_lock sending(peer.sending, std::try_to_lock);
  // A peer that lives listens at all times. A limit would end within a frame, and with it the link.
  if (sending) (void)peer.connection->send(wire::encode(wire::LinkFrame(wire::Alive{})), net::kForever);
}

void Links::excuse(std::function<bool()> waits) {
  std::lock_guard lock(mutex_);
  excused_ = std::move(waits);
}

void Links::watch() {
  std::unique_lock lock(mutex_);
  for (;;) {
    aside_.wait_for(lock, times_.heartbeat, [&] { return closing_ || failure_; });
    if (closing_ || failure_) return;
    auto late = overdue();
    lock.unlock();
    if (!late) {
      for (auto& peer : peers_) {
        if (peer->meters) peer->meters->watch(*peer->connection);
      }
      lock.lock();
      continue;
    }
    if (control_ != nullptr) control_->cancel(*late);
    fail(*late);
    return;
  }
}

std::optional<Error> Links::overdue() const {
  if (times_.round == net::kForever) return std::nullopt;
  const auto limit = std::to_string(times_.round.count()) + " ms";
  const auto since = std::chrono::steady_clock::now() - moved_;
  if (!waiting_) {
    if (since <= times_.round || (excused_ && excused_())) return std::nullopt;
    return Error{ErrorCode::kTimeout,
                 "its session does not come to the next round",
                 "job " + terms_.job.str(),
                 "within round_limit, " + limit,
                 terms_.device.compute[index(terms_.own)].party.str(),
                 "raise round_limit there if the step is that large, else submit the job again"};
  }
  // An honest peer has said before that it is late itself, after computing for so long or waiting for a
  // dealer.
  if (since <= 2 * times_.round + times_.silence) return std::nullopt;
  for (const auto& peer : peers_) {
    if (peer->expected.empty() && (!finishing_ || peer->finished)) continue;
    return Error{ErrorCode::kTimeout,
                 "beats, and sends nothing",
                 "job " + terms_.job.str(),
                 "the next round within twice round_limit, " + limit,
                 peer->party,
                 "submit the job again"};
  }
  return std::nullopt;
}

void Links::read(Peer& peer) {
  for (;;) {
    auto status = within_memory("link", terms_.device.compute[index(terms_.own)].party.str(),
                                [&] { return read_frame(peer); });
    std::unique_lock lock(mutex_);
    if (closing_ || failure_ || peer.finished) return;
    lock.unlock();
    if (status) continue;
    const Error cause = named(peer, std::move(status).error());
    judge(peer, cause);
    // The session's thread may be computing: the supervisor learns of it now, and before that thread does.
    if (control_ != nullptr) control_->cancel(cause);
    fail(cause);
    return;
  }
}

void Links::judge(Peer& peer, const Error& cause) {
  if (peer.told) return;
  if (cause.code == ErrorCode::kPeerFault) refused(peer, cause);
  if (peer.meters) peer.meters->judge(cause);
}

void Links::refused(Peer& peer, const Error& cause) {
  if (peer.meters) peer.meters->refused();
  log_.warning("refused a frame", {{"peer", peer.connection->peer().str()}, {"error", cause.message()}});
}

Status Links::read_frame(Peer& peer) {
  auto header =
      peer.connection->receive_header({.payload_bytes = limits::kPayloadBytesPerRound}, times_.silence);
  if (!header) {
    auto error = std::move(header).error();
    if (error.code == ErrorCode::kTimeout)
      error.what = "silent for " + std::to_string(times_.silence.count()) + " ms";
    return std::unexpected(std::move(error));
  }
  SPUD_ASSIGN(auto frame, wire::decode_link_frame(*header));
  if (auto* round = std::get_if<wire::Round>(&frame)) return take_round(peer, *round);
  if (peer.connection->payload_length() != 0) {
    return spud::fail(ErrorCode::kPeerFault, "a payload where none belongs", "link");
  }
  if (auto* cause = std::get_if<Error>(&frame)) {
    peer.told = true;
    return std::unexpected(std::move(*cause));
  }
  if (std::holds_alternative<wire::Finished>(frame)) {
    std::lock_guard lock(mutex_);
    if (!peer.expected.empty()) {
      return spud::fail(ErrorCode::kPeerFault, "it has finished", "link",
                        describe(peer.expected.front().round));
    }
    peer.finished = true;
    changed_.notify_all();
    return {};
  }
  if (std::holds_alternative<wire::Alive>(frame)) return {};
  return spud::fail(ErrorCode::kPeerFault, "a frame that belongs to the opening", "link");
}

Status Links::take_round(Peer& peer, const wire::Round& round) {
  const Expected* next = nullptr;
  {
    const auto due = [&] { return !peer.expected.empty() || finishing_ || closing_ || failure_; };
    std::unique_lock lock(mutex_);
    // A peer that is ahead waits for us. Its beats lie behind what it has sent: that is set aside to hear
    // them.
    if (!changed_.wait_for(lock, times_.heartbeat, due)) {
      if (peer.aside_bytes + round.bytes <= kSetAsideBytes) {
        lock.unlock();
        return set_aside(peer, round);
      }
      changed_.wait(lock, due);
    }
    if (failure_ || closing_) return {};
    if (peer.expected.empty()) {
      return spud::fail(ErrorCode::kPeerFault, "it is at " + describe(round), "link", "the end of the run");
    }
    peer.receiving = true;
    next = &peer.expected.front();  // stays where it is while others are added
  }
  const auto received = receive_into(peer, *next, round);
  std::lock_guard lock(mutex_);
  if (received) {
    peer.expected.pop_front();
    peer.arrived = std::chrono::steady_clock::now();
  }
  changed_.notify_all();
  return received;
}

/// However it ends, nobody writes there any more.
struct Links::Receiving {
  Links& links;
  Peer& peer;
  ~Receiving() {
    std::lock_guard lock(links.mutex_);
    peer.receiving = false;
    links.changed_.notify_all();
  }
};

Status Links::receive_into(Peer& peer, const Expected& next, const wire::Round& round) {
  const Receiving receiving{*this, peer};
  Status received;
  if (round != next.round || peer.connection->payload_length() != round.bytes) {
    received = spud::fail(ErrorCode::kPeerFault, "it is at " + describe(round), "link", describe(next.round));
  }
  for (auto segment : next.into) {
    while (received && !segment.empty()) {
      const auto piece = segment.first(std::min(kPieceBytes, segment.size()));
      received = peer.connection->receive_payload(piece, times_.silence);
      segment = segment.subspan(piece.size());
    }
  }
  return received;
}

Status Links::set_aside(Peer& peer, const wire::Round& round) {
  if (peer.connection->payload_length() != round.bytes) {
    return spud::fail(ErrorCode::kPeerFault, "it is at " + describe(round), "link",
                      "a payload of that length, not " + std::to_string(peer.connection->payload_length()));
  }
  Bytes bytes(round.bytes);
  for (MutableBytes rest = bytes; !rest.empty();) {
    const auto piece = rest.first(std::min(kPieceBytes, rest.size()));
    SPUD_TRY(peer.connection->receive_payload(piece, times_.silence));
    rest = rest.subspan(piece.size());
  }
  std::lock_guard lock(mutex_);
  if (finishing_) {
    return spud::fail(ErrorCode::kPeerFault, "it is at " + describe(round), "link", "the end of the run");
  }
  peer.aside_bytes += bytes.size();
  peer.aside.emplace_back(round, std::move(bytes));
  // It may be expected by now.
  auto matched = match(peer);
  changed_.notify_all();
  return matched;
}

Status Links::match(Peer& peer) const {
  while (!peer.aside.empty() && !peer.expected.empty()) {
    const auto& [round, bytes] = peer.aside.front();
    const auto& next = peer.expected.front();
    if (round != next.round) {
      return spud::fail(ErrorCode::kPeerFault, "it is at " + describe(round), "link", describe(next.round),
                        peer.party);
    }
    std::size_t at = 0;
    for (auto segment : next.into) {
      std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), segment.size(), segment.begin());
      at += segment.size();
    }
    peer.aside_bytes -= bytes.size();
    peer.aside.pop_front();
    peer.expected.pop_front();
    peer.arrived = std::chrono::steady_clock::now();
  }
  return {};
}

Status Links::queue(const protocol::RoundHeader& header, std::span<const ByteView> send,
                    std::span<const protocol::Segments> receive) {
  const wire::Round round{header.round, header.openings, header.bytes, header.part};
  const auto message = std::make_shared<const Message>(
      Message{wire::encode(wire::LinkFrame(round)), {send.begin(), send.end()}});
  // All memory is offered before anything is sent: nobody waits for somebody who waits.
  std::lock_guard lock(mutex_);
  SPUD_TRY(failure());
  for (auto& peer : peers_) {
    if (!peer->finished) continue;
    return spud::fail(ErrorCode::kPeerFault, "it has finished", "link", describe(round), peer->party);
  }
  // The same but for their lengths: who keeps a value sends it alone.
  const auto of = [&](const Peer& peer) {
    auto theirs = round;
    theirs.bytes = protocol::byte_count(receive[index(peer.rank)]);
    return theirs;
  };
  for (auto& peer : peers_) {
    if (peer->aside.empty() || peer->aside.front().first == of(*peer)) continue;
    return spud::fail(ErrorCode::kPeerFault, "it is at " + describe(peer->aside.front().first), "link",
                      describe(of(*peer)), peer->party);
  }
  moved_ = std::chrono::steady_clock::now();
  for (auto& peer : peers_) {
    peer->expected.push_back({of(*peer), receive[index(peer->rank)]});
    peer->outgoing.push_back(message);
    SPUD_TRY(match(*peer));
  }
  changed_.notify_all();
  return {};
}

Status Links::exchange(const protocol::RoundHeader& header, std::span<const ByteView> send,
                       std::span<const protocol::Segments> receive) {
  SPUD_TRY(queue(header, send, receive));
  if (header.bytes >= kBytesWorthAThread) hand_to_senders(std::span(peers_).subspan(1));
  return settle();
}

Status Links::start(const protocol::RoundHeader& header, std::span<const ByteView> send,
                    std::span<const protocol::Segments> receive) {
  SPUD_TRY(queue(header, send, receive));
  hand_to_senders(peers_);
  return {};
}

Status Links::settle() {
  {
    std::lock_guard lock(mutex_);
    waiting_ = true;
    moved_ = std::chrono::steady_clock::now();
  }
  // What no sender has begun with leaves sooner from here than by waking one.
  for (auto& peer : peers_) drain(*peer);
  const auto sent = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  const auto settled = [&] {
    return std::none_of(peers_.begin(), peers_.end(), [&](const auto& peer) {
      return peer->receiving || (!failure_ && !peer->expected.empty());
    });
  };
  // A small round is over sooner than a sleeping thread wakes up.
  for (int i = 0; i < kYields && !settled(); ++i) {
    lock.unlock();
    std::this_thread::yield();
    lock.lock();
  }
  changed_.wait(lock, settled);
  waiting_ = false;
  moved_ = std::chrono::steady_clock::now();
  count_round(sent);
  return failure();
}

void Links::count_round(std::chrono::steady_clock::time_point sent) {
  for (auto& peer : peers_) {
    const auto until = peer->expected.empty() ? peer->arrived : moved_;
    const auto late = std::max(until - sent, std::chrono::steady_clock::duration::zero());
    peer->waited += late;
    if (peer->meters && !failure_) peer->meters->round(late);
  }
  if (rounds_ && !failure_) rounds_->add();
}

void Links::abandon(const Error& cause) {
  try {
    fail(service::session::blame(cause, terms_));
  } catch (const std::bad_alloc&) {
    break_off();
  }
  (void)settle();
}

void Links::break_off() noexcept {
  {
    std::lock_guard lock(mutex_);
    // As many letters as need no memory.
    if (!failure_) failure_ = Error{ErrorCode::kResource, "out of memory", "", "", "", ""};
    telling_ = false;
    changed_.notify_all();
    aside_.notify_all();
  }
  for (auto& peer : peers_) {
    if (peer->connection) peer->connection->shutdown();
  }
}

template <class Body>
std::thread Links::start_thread(Body body) {
  return std::thread([this, body] {
    try {
      body();
    } catch (const std::bad_alloc&) {
      break_off();
    }
  });
}

void Links::hand_to_senders(std::span<const std::unique_ptr<Peer>> peers) {
  if (peers.empty()) return;
  std::lock_guard lock(mutex_);
  for (auto& peer : peers) peer->handed_over = true;
  aside_.notify_all();
}

void Links::send_queued(Peer& peer) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const bool woken =
        aside_.wait_for(lock, times_.heartbeat, [&] { return peer.handed_over || closing_ || failure_; });
    if (closing_ || failure_) return;
    peer.handed_over = false;
    lock.unlock();
    if (woken) {
      drain(peer);
    } else {
      beat(peer);
    }
    lock.lock();
  }
}

void Links::drain(Peer& peer) {
  for (;;) {
    Status sent;
    {
      std::lock_guard sending(peer.sending);
      std::shared_ptr<const Message> message;
      {
        std::lock_guard lock(mutex_);
        if (failure_ || closing_ || peer.outgoing.empty()) return;
        message = std::move(peer.outgoing.front());
        peer.outgoing.pop_front();
      }
      sent = peer.connection->send(message->header, message->payload, net::kForever);
    }
    if (sent) continue;
    {
      // The reader of that link knows better why: an abort, an end, silence.
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, times_.silence, [&] { return failure_.has_value() || closing_; });
    }
    fail(named(peer, std::move(sent).error()));
    return;
  }
}

Status Links::finish() {
  {
    std::lock_guard lock(mutex_);
    finishing_ = waiting_ = true;
    moved_ = std::chrono::steady_clock::now();
    changed_.notify_all();
    for (const auto& peer : peers_) {
      if (peer->aside.empty()) continue;
      return spud::fail(ErrorCode::kPeerFault, "it is at " + describe(peer->aside.front().first), "link",
                        "the end of the run", peer->party);
    }
  }
  const auto words = wire::encode(wire::LinkFrame(wire::Finished{}));
  for (auto& peer : peers_) {
    std::lock_guard sending(peer->sending);
    // A peer that is gone is noticed by its reader.
    (void)peer->connection->send(words, times_.silence);
  }
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    return failure_ ||
           std::all_of(peers_.begin(), peers_.end(), [](const auto& peer) { return peer->finished; });
  });
  return failure();
}

std::uint64_t Links::sent_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [rank, sent] : sent_bytes_by_peer()) bytes += sent;
  return bytes;
}

std::map<Rank, net::Traffic> Links::traffic_by_peer() const {
  std::map<Rank, net::Traffic> traffic;
  for (const auto& peer : peers_) traffic.emplace(peer->rank, peer->connection->traffic());
  return traffic;
}

std::map<Rank, std::chrono::nanoseconds> Links::waited_by_peer() const {
  std::map<Rank, std::chrono::nanoseconds> waited;
  std::lock_guard lock(mutex_);
  for (const auto& peer : peers_) waited.emplace(peer->rank, peer->waited);
  return waited;
}

std::map<Rank, std::uint64_t> Links::sent_bytes_by_peer() const {
  std::map<Rank, std::uint64_t> bytes;
  for (const auto& peer : peers_) bytes.emplace(peer->rank, peer->connection->traffic().bytes_sent);
  return bytes;
}

}  // namespace spud::actors
