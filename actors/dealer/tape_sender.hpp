// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "correlation/tape.hpp"
#include "service/wire/dealer_codec.hpp"
#include "system/net/connection.hpp"

namespace spud::actors {

namespace wire = service::wire;

/// Corrections on their way to the last party: gathered into chunks, held back by the connection when the
/// party is slow. While nothing is sent an empty chunk now and then shows that we live.
class TapeSender final : public correlation::TapeWriter {
 public:
  /// `silence`: how long the party lets us say nothing.
  TapeSender(net::Connection& connection, Millis silence);
  ~TapeSender() override;

  Status write(ByteView bytes) override;
  /// What was written and has not gone yet.
  Status flush();
  /// The same, then this.
  Status say(const wire::DealerAnswer& answer);
  /// The same, and nothing after it.
  Status finish(const wire::DealerAnswer& last);
  /// finish() with the end of a tape, and when the dealer did what.
  Status end(const wire::DealerTimes& times = {});
  std::uint64_t sent() const { return sent_; }

 private:
  Status send(ByteView chunk);
  Status send_buffer();
  Status say_now(const wire::DealerAnswer& answer);
  void keep_alive();

  net::Connection& connection_;
  const Millis alive_every_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Under mutex_.
  Bytes buffer_;
  std::uint64_t sent_ = 0;
  bool done_ = false;
  std::thread pulse_;  // last: uses all of the above
};

}  // namespace spud::actors
