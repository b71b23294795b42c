// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "system/crypto/keys.hpp"

namespace spud::app {

/// What a check-up says of one thing: it is well, it will be in the way one day, or it is in the way now.
enum class Verdict { kOk, kWarning, kFailed };
const char* to_string(Verdict verdict);

struct Finding {
  std::string check;  ///< one or two words: "clock", "node alice-0"
  Verdict verdict = Verdict::kOk;
  std::string says;
  std::string hint{};  ///< what to do; empty: nothing
};

/// What was found so far, told one by one as it is found.
class Findings {
 public:
  explicit Findings(std::function<void(const Finding&)> tell) : tell_(std::move(tell)) {}

  void add(Finding finding);
  void ok(std::string check, std::string says);
  void warn(std::string check, std::string says, std::string hint);
  void fail(std::string check, std::string says, std::string hint);
  /// The error's own words, party and hint; `hint` if it has none.
  void fail(std::string check, const Error& error, const std::string& hint = {});

  const std::vector<Finding>& all() const { return all_; }
  std::size_t count(Verdict verdict) const;

 private:
  std::function<void(const Finding&)> tell_;
  std::vector<Finding> all_;
};

// ---- what is judged without asking the machine

/// The end of a certificate's time: failed if it is over or has not begun, a warning in the last 30 days, and
/// in the last third of a shorter one.
Finding judge_validity(std::string check, crypto::Validity valid, std::int64_t now);

/// How far another clock is ahead of ours, known to `give_or_take_millis`. Deadlines, expiry and certificates
/// are judged by each service's own clock: some seconds are a warning, minutes are in the way.
Finding judge_offset(std::string check, std::int64_t offset_millis, std::int64_t give_or_take_millis);

/// What is left on the disk of a store that refuses work below `least`.
Finding judge_space(std::string check, std::uint64_t free_bytes, std::uint64_t least);

/// What a small synced write takes.
Finding judge_sync(std::string check, double millis);

/// How many files and connections a service may have open.
Finding judge_files(std::string check, std::uint64_t limit);

}  // namespace spud::app
