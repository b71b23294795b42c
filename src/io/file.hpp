// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace spud::io {

/// The whole file. kNotFound if there is none; kResource if it is longer than `max_bytes`, before anything is
/// allocated.
Result<Bytes> read_file(const std::string& path, std::size_t max_bytes);

/// Writes beside `path` and renames, so that a reader sees the old file or the new one, never a part. Only
/// the user may read the new file: results can be confidential.
Status write_file(const std::string& path, ByteView content);

}  // namespace spud::io
