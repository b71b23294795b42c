// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/bytes.hpp"
#include "system/net/connection.hpp"

namespace spud::actors {

/// Beats on a connection while its thread works on an answer, so that whoever asked can tell a service that
/// takes its time from one that hangs. Made and used by that thread; the connection must outlive it.
class Working {
 public:
  Working(net::Connection& connection, Bytes beat, Millis every);
  ~Working();
  Working(const Working&) = delete;
  Working& operator=(const Working&) = delete;

  void begin() { set(true); }
  /// Beats that have begun may still arrive before the answer, none after it.
  void end() { set(false); }

 private:
  void set(bool working);
  void run();

  net::Connection& connection_;
  const Bytes beat_;
  const Millis every_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Under mutex_, which is held while a beat is sent.
  bool working_ = false;
  bool stopped_ = false;
  std::thread thread_;  // last: uses all of the above
};

}  // namespace spud::actors
