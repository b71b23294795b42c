// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <istream>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/literal.hpp"

namespace spud::io {

struct TableOptions {
  std::vector<std::string> columns{};  ///< in this order; empty: all but the id column, in the file's order
  std::optional<std::string> id_column{};  ///< row ids, kept out of the values
  DType dtype = DType::kF32;               ///< of all values
};

/// Columns of a table as one tensor.
struct Table {
  Literal values;  ///< [rows, columns]
  std::vector<std::string> columns;
  std::optional<Digest> row_ids;  ///< row_id_digest of the id column, if one was named
};

/// Reads a CSV file with a header row, as a stream. Every selected field must be a finite number of the
/// type's range (integers without a fraction; pred: 0, 1, true, false); blanks around it are ignored. Refused
/// by line (from 1) and column: missing values, NaN, infinities, text, numbers out of range, rows of another
/// width than the header, empty and repeated ids, repeated or unknown columns, blank lines but at the end.
/// Errors never show values or ids.
Result<Table> read_table(std::istream& in, const std::string& where, const TableOptions& options);
Result<Table> read_table_file(const std::string& path, const TableOptions& options);

/// SHA-256 over the ids in order, each preceded by its length in bytes as 8 bytes big-endian. Datasets may be
/// joined row by row only if their digests are equal.
Digest row_id_digest(std::span<const std::string> ids);

}  // namespace spud::io
