// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/bench/control_line.hpp"
#include "app/bench/deployment.hpp"
#include "app/bench/program.hpp"
#include "app/bench/setting.hpp"

/// What the processes of a measurement do. On the control line they are told, a step at a time:
///
///     {"do": "meet", "addresses": [party 0, …, dealer]}   once; where everybody listens
///     {"do": "open", "run": n}    connects; the answer comes when it could start
///     {"do": "go"}                runs; the answer has the figures
///     {"do": "keep"}              writes the outputs of the last run, as shares, into the deployment's
///     folder
///
/// and answer each with an object. They live until they are killed.
namespace spud::app::bench {

/// Answers "go" with {"ended", "cpu_seconds", "rounds", "opened_bits", "sent": {peer: bytes}, "tape_bytes",
/// "peak_rss"}; before "meet" it says {"address", "compile_seconds", "dealt_bits"}.
Status be_party(Rank own, const Program& program, const Setting& setting, const Deployment& deployment,
                ControlLine& line);

/// Answers "go" with {"ended", "cpu_seconds", "sent", "peak_rss"}; before "meet" it says {"address"}.
Status be_dealer(const Setting& setting, const Deployment& deployment, ControlLine& line);

/// Puts the outputs that parties kept together and compares them with ref2k's; says {"max_abs_err"}, or
/// {"unchecked": why ref2k gave no outputs}. Keeps inputs and outputs where the setting says.
Status be_checker(const Program& program, const Setting& setting, const Deployment& deployment,
                  ControlLine& line);

/// Both ends of a link look for the other this long.
inline constexpr Millis kSilence{60'000};
inline constexpr Millis kHeartbeat{20'000};

/// Where a party keeps output `i`, and whether as a share or, if all know it, in plain.
enum class Kept { kShare, kPublic };
std::filesystem::path kept_output(const Deployment& deployment, Rank rank, std::size_t i, Kept kept);

/// The device with the addresses of a "meet".
service::Device with_addresses(service::Device device, const Json& meet);

}  // namespace spud::app::bench
