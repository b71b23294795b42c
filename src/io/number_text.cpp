// SPDX-License-Identifier: Apache-2.0
#include "io/number_text.hpp"

#include <charconv>
#include <cmath>
#include <limits>

namespace spud::io {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::unexpected<Error> out_of_range(DType dtype) {
  return bad_input("the number is out of range", "", std::string("a value of type ") + to_string(dtype));
}
std::unexpected<Error> not_a_number(const char* expected) {
  return bad_input("not a number", "", expected);
}

/// from_chars reports numbers too small for the type like those too large; the former are zero.
template <class T>
Result<T> parse_float(std::string_view text, DType dtype) {
  T value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::invalid_argument || end != text.data() + text.size())
    return not_a_number("a decimal number");
  if (error == std::errc::result_out_of_range) {
    long double wide = 0;
    auto again = std::from_chars(text.data(), text.data() + text.size(), wide);
    if (again.ec != std::errc{} || std::fabs(wide) > 1) return out_of_range(dtype);
    return static_cast<T>(wide);
  }
  if (!std::isfinite(value)) return bad_input("the value is not finite", "", "a decimal number");
  return value;
}

template <class T>
Status parse_integer(std::string_view text, Literal& out, std::int64_t element) {
  T value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) {
    return not_a_number(std::is_signed_v<T> ? "an integer" : "an integer, 0 or more");
  }
  if (error == std::errc::result_out_of_range) return out_of_range(out.dtype());
  out.writable<T>()[static_cast<std::size_t>(element)] = value;
  return {};
}

Status parse_pred(std::string_view text, Literal& out, std::int64_t element) {
  bool yes = text == "1" || text == "true" || text == "True";
  if (!yes && text != "0" && text != "false" && text != "False")
    return bad_input("not a pred", "", "0, 1, true or false");
  out.set_int(element, yes);
  return {};
}

/// f16 and bf16 by way of double: their own rounding, then a look at whether it overflowed.
Status parse_narrow(std::string_view text, Literal& out, std::int64_t element) {
  SPUD_ASSIGN(double value, parse_float<double>(text, out.dtype()));
  out.set_float(element, value);
  if (!std::isfinite(out.float_at(element))) return out_of_range(out.dtype());
  return {};
}

}  // namespace

Status parse_element(std::string_view text, Literal& out, std::int64_t element) {
  text = trimmed(text);
  if (text.empty()) return bad_input("the value is missing", "", "a number in every row");
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  switch (out.dtype()) {
    case DType::kPred:
      return parse_pred(text, out, element);
    case DType::kS8:
      return parse_integer<std::int8_t>(text, out, element);
    case DType::kS16:
      return parse_integer<std::int16_t>(text, out, element);
    case DType::kS32:
      return parse_integer<std::int32_t>(text, out, element);
    case DType::kS64:
      return parse_integer<std::int64_t>(text, out, element);
    case DType::kU8:
      return parse_integer<std::uint8_t>(text, out, element);
    case DType::kU16:
      return parse_integer<std::uint16_t>(text, out, element);
    case DType::kU32:
      return parse_integer<std::uint32_t>(text, out, element);
    case DType::kU64:
      return parse_integer<std::uint64_t>(text, out, element);
    case DType::kF16:
    case DType::kBF16:
      return parse_narrow(text, out, element);
    case DType::kF32: {
      SPUD_ASSIGN(out.writable<float>()[static_cast<std::size_t>(element)],
                  parse_float<float>(text, out.dtype()));
      return {};
    }
    case DType::kF64: {
      SPUD_ASSIGN(out.writable<double>()[static_cast<std::size_t>(element)],
                  parse_float<double>(text, out.dtype()));
      return {};
    }
  }
  SPUD_CHECK(false, "an element type is one of the enumerators");
}

}  // namespace spud::io
