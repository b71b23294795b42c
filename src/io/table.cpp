// SPDX-License-Identifier: Apache-2.0
#include "io/table.hpp"

#include <algorithm>
#include <fstream>
#include <numeric>

#include "base/limits.hpp"
#include "io/csv.hpp"
#include "io/number_text.hpp"
#include "system/crypto/sha256.hpp"

namespace spud::io {
namespace {

/// Which fields of a record are values and which is the id.
struct Selection {
  std::vector<std::size_t> values;
  std::vector<std::string> names;
  std::optional<std::size_t> id;
  std::size_t width = 0;
};

Result<std::size_t> find_column(const std::vector<std::string>& header, const std::string& name) {
  auto found = std::ranges::find(header, name);
  if (found == header.end())
    return bad_input("there is no such column", "column '" + name + "'", "a name of the header");
  return static_cast<std::size_t>(found - header.begin());
}

Status refuse_repeated(std::vector<std::string> names) {
  std::ranges::sort(names);
  auto twice = std::ranges::adjacent_find(names);
  if (twice != names.end())
    return bad_input("the column stands twice", "column '" + *twice + "'", "each name once");
  return {};
}

Result<Selection> select_columns(const std::vector<std::string>& header, const TableOptions& options) {
  SPUD_TRY(refuse_repeated(header));
  SPUD_TRY(refuse_repeated(options.columns));
  Selection out;
  out.width = header.size();
  if (options.id_column) {
    SPUD_ASSIGN(out.id, find_column(header, *options.id_column));
  }
  for (const auto& name : options.columns) {
    SPUD_ASSIGN(std::size_t column, find_column(header, name));
    if (out.id == column) return bad_input("the id column is not a value", "column '" + name + "'");
    out.values.push_back(column);
  }
  if (options.columns.empty()) {
    for (std::size_t i = 0; i < header.size(); ++i) {
      if (out.id != i) out.values.push_back(i);
    }
  }
  if (out.values.empty()) return bad_input("no column is selected", "", "at least one beside the id column");
  for (auto i : out.values) out.names.push_back(header[i]);
  return out;
}

std::string line_of(std::uint64_t line) {
  return "line " + std::to_string(line);
}

/// Ids with the lines they stand on, to tell which two are equal without naming them.
Status refuse_repeated_ids(const std::vector<std::string>& ids, const std::vector<std::uint64_t>& lines) {
  std::vector<std::size_t> order(ids.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return ids[a] < ids[b]; });
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (ids[order[i]] == ids[order[i - 1]]) {
      return bad_input("the id is that of line " + std::to_string(lines[order[i - 1]]),
                       line_of(lines[order[i]]), "each id once");
    }
  }
  return {};
}

Result<Table> read(std::istream& in, const TableOptions& options) {
  CsvReader reader(in);
  CsvRecord record;
  SPUD_ASSIGN(bool found, reader.next(record));
  if (!found) return bad_input("the file is empty", "", "a header row");
  SPUD_ASSIGN(Selection selection, select_columns(record.fields, options));

  const auto columns = static_cast<std::int64_t>(selection.values.size());
  Literal row(TensorType{options.dtype, {columns}});
  Bytes values;
  std::vector<std::string> ids;
  std::vector<std::uint64_t> id_lines;
  std::int64_t rows = 0;
  std::optional<std::uint64_t> blank;
  while (true) {
    SPUD_ASSIGN(bool more, reader.next(record));
    if (!more) break;
    if (blank) return bad_input("the line is blank", line_of(*blank), "blank lines at the end only");
    if (record.fields.size() == 1 && record.fields[0].empty()) {
      blank = record.line;
      continue;
    }
    if (record.fields.size() != selection.width) {
      return bad_input(std::to_string(record.fields.size()) + " fields", line_of(record.line),
                       std::to_string(selection.width) + ", as the header has");
    }
    if (rows >= limits::kElementsPerTensor / columns) {
      return fail(ErrorCode::kResource, "the table has too many elements", line_of(record.line),
                  "at most " + std::to_string(limits::kElementsPerTensor));
    }
    for (std::size_t i = 0; i < selection.values.size(); ++i) {
      auto parsed = parse_element(record.fields[selection.values[i]], row, static_cast<std::int64_t>(i));
      if (!parsed) {
        return std::unexpected(
            std::move(parsed).error().in(line_of(record.line) + ", column '" + selection.names[i] + "'"));
      }
    }
    values.insert(values.end(), row.bytes().begin(), row.bytes().end());
    if (selection.id) {
      std::string& id = record.fields[*selection.id];
      if (id.empty()) return bad_input("the id is missing", line_of(record.line), "an id in every row");
      ids.push_back(id);
      id_lines.push_back(record.line);
    }
    ++rows;
  }
  SPUD_TRY(refuse_repeated_ids(ids, id_lines));
  Table table{
      Literal(TensorType{options.dtype, {rows, columns}}, std::move(values)), std::move(selection.names), {}};
  if (selection.id) table.row_ids = row_id_digest(ids);
  return table;
}

}  // namespace

Result<Table> read_table(std::istream& in, const std::string& where, const TableOptions& options) {
  auto table = read(in, options);
  if (!table) return std::unexpected(std::move(table).error().in(where));
  return table;
}

Result<Table> read_table_file(const std::string& path, const TableOptions& options) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(ErrorCode::kNotFound, "cannot open the file", path);
  return read_table(in, path, options);
}

Digest row_id_digest(std::span<const std::string> ids) {
  crypto::Sha256 digest;
  for (const auto& id : ids) {
    Bytes length;
    put_u64(length, id.size());
    digest.update(length);
    digest.update(as_bytes(id));
  }
  return digest.finish();
}

}  // namespace spud::io
