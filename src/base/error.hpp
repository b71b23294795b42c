// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>

namespace spud {

/// What kind of thing went wrong; decides the exit code and whether a retry can help.
enum class ErrorCode {
  kBadInput,     ///< a file, field or argument is wrong: the caller must change it
  kUnsupported,  ///< well-formed, but this build cannot do it
  kNotFound,     ///< a named thing does not exist
  kConflict,     ///< the same name or id stands for something else already
  kDenied,       ///< identity, policy or manifest forbids it
  kUnavailable,  ///< a peer, service or resource is absent; a retry may help
  kTimeout,      ///< a deadline passed; a retry may help
  kPeerFault,    ///< a peer sent what the protocol does not allow
  kCorrupt,      ///< stored bytes do not match their checksum or version
  kResource,     ///< a limit (memory, disk, size) would be passed
  kCancelled,    ///< someone asked for the end
  kInternal,     ///< a defect of spud itself
};

/// Name of a code as it stands in logs and messages, e.g. "bad-input".
const char* to_string(ErrorCode code);

/// An error a user or a peer can cause. Never holds secret values.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string what;      ///< what happened, one clause: "dimension 0 is -2"
  std::string where;     ///< file, field, instruction, peer address; may be empty
  std::string expected;  ///< what would have been right; may be empty
  std::string party;     ///< who is at fault, as a party or node name; empty: the caller or unknown
  std::string hint;      ///< what to do next; may be empty

  /// One line with every part that is set.
  std::string message() const;
  /// The same error seen from further out: `outer` is put before `where`.
  Error in(const std::string& outer) &&;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> fail(ErrorCode code, std::string what, std::string where = {},
                                   std::string expected = {}, std::string party = {}, std::string hint = {}) {
  return std::unexpected(
      Error{code, std::move(what), std::move(where), std::move(expected), std::move(party), std::move(hint)});
}

inline std::unexpected<Error> bad_input(std::string what, std::string where = {}, std::string expected = {}) {
  return fail(ErrorCode::kBadInput, std::move(what), std::move(where), std::move(expected));
}

}  // namespace spud

/// Returns the error of `expression` to the caller, or goes on.
#define SPUD_TRY(expression)                                  \
  do {                                                        \
    if (auto spud_status = (expression); !spud_status) {      \
      return std::unexpected(std::move(spud_status).error()); \
    }                                                         \
  } while (false)

/// `SPUD_ASSIGN(auto x, f());` declares x as the value of f(), or returns its error to the caller.
#define SPUD_ASSIGN(declaration, expression) SPUD_ASSIGN_AT(declaration, expression, __COUNTER__)
#define SPUD_ASSIGN_AT(declaration, expression, n) SPUD_ASSIGN_NAMED(declaration, expression, n)
#define SPUD_ASSIGN_NAMED(declaration, expression, n)           \
  auto spud_result_##n = (expression);                          \
  if (!spud_result_##n) {                                       \
    return std::unexpected(std::move(spud_result_##n).error()); \
  }                                                             \
  declaration = std::move(*spud_result_##n)
