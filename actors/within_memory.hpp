// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <new>
#include <string>
#include <system_error>
#include <type_traits>

#include "base/error.hpp"

namespace spud::actors {

/// Runs `step`, which answers a Result or Outcome; where the process cannot get the memory for it, or a
/// thread, that is its error, and everything else in the process goes on.
template <class Step>
std::invoke_result_t<Step> within_memory(const std::string& where, const std::string& party,
                                         const Step& step) try {
  return step();
} catch (const std::bad_alloc&) {
  return fail(ErrorCode::kResource, "out of memory", where, {}, party,
              "give its process more memory, or run less at a time");
} catch (const std::system_error& error) {
  if (error.code() != std::errc::resource_unavailable_try_again) throw;
  return fail(ErrorCode::kResource, std::string("cannot start a thread: ") + error.what(), where, {}, party,
              "raise its limits of threads and memory");
}

}  // namespace spud::actors
