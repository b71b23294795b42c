// SPDX-License-Identifier: Apache-2.0
#include "system/net/connection.hpp"

#include <vector>

#include "base/check.hpp"
#include "system/net/tls_stream.hpp"

namespace spud::net {
namespace {

// The server's first bytes: a client ends its handshake before the server has judged its certificate, so only
// these tell it that it was accepted. An empty frame, so that they carry the version too.
constexpr FrameLimits kGreetingLimits{0, 0};

}  // namespace

Connection::Connection(std::unique_ptr<TlsStream> stream) : stream_(std::move(stream)) {}
Connection::~Connection() = default;

Result<std::unique_ptr<Connection>> Connection::connect(const Address& address, const TlsContext& context,
                                                        const ExpectedPeer& expected, Millis timeout,
                                                        const LinkShape& shape) {
  Deadline deadline = Deadline::after(timeout);
  SPUD_ASSIGN(Socket socket, Socket::connect(address, deadline));
  auto connection = greet(std::move(socket), context, expected, shape, deadline);
  context.handshakes().client.count(connection.has_value());
  return connection;
}

Result<std::unique_ptr<Connection>> Connection::greet(Socket socket, const TlsContext& context,
                                                      const ExpectedPeer& expected, const LinkShape& shape,
                                                      Deadline deadline) {
  SPUD_ASSIGN(auto stream,
              TlsStream::open(std::move(socket), TlsSide::kClient, context, expected, shape, deadline));
  std::unique_ptr<Connection> connection(new Connection(std::move(stream)));
  SPUD_TRY(connection->read_prefix(kGreetingLimits, deadline));
  connection->bytes_received_ = 0;  // traffic() counts what callers send
  return connection;
}

Result<std::unique_ptr<Connection>> Connection::accept(Socket socket, const TlsContext& context,
                                                       const ExpectedPeer& expected, Millis timeout,
                                                       const LinkShape& shape) {
  auto connection = welcome(std::move(socket), context, expected, shape, Deadline::after(timeout));
  context.handshakes().server.count(connection.has_value());
  return connection;
}

Result<std::unique_ptr<Connection>> Connection::welcome(Socket socket, const TlsContext& context,
                                                        const ExpectedPeer& expected, const LinkShape& shape,
                                                        Deadline deadline) {
  SPUD_ASSIGN(auto stream,
              TlsStream::open(std::move(socket), TlsSide::kServer, context, expected, shape, deadline));
  std::unique_ptr<Connection> connection(new Connection(std::move(stream)));
  auto greeting = FramePrefix{}.encode();
  ByteView part = greeting;
  SPUD_TRY(connection->stream_->write({&part, 1}, deadline));
  return connection;
}

Error Connection::blamed(Error error) const {
  error.where = stream_->where() + (error.where.empty() ? "" : ": " + error.where);
  error.party = peer().party.str();
  return error;
}

Status Connection::send(ByteView header, std::span<const ByteView> payload, Millis timeout) {
  Deadline deadline = Deadline::after(timeout);
  SPUD_CHECK(header.size() <= limits::kHeaderBytesPerFrame, "headers are bounded where they are made");
  FramePrefix prefix{static_cast<std::uint32_t>(header.size()), 0};
  for (ByteView segment : payload) prefix.payload_bytes += segment.size();
  auto encoded = prefix.encode();
  std::vector<ByteView> parts{encoded, header};
  parts.insert(parts.end(), payload.begin(), payload.end());

  std::lock_guard lock(send_mutex_);
  if (send_failure_) return std::unexpected(*send_failure_);
  if (auto written = stream_->write(parts, deadline); !written) {
    send_failure_ = written.error();
    return written;
  }
  const std::uint64_t bytes = encoded.size() + header.size() + prefix.payload_bytes;
  frames_sent_.fetch_add(1, std::memory_order_relaxed);
  bytes_sent_.fetch_add(bytes, std::memory_order_relaxed);
  if (meter_) meter_->sent(bytes);
  return {};
}

void Connection::count_received(std::uint64_t bytes) {
  bytes_received_.fetch_add(bytes, std::memory_order_relaxed);
  if (meter_) meter_->received(bytes);
}

// From the second byte of a frame on, a failure leaves the stream between two frames' borders for good.
Status Connection::read_exactly(MutableBytes out, Deadline deadline) {
  if (receive_failure_) return std::unexpected(*receive_failure_);
  while (!out.empty()) {
    auto got = stream_->read_some(out, deadline);
    if (got && *got == 0) {
      got = std::unexpected(
          blamed({ErrorCode::kUnavailable, "closed the connection within a frame", {}, {}, {}, {}}));
    }
    if (!got) {
      receive_failure_ = std::move(got.error());
      return std::unexpected(*receive_failure_);
    }
    count_received(*got);
    out = out.subspan(*got);
  }
  return {};
}

Result<FramePrefix> Connection::read_prefix(const FrameLimits& limits, Deadline deadline) {
  if (receive_failure_) return std::unexpected(*receive_failure_);
  SPUD_CHECK(payload_left_ == 0, "the payload of a frame is taken before the next header");
  std::array<std::byte, FramePrefix::kBytes> bytes;
  auto first = stream_->read_some(bytes, deadline);
  if (first && *first == 0) {
    first = std::unexpected(blamed({ErrorCode::kUnavailable, "closed the connection", {}, {}, {}, {}}));
  }
  if (!first) {
    if (first.error().code != ErrorCode::kTimeout) receive_failure_ = first.error();
    return std::unexpected(std::move(first.error()));
  }
  count_received(*first);
  SPUD_TRY(read_exactly(MutableBytes(bytes).subspan(*first), deadline));
  auto prefix = FramePrefix::decode(bytes, limits);
  if (!prefix) {
    receive_failure_ = blamed(std::move(prefix.error()));
    return std::unexpected(*receive_failure_);
  }
  return prefix;
}

Result<Bytes> Connection::receive_header(const FrameLimits& limits, Millis timeout) {
  Deadline deadline = Deadline::after(timeout);
  SPUD_ASSIGN(FramePrefix prefix, read_prefix(limits, deadline));
  Bytes header(prefix.header_bytes);
  SPUD_TRY(read_exactly(header, deadline));
  payload_left_ = prefix.payload_bytes;
  frames_received_.fetch_add(1, std::memory_order_relaxed);
  return header;
}

Status Connection::receive_payload(MutableBytes out, Millis timeout) {
  SPUD_CHECK(out.size() <= payload_left_, "a caller takes no more than payload_length()");
  SPUD_TRY(read_exactly(out, Deadline::after(timeout)));
  payload_left_ -= out.size();
  return {};
}

Result<Frame> Connection::receive(const FrameLimits& limits, Millis timeout) {
  Deadline deadline = Deadline::after(timeout);
  Frame frame;
  SPUD_ASSIGN(frame.header, receive_header(limits, timeout));
  frame.payload.resize(payload_left_);
  SPUD_TRY(read_exactly(frame.payload, deadline));
  payload_left_ = 0;
  return frame;
}

void Connection::shutdown() {
  stream_->shutdown();
}
const crypto::Identity& Connection::peer() const {
  return stream_->peer();
}
const std::string& Connection::peer_address() const {
  return stream_->peer_address();
}

std::optional<std::chrono::microseconds> Connection::round_trip() const {
  return stream_->round_trip();
}

void Connection::count_with(std::shared_ptr<TrafficMeter> meter) {
  meter_ = std::move(meter);
  if (!meter_) return;
  const auto before = traffic();
  meter_->sent(before.bytes_sent);
  meter_->received(before.bytes_received);
}

Traffic Connection::traffic() const {
  auto read = [](const std::atomic<std::uint64_t>& value) { return value.load(std::memory_order_relaxed); };
  return {read(frames_sent_), read(bytes_sent_), read(frames_received_), read(bytes_received_)};
}

}  // namespace spud::net
