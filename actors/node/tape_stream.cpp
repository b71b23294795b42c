// SPDX-License-Identifier: Apache-2.0
#include "actors/node/tape_stream.hpp"

#include "actors/door/refused_frame.hpp"
#include "actors/node/dealer_link.hpp"
#include "actors/within_memory.hpp"
#include "base/limits.hpp"

namespace spud::actors {

TapeStream::TapeStream(std::unique_ptr<net::Connection> connection, std::string dealer, LinkTimes times,
                       Peers* observer, metrics::Logger log)
    : connection_(std::move(connection)),
      dealer_(std::move(dealer)),
      times_(times),
      observer_(observer),
      log_(std::move(log)),
      pipe_(limits::kTapeBufferBytes),
      beats_(*connection_, times, observer) {}

Result<std::unique_ptr<TapeStream>> TapeStream::open(const wire::OpenTape& request,
                                                     const service::Member& member, ByteView demand,
                                                     const net::TlsContext& tls, LinkTimes times,
                                                     const net::LinkShape& shape, Peers* observer,
                                                     metrics::Logger log) {
  const auto dealer = member.party.str();
  SPUD_ASSIGN(auto opened, open_tape(request, member, demand, tls, times.silence, shape, observer, log));
  auto* granted = std::get_if<wire::TapeOpened>(&opened.answer);
  if (granted == nullptr || granted->tape.empty())
    return fail(ErrorCode::kPeerFault, "another kind of tape", "tape", "one for this attempt", dealer);
  std::unique_ptr<TapeStream> stream(
      new TapeStream(std::move(opened.connection), dealer, times, observer, std::move(log)));
  stream->name_ = std::move(granted->tape);
  stream->first_ = granted->times;
  stream->seed_ = std::move(opened.seed);
  stream->receiver_ = std::thread([raw = stream.get()] { raw->receive(); });
  return stream;
}

TapeStream::~TapeStream() {
  pipe_.close(Error{ErrorCode::kCancelled, "the attempt has ended", "tape", "", "", ""});
  connection_->shutdown();
  if (receiver_.joinable()) receiver_.join();
}

void TapeStream::receive() {
  for (;;) {
    auto more = within_memory("tape", {}, [&] { return receive_one(); });
    if (!more) {
      auto error = std::move(more).error();
      if (observer_ != nullptr && !told_)
        judge_frame(observer_->registry(), kBrokenTape, log_, *connection_, error);
      // Memory that we do not have is our own fault.
      if (error.party.empty() && error.code != ErrorCode::kResource) error.party = dealer_;
      pipe_.close(std::move(error));
      break;
    }
    if (!*more) {
      pipe_.close(Error{ErrorCode::kPeerFault, "the tape is exhausted", "tape", "", dealer_, ""});
      break;
    }
  }
  // The dealer waits for it.
  connection_->shutdown();
}

Status TapeStream::check_starved() const {
  const auto since = pipe_.starved();
  if (!since || times_.round == net::kForever || std::chrono::steady_clock::now() - *since <= times_.round)
    return {};
  return fail(ErrorCode::kTimeout, "beats, and deals nothing", "tape",
              "corrections within round_limit, " + std::to_string(times_.round.count()) + " ms", dealer_,
              "submit the job again");
}

template <class T>
Result<T> TapeStream::judged(Result<T> received) {
  if (observer_ != nullptr && !received)
    observer_->judge(Peers::name_of(connection_->peer()), received.error());
  return received;
}

Result<bool> TapeStream::receive_one() {
  SPUD_ASSIGN(const auto header, judged(connection_->receive_header({}, times_.silence)));
  SPUD_ASSIGN(auto answer, decode_answer(header, told_));
  const auto bytes = static_cast<std::size_t>(connection_->payload_length());
  if (const auto* chunk = std::get_if<wire::TapeChunk>(&answer)) {
    if (chunk->offset != received_) return fail(ErrorCode::kPeerFault, "a gap in the tape", "tape");
    received_ += bytes;
    if (bytes == 0) {
      // It only says that the dealer lives.
      SPUD_TRY(check_starved());
      return true;
    }
    auto payload = std::make_unique<ring::Buffer>(bytes);
    SPUD_TRY(judged(connection_->receive_payload({payload->data(), bytes}, times_.silence)));
    SPUD_TRY(pipe_.push(std::move(payload)));
    return true;
  }
  if (bytes != 0) return fail(ErrorCode::kPeerFault, "a payload where none belongs", "tape");
  const auto* end = std::get_if<wire::TapeEnd>(&answer);
  if (end == nullptr || end->bytes != received_)
    return fail(ErrorCode::kPeerFault, "a tape cut short", "tape");
  ended_.store(end->times.ended, std::memory_order_relaxed);
  return false;
}

}  // namespace spud::actors
