// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

struct bio_st;

namespace spud::net {

/// Lies between OpenSSL and the socket: OpenSSL takes records from `in` and appends records to `out`, never
/// waiting, so that no system call is made under its lock and many records go into one.
struct RecordBuffer {
  Bytes in;  ///< its size is the room; what is unread lies in [in_begin, in_end)
  std::size_t in_begin = 0;
  std::size_t in_end = 0;
  Bytes out;
};

/// A BIO on `buffer`, which outlives it. Reading from an empty `in` asks for a retry.
bio_st* make_bio(RecordBuffer& buffer);

}  // namespace spud::net
