// SPDX-License-Identifier: Apache-2.0
#include "app/core_files.hpp"

#include <cerrno>
#include <cstring>
#include <string>

#include <sys/prctl.h>
#include <sys/resource.h>

namespace spud::app {

Status keep_memory_private() {
  const rlimit none{0, 0};
  // The limit alone does not stop a core file that is piped to a program; what may not be dumped at all does.
  if (::setrlimit(RLIMIT_CORE, &none) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return fail(ErrorCode::kInternal,
                std::string("core files could not be switched off: ") + std::strerror(errno), "process");
  }
  return {};
}

}  // namespace spud::app
