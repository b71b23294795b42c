// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/id.hpp"
#include "service/field.hpp"

namespace spud::service {

/// What an owner allows with a dataset. Signed as a part of the dataset's statement, kept with the shares at
/// every node and enforced by each node on its own.
struct Policy {
  std::vector<PartyId> holders;  ///< may hold shares
  bool any_program = false;
  std::vector<Digest> programs;          ///< may read, unless any_program
  std::vector<PartyId> recipients;       ///< results may reach
  std::int64_t expires_unix_millis = 0;  ///< 0: never
  std::uint64_t uses = 0;                ///< jobs; 0: no limit
};

Fields describe(const Policy& policy);

/// What a job asks of one dataset.
struct Access {
  Digest program;
  std::set<PartyId> recipients;  ///< of all outputs of the job
  std::int64_t unix_millis = 0;  ///< now
  std::uint64_t uses = 0;        ///< jobs that have read it, this one not counted
};

/// May this job read the dataset? The error says what the policy allows instead. `dataset` and `owner` name
/// it there.
Status allows(const Policy& policy, const Access& access, const std::string& dataset, const PartyId& owner);

/// A dataset's shares may go to a device of these parties.
Status allows_holders(const Policy& policy, const std::vector<PartyId>& parties, const std::string& dataset);

/// Reads a policy file (YAML): recipients, programs ("any" or digests), holders, expires (ISO date or
/// date-time, UTC), uses. What is not given: recipients = {owner}, programs = any, holders = the device's
/// parties, no expiry, no limit.
Result<Policy> parse_policy(const std::string& text, const std::string& file, const PartyId& owner,
                            const std::vector<PartyId>& device_parties);

}  // namespace spud::service
