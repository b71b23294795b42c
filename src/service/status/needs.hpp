// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "service/status/markup.hpp"
#include "service/status/view.hpp"

/// What of a snapshot needs a person: the first thing a page says.
namespace spud::service::status {

struct Need {
  Tone tone = Tone::kWarn;  ///< kBad: something does not work; kWarn: soon, or less well than it should
  std::string text;
  std::string anchor;  ///< of the row or section that says more
};

/// Bad ones first. Of one kind no more than a few: the last of them says how many others there are.
std::vector<Need> needs_of(const Snapshot& snapshot);

/// A job that waits longer, since it was submitted or its last attempt failed, is waited for.
inline constexpr std::int64_t kLongWaitMillis = 600'000;
bool waits_long(const JobRow& job, std::int64_t now_unix_millis);

/// Good until it is due for renewal, bad when most of the time from then to its end has passed.
Tone tone_of(const CertificateRow& row, std::int64_t now_unix_millis);

/// Bad when it cannot be made, a warning when jobs wait for it; stock below its target is being made, or has
/// its turn.
Tone tone_of(const StockRow& kind);

/// Whether somebody should see to it.
bool is_low(const DiskRow& disk);

// Where rows are on the page.
std::string anchor_of(const NodeRow& row);
std::string anchor_of(const DeviceRow& row);
std::string anchor_of(const JobRow& row);
std::string anchor_of(const StockRow& row);
std::string anchor_of(const PeerRow& row);
std::string anchor_of(const metrics::Check& row);
std::string anchor_of(const CertificateRow& row);
std::string anchor_of(const DiskRow& row);

}  // namespace spud::service::status
