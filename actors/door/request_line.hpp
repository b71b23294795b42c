// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <concepts>
#include <exception>
#include <string_view>

#include "system/crypto/identity.hpp"
#include "system/metrics/log.hpp"

namespace spud::actors {

/// The name of a type without its namespaces: "SubmitJob".
template <class T>
constexpr std::string_view short_name() {
  // "… [with T = a::b::SubmitJob; …]" of gcc, "… [T = a::b::SubmitJob]" of clang.
  constexpr std::string_view all = __PRETTY_FUNCTION__;
  constexpr auto begin = all.find("T = ") + 4;
  constexpr auto name = all.substr(begin, all.find_first_of(";]", begin) - begin);
  return name.substr(name.rfind(':') + 1);
}

/// A line at debug level on a request at a door, once it is answered: its kind, who asked, how long it took,
/// and the job and attempt that it is about.
class RequestLine {
 public:
  template <class Request>
  RequestLine(const metrics::Logger& log, const crypto::Identity& by, const Request& request)
      : log_(about(log, request)), by_(by.str()), kind_(short_name<Request>()) {}
  ~RequestLine() {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began_;
    try {
      log_.debug("request", {{"kind", kind_}, {"by", by_}, {"seconds", took.count()}});
    } catch (const std::exception&) {
      // Without memory, say: a line is missing, and whoever unwinds goes on to where that is dealt with.
    }
  }
  RequestLine(const RequestLine&) = delete;
  RequestLine& operator=(const RequestLine&) = delete;

 private:
  template <class Request>
  static metrics::Logger about(const metrics::Logger& log, const Request& request) {
    if constexpr (requires {
                    request.job.str();
                    request.attempt + 1;
                  }) {
      return log.with({{"job", request.job}, {"attempt", request.attempt}});
    } else if constexpr (requires {
                           request.request.id.str();
                           request.attempt + 1;
                         }) {
      return log.with({{"job", request.request.id}, {"attempt", request.attempt}});
    } else if constexpr (requires { request.job.str(); }) {
      return log.with({{"job", request.job}});
    } else if constexpr (requires { request.request.id.str(); }) {
      return log.with({{"job", request.request.id}});
    } else if constexpr (requires {
                           { request.id } -> std::same_as<const JobId&>;
                         }) {
      return log.with({{"job", request.id}});
    } else {
      return log;
    }
  }

  const metrics::Logger log_;
  const std::string by_;
  const std::string_view kind_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace spud::actors
