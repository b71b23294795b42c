// SPDX-License-Identifier: Apache-2.0
#include "app/doctor/host.hpp"

#include <algorithm>
#include <thread>

#include <sys/resource.h>
#include <sys/timex.h>

#include "ring/simd.hpp"
#include "service/status/text.hpp"
#include "system/metrics/memory_limit.hpp"

namespace spud::app {

namespace {

/// The kernel knows whether somebody disciplines its clock, by NTP or PTP. Reading it needs no right.
void check_clock(Findings& findings) {
  timex state{};
  const int status = ::adjtimex(&state);
  if (status < 0 || status == TIME_ERROR || (state.status & STA_UNSYNC) != 0) {
    findings.warn("clock", "the kernel does not know it to be synchronised",
                  "run an NTP client (chrony, systemd-timesyncd); inside a container, on its host");
    return;
  }
  findings.ok("clock", "synchronised, within " + std::to_string(state.esterror / 1000) + " ms");
}

void check_processor(Findings& findings) {
  const auto best = ring::simd_paths().front();
  const auto says = std::string(ring::to_string(best)) + ", " +
                    std::to_string(std::max(1u, std::thread::hardware_concurrency())) + " threads";
  if (best == ring::SimdPath::kPortable) {
    findings.warn("processor", says, "kernels are several times faster with AVX2 or AVX-512");
  } else {
    findings.ok("processor", says);
  }
}

}  // namespace

void check_host(Findings& findings) {
  check_clock(findings);
  check_processor(findings);
  findings.ok("memory", service::status::bytes_text(static_cast<double>(metrics::process_memory_limit())) +
                            " for this process");
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) findings.add(judge_files("open files", files.rlim_cur));
}

}  // namespace spud::app
