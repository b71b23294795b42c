// SPDX-License-Identifier: Apache-2.0
#include "io/npy_header.hpp"

#include <array>
#include <charconv>
#include <optional>

#include "base/check.hpp"

namespace spud::io {
namespace {

struct Row {
  std::string_view code;
  DType dtype;
};

// numpy's codes without the byte order.
constexpr std::array<Row, 12> kCodes{{{"b1", DType::kPred},
                                      {"i1", DType::kS8},
                                      {"i2", DType::kS16},
                                      {"i4", DType::kS32},
                                      {"i8", DType::kS64},
                                      {"u1", DType::kU8},
                                      {"u2", DType::kU16},
                                      {"u4", DType::kU32},
                                      {"u8", DType::kU64},
                                      {"f2", DType::kF16},
                                      {"f4", DType::kF32},
                                      {"f8", DType::kF64}}};

Result<DType> parse_descr(std::string_view descr) {
  std::string shown(descr.substr(0, 32));
  if (descr.empty()) return bad_input("the element type is empty", "descr");
  char order = descr[0];
  if (order != '<' && order != '>' && order != '|' && order != '=') {
    return bad_input("the element type '" + shown + "' has no byte order", "descr", "such as '<f4'");
  }
  std::string_view code = descr.substr(1);
  if (code.starts_with('O')) {
    return fail(ErrorCode::kUnsupported, "arrays of Python objects are not data", "descr", "numbers or bool");
  }
  for (const auto& row : kCodes) {
    if (code != row.code) continue;
    if (order == '>' && byte_width(row.dtype) > 1) {
      return fail(ErrorCode::kUnsupported, "the array is big-endian", "descr", "little-endian", "",
                  "convert it: x.astype(x.dtype.newbyteorder('<'))");
    }
    return row.dtype;
  }
  return fail(ErrorCode::kUnsupported, "the element type '" + shown + "' is not supported", "descr",
              "bool, intN, uintN, float16, float32 or float64");
}

/// A cursor over the dictionary's text. Each take_… moves past what it names or leaves the cursor alone.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool take(char c) {
    skip_blanks();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_word(std::string_view word) {
    skip_blanks();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  /// A quoted string without escapes: no valid key or type code has any.
  std::optional<std::string_view> take_string() {
    skip_blanks();
    if (rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"')) return std::nullopt;
    auto end = rest_.find(rest_[0], 1);
    if (end == std::string_view::npos) return std::nullopt;
    auto content = rest_.substr(1, end - 1);
    if (content.find('\\') != std::string_view::npos) return std::nullopt;
    rest_.remove_prefix(end + 1);
    return content;
  }
  std::optional<std::int64_t> take_integer() {
    skip_blanks();
    std::int64_t value = 0;
    auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc{}) return std::nullopt;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    if (rest_.starts_with('L')) rest_.remove_prefix(1);  // written by Python 2
    return value;
  }
  bool at_end() {
    skip_blanks();
    return rest_.empty();
  }
  bool next_is(char c) {
    skip_blanks();
    return rest_.starts_with(c);
  }

 private:
  void skip_blanks() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\n' || rest_[0] == '\t'))
      rest_.remove_prefix(1);
  }
  std::string_view rest_;
};

std::unexpected<Error> malformed(const char* what) {
  return bad_input(what, "header", "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }");
}

Result<Shape> parse_shape(Cursor& cursor) {
  if (!cursor.take('(')) return malformed("the shape is not a tuple");
  Shape shape;
  while (!cursor.take(')')) {
    auto size = cursor.take_integer();
    if (!size) return malformed("a dimension is not an integer");
    shape.push_back(*size);
    if (!cursor.take(',') && !cursor.next_is(')')) return malformed("the shape is not a tuple");
  }
  SPUD_TRY(verify_shape(shape));
  return shape;
}

}  // namespace

Result<NpyHeader> parse_npy_header(std::string_view text) {
  Cursor cursor(text);
  std::optional<DType> dtype;
  std::optional<ElementOrder> order;
  std::optional<Shape> shape;
  if (!cursor.take('{')) return malformed("the header is not a dictionary");
  while (!cursor.take('}')) {
    auto key = cursor.take_string();
    if (!key || !cursor.take(':')) return malformed("the header is not a dictionary");
    if (*key == "descr" && !dtype) {
      if (cursor.next_is('[')) {
        return fail(ErrorCode::kUnsupported, "structured arrays are not supported", "descr",
                    "one element type", "", "save each field as an array of its own");
      }
      auto descr = cursor.take_string();
      if (!descr) return malformed("the element type is not a string");
      SPUD_ASSIGN(dtype, parse_descr(*descr));
    } else if (*key == "fortran_order" && !order) {
      if (cursor.take_word("True")) {
        order = ElementOrder::kColumnMajor;
      } else if (cursor.take_word("False")) {
        order = ElementOrder::kRowMajor;
      } else {
        return malformed("fortran_order is neither True nor False");
      }
    } else if (*key == "shape" && !shape) {
      SPUD_ASSIGN(shape, parse_shape(cursor));
    } else {
      return malformed("a key is unknown or stands twice");
    }
    if (!cursor.take(',') && !cursor.next_is('}')) return malformed("the header is not a dictionary");
  }
  if (!cursor.at_end()) return malformed("something follows the dictionary");
  if (!dtype || !order || !shape) return malformed("descr, fortran_order or shape is missing");
  return NpyHeader{{*dtype, std::move(*shape)}, *order};
}

std::string format_npy_header(const TensorType& type) {
  std::string text = "{'descr': '";
  bool found = false;
  for (const auto& row : kCodes) {
    if (row.dtype != type.dtype) continue;
    text += byte_width(type.dtype) == 1 ? '|' : '<';
    text += row.code;
    found = true;
  }
  SPUD_CHECK(found, "every type but bf16 has a code");
  text += "', 'fortran_order': False, 'shape': (";
  for (auto size : type.shape) text += std::to_string(size) + ",";
  return text + "), }";
}

}  // namespace spud::io
