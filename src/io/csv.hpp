// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <istream>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace spud::io {

/// One record of a CSV file; the reader reuses it for the next.
struct CsvRecord {
  std::vector<std::string> fields;
  std::uint64_t line = 0;  ///< the physical line that it begins on, from 1
};

/// Reads comma-separated records (RFC 4180) from a stream of any length: quoted fields with "" for a quote,
/// commas and line ends within quotes, LF or CRLF, an UTF-8 byte order mark. Refused by line: a quote within
/// an unquoted field, text after a closing quote, a quote never closed, a lone carriage return, a NUL byte, a
/// field of more than kBytesPerTableField or a record of more than kColumnsPerTable fields (kResource).
/// Errors never show fields. One thread.
class CsvReader {
 public:
  /// `in` must outlive the reader.
  explicit CsvReader(std::istream& in) : in_(in), buffer_(1u << 16) {}
  CsvReader(const CsvReader&) = delete;
  CsvReader& operator=(const CsvReader&) = delete;
  ~CsvReader();

  /// The next record into `record`; false at the end. An empty line is a record of one empty field. After an
  /// error the reader must not be used again.
  Result<bool> next(CsvRecord& record);

 private:
  static constexpr int kEnd = -1;
  int peek();
  int take();
  Status skip_mark();
  Status check_stream() const;  // the end of the data may be a failure to read on
  Status read_quoted(std::string& field, std::uint64_t record_line);
  Status read_plain(std::string& field);
  Status append(std::string& field, int c);
  std::unexpected<Error> refused(ErrorCode code, std::string what, std::string expected = {}) const;

  std::istream& in_;
  std::vector<char> buffer_;
  std::size_t at_ = 0, filled_ = 0;
  std::uint64_t line_ = 1;
  bool started_ = false;
};

}  // namespace spud::io
