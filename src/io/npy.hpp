// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/literal.hpp"

namespace spud::io {

/// Reads an array in numpy's .npy format, versions 1 to 3, in C or Fortran order; the literal is row-major
/// either way. bool, intN, uintN, float16, float32 and float64, little-endian. Refused: other types
/// (kUnsupported), a header that does not describe the bytes that follow it, shapes beyond the limits, a bool
/// that is neither 0 nor 1 (kBadInput). Nothing is allocated that the file's own length does not cover.
/// `where` names the file in errors.
Result<Literal> read_npy(ByteView file, const std::string& where);
Result<Literal> read_npy_file(const std::string& path);

/// Version 1, C order. numpy has no bf16: it is written as float32, which holds each value exactly.
Bytes write_npy(const Literal& array);
Status write_npy_file(const std::string& path, const Literal& array);

}  // namespace spud::io
