// SPDX-License-Identifier: Apache-2.0
#include "io/csv.hpp"

#include "base/bytes.hpp"
#include "base/limits.hpp"

namespace spud::io {

CsvReader::~CsvReader() {
  wipe(std::as_writable_bytes(std::span(buffer_)));
}

int CsvReader::peek() {
  if (at_ == filled_) {
    in_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    filled_ = static_cast<std::size_t>(in_.gcount());
    at_ = 0;
    if (filled_ == 0) return kEnd;
  }
  return static_cast<unsigned char>(buffer_[at_]);
}

int CsvReader::take() {
  int c = peek();
  if (c == kEnd) return kEnd;
  ++at_;
  if (c == '\n') ++line_;
  return c;
}

std::unexpected<Error> CsvReader::refused(ErrorCode code, std::string what, std::string expected) const {
  return fail(code, std::move(what), "line " + std::to_string(line_), std::move(expected));
}

Status CsvReader::check_stream() const {
  if (in_.bad()) return refused(ErrorCode::kUnavailable, "the file cannot be read");
  return {};
}

Status CsvReader::skip_mark() {
  started_ = true;
  int first = peek();
  if (first == 0xfe || first == 0xff)
    return refused(ErrorCode::kUnsupported, "the file is not UTF-8", "UTF-8 text");
  if (first != 0xef) return {};
  take();
  if (take() != 0xbb || take() != 0xbf)
    return refused(ErrorCode::kBadInput, "a broken byte order mark", "UTF-8 text");
  return {};
}

Status CsvReader::append(std::string& field, int c) {
  if (c == 0) return refused(ErrorCode::kBadInput, "a NUL byte", "text");
  if (field.size() >= limits::kBytesPerTableField) {
    return refused(ErrorCode::kResource, "a field is too long",
                   "at most " + std::to_string(limits::kBytesPerTableField) + " bytes");
  }
  field.push_back(static_cast<char>(c));
  return {};
}

Status CsvReader::read_quoted(std::string& field, std::uint64_t record_line) {
  take();  // the opening quote
  while (true) {
    int c = take();
    if (c == kEnd) {
      return bad_input("a quoted field is never closed", "the record of line " + std::to_string(record_line),
                       "a closing quote");
    }
    if (c == '"') {
      if (peek() != '"') break;
      take();
    }
    SPUD_TRY(append(field, c));
  }
  int next = peek();
  if (next == ',' || next == '\r' || next == '\n' || next == kEnd) return {};
  return refused(ErrorCode::kBadInput, "text after a closing quote", "a comma or the end of the line");
}

Status CsvReader::read_plain(std::string& field) {
  while (true) {
    int c = peek();
    if (c == ',' || c == '\r' || c == '\n' || c == kEnd) return {};
    if (c == '"') {
      return refused(ErrorCode::kBadInput, "a quote within an unquoted field", "the whole field in quotes");
    }
    take();
    SPUD_TRY(append(field, c));
  }
}

Result<bool> CsvReader::next(CsvRecord& record) {
  if (!started_) SPUD_TRY(skip_mark());
  if (peek() == kEnd) {
    SPUD_TRY(check_stream());
    return false;
  }
  record.line = line_;
  std::size_t count = 0;
  while (true) {
    if (count == limits::kColumnsPerTable) {
      return refused(ErrorCode::kResource, "too many columns",
                     "at most " + std::to_string(limits::kColumnsPerTable));
    }
    if (count == record.fields.size()) record.fields.emplace_back();
    std::string& field = record.fields[count++];
    field.clear();
    SPUD_TRY(peek() == '"' ? read_quoted(field, record.line) : read_plain(field));
    int separator = take();
    if (separator == kEnd) SPUD_TRY(check_stream());
    if (separator == ',') continue;
    if (separator == '\r' && take() != '\n') {
      return refused(ErrorCode::kBadInput, "a lone carriage return", "lines that end in LF or CRLF");
    }
    break;
  }
  record.fields.resize(count);
  return true;
}

}  // namespace spud::io
