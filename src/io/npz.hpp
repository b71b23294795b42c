// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/literal.hpp"

namespace spud::io {

/// Arrays of a .npz archive by name, without ".npy".
using NamedLiterals = std::map<std::string, Literal>;

/// Reads every array of numpy's .npz: a zip of .npy members, stored or deflated. Refused before a member is
/// unpacked: more than kParametersPerProgram members, other compressions, encryption, members that are not
/// .npy, names that stand twice, and a total size, as the archive declares it, above `max_bytes` (kResource)
/// or beyond what deflate can reach. A member that unpacks to another size than declared or fails its
/// checksum is refused too.
Result<NamedLiterals> read_npz(ByteView file, const std::string& where, std::size_t max_bytes);
Result<NamedLiterals> read_npz_file(const std::string& path);

/// The arrays prefix0, prefix1, … in order; refused if there are others or a number is missing.
Result<std::vector<Literal>> in_order(NamedLiterals arrays, const std::string& prefix,
                                      const std::string& where);

enum class Compression { kStored, kDeflated };

/// The same arrays give the same bytes: members carry no time.
Result<Bytes> write_npz(const NamedLiterals& arrays, Compression compression);
Status write_npz_file(const std::string& path, const NamedLiterals& arrays, Compression compression);

/// Names arrays prefix0, prefix1, …
NamedLiterals numbered(std::span<const Literal> arrays, const std::string& prefix);

}  // namespace spud::io
