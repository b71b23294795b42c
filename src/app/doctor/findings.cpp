// SPDX-License-Identifier: Apache-2.0
#include "app/doctor/findings.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/utc.hpp"
#include "service/status/text.hpp"
#include "system/crypto/pki.hpp"

namespace spud::app {

namespace {

constexpr std::int64_t kNotedMillis = 2'000, kHarmfulMillis = 300'000;
/// Tapes, shares and results come in pieces of megabytes: below this much more, work will soon be refused.
constexpr std::uint64_t kScarceBytes = 4ull << 30;
/// A job waits for some twelve synced writes, one after the other.
constexpr double kSlowSyncMillis = 20;
/// Links, clients, RocksDB's files.
constexpr std::uint64_t kFewFiles = 4096;

std::string seconds(std::int64_t millis) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(millis) / 1000);
  return text;
}

}  // namespace

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "ok";
    case Verdict::kWarning:
      return "warning";
    case Verdict::kFailed:
      return "failed";
  }
  return "failed";
}

void Findings::add(Finding finding) {
  tell_(finding);
  all_.push_back(std::move(finding));
}

void Findings::ok(std::string check, std::string says) {
  add({std::move(check), Verdict::kOk, std::move(says)});
}

void Findings::warn(std::string check, std::string says, std::string hint) {
  add({std::move(check), Verdict::kWarning, std::move(says), std::move(hint)});
}

void Findings::fail(std::string check, std::string says, std::string hint) {
  add({std::move(check), Verdict::kFailed, std::move(says), std::move(hint)});
}

void Findings::fail(std::string check, const Error& error, const std::string& hint) {
  Error told = error;
  told.hint.clear();
  fail(std::move(check), told.message(), error.hint.empty() ? hint : error.hint);
}

std::size_t Findings::count(Verdict verdict) const {
  return static_cast<std::size_t>(std::count_if(
      all_.begin(), all_.end(), [&](const Finding& finding) { return finding.verdict == verdict; }));
}

Finding judge_validity(std::string check, crypto::Validity valid, std::int64_t now) {
  if (now < valid.not_before) {
    return {std::move(check), Verdict::kFailed, "is not valid before " + utc_text(valid.not_before, kUtcDate),
            "compare this machine's clock with the one that issued it"};
  }
  if (now > valid.not_after) {
    return {std::move(check), Verdict::kFailed,
            "has not been valid since " + utc_text(valid.not_after, kUtcDate),
            "have it issued again by its party's authority; peers refuse it"};
  }
  using service::status::span_text;
  const auto left = valid.not_after - now;
  const auto says = "valid until " + utc_text(valid.not_after, kUtcDate) + ", for " + span_text(left * 1000);
  if (now > crypto::renewal_due(valid))
    return {std::move(check), Verdict::kWarning, says, "have it issued again soon"};
  return {std::move(check), Verdict::kOk, says};
}

Finding judge_offset(std::string check, std::int64_t offset_millis, std::int64_t give_or_take_millis) {
  // What may be the way of the message is not held against the clock.
  const auto sure = std::max<std::int64_t>(0, std::abs(offset_millis) - give_or_take_millis);
  const auto says = seconds(std::abs(offset_millis)) +
                    (offset_millis < 0 ? " behind ours" : " ahead of ours") + ", give or take " +
                    seconds(give_or_take_millis);
  const std::string hint =
      "synchronise both by NTP: deadlines, expiry and certificates are judged by each one's own clock";
  if (sure >= kHarmfulMillis) return {std::move(check), Verdict::kFailed, says, hint};
  if (sure >= kNotedMillis) return {std::move(check), Verdict::kWarning, says, hint};
  return {std::move(check), Verdict::kOk, says};
}

Finding judge_space(std::string check, std::uint64_t free_bytes, std::uint64_t least) {
  using service::status::bytes_text;
  const auto says = bytes_text(static_cast<double>(free_bytes)) + " free, work is refused below " +
                    bytes_text(static_cast<double>(least));
  if (free_bytes < least)
    return {std::move(check), Verdict::kFailed, says, "make room, or give it a larger disk"};
  if (free_bytes - least < kScarceBytes)
    return {std::move(check), Verdict::kWarning, says, "uploads, tapes and results will soon be refused"};
  return {std::move(check), Verdict::kOk, says};
}

Finding judge_sync(std::string check, double millis) {
  char text[64];
  std::snprintf(text, sizeof text, "a synced write takes %.2f ms", millis);
  if (millis < kSlowSyncMillis) return {std::move(check), Verdict::kOk, text};
  return {std::move(check), Verdict::kWarning, text,
          "a job waits for about twelve of them: a faster disk makes small jobs faster"};
}

Finding judge_files(std::string check, std::uint64_t limit) {
  const auto says = std::to_string(limit) + " files and connections may be open";
  if (limit >= kFewFiles) return {std::move(check), Verdict::kOk, says};
  return {std::move(check), Verdict::kWarning, says, "raise it (LimitNOFILE, ulimit -n) to 65536"};
}

}  // namespace spud::app
