// SPDX-License-Identifier: Apache-2.0
#include "io/meta.hpp"

#include <charconv>
#include <cmath>

#include <nlohmann/json.hpp>

#include "base/limits.hpp"
#include "io/file.hpp"

namespace spud::io {
namespace {

using Json = nlohmann::json;

constexpr const char* kVisibilities = R"("secret", "public" or "private:<rank>")";
constexpr int kNestingDepth = 64;

/// The member, or null if it is absent or null.
const Json* member(const Json& object, const char* key) {
  auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

/// Parses without exceptions. Nesting is bounded, for the parser's and destructor's sake.
Result<Json> parse_json(std::string_view text) {
  bool too_deep = false;
  auto watch = [&](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > kNestingDepth;
    return depth <= kNestingDepth;
  };
  Json json = Json::parse(text.begin(), text.end(), watch, false);
  if (too_deep)
    return bad_input("the JSON is nested too deeply", "", "at most " + std::to_string(kNestingDepth));
  if (json.is_discarded()) return bad_input("not valid JSON");
  if (!json.is_object()) return bad_input("not a JSON object", "", R"({"inputs": [...]})");
  return json;
}

Status read_visibility(const Json& value, std::size_t parties, MetaInput& out) {
  if (!value.is_string()) return bad_input("not a string", "", kVisibilities);
  const auto& text = value.get_ref<const std::string&>();
  constexpr std::string_view kPrivate = "private:";
  if (text == "secret") {
    out.visibility = InputVisibility::kSecret;
  } else if (text == "public") {
    out.visibility = InputVisibility::kPublic;
  } else if (text.starts_with(kPrivate)) {
    unsigned rank = 0;
    const char* end = text.data() + text.size();
    auto [stop, error] = std::from_chars(text.data() + kPrivate.size(), end, rank);
    if (error == std::errc::result_out_of_range || (error == std::errc{} && stop == end && rank >= parties)) {
      return bad_input("there is no such rank", "", "0 to " + std::to_string(parties - 1));
    }
    if (error != std::errc{} || stop != end) return bad_input("the rank is not a number", "", kVisibilities);
    out.visibility = InputVisibility::kPrivate;
    out.owner = Rank{rank};
  } else {
    return bad_input("unknown visibility", "", kVisibilities);
  }
  return {};
}

Result<Shape> read_shape(const Json& value) {
  if (!value.is_array()) return bad_input("not a list", "", "a list of sizes");
  if (value.size() > limits::kTensorRank) {
    return bad_input("rank " + std::to_string(value.size()), "",
                     "at most " + std::to_string(limits::kTensorRank));
  }
  Shape shape;
  for (const auto& size : value) {
    // Sizes beyond the limit would wrap when read as int64; doubles have no place here.
    if (!size.is_number_integer() || (size.is_number_unsigned() && size.get<std::uint64_t>() > INT64_MAX)) {
      return bad_input("a size is not an integer", "", "a list of sizes");
    }
    shape.push_back(size.get<std::int64_t>());
  }
  SPUD_TRY(verify_shape(shape));
  return shape;
}

Result<std::pair<double, double>> read_range(const Json& value) {
  if (!value.is_array() || value.size() != 2 || !value[0].is_number() || !value[1].is_number()) {
    return bad_input("not a range", "", "[lowest, highest]");
  }
  std::pair<double, double> range{value[0].get<double>(), value[1].get<double>()};
  if (!(range.first <= range.second)) return bad_input("the range is empty", "", "[lowest, highest]");
  return range;
}

Result<double> read_bound(const Json& value) {
  if (!value.is_number()) return bad_input("not a number", "", "0 or more");
  double bound = value.get<double>();
  if (!std::isfinite(bound) || bound < 0) return bad_input("not a tolerance", "", "0 or more");
  return bound;
}

/// The result of `read`, its error placed at `field`.
template <class Outcome>
Outcome at(const std::string& field, Outcome outcome) {
  if (!outcome) return std::unexpected(std::move(outcome).error().in(field));
  return outcome;
}

Result<MetaInput> read_input(const Json& value, const std::string& field, std::size_t parties) {
  if (!value.is_object()) return bad_input("not an object", field, R"({"name": ..., "visibility": ...})");
  MetaInput out;
  const Json* name = member(value, "name");
  if (name == nullptr || !name->is_string() || name->get_ref<const std::string&>().empty()) {
    return bad_input("there is no name", field + ".name", "the name of an array, such as \"in0\"");
  }
  out.name = name->get<std::string>();
  const Json* visibility = member(value, "visibility");
  if (visibility == nullptr) return bad_input("there is no visibility", field + ".visibility", kVisibilities);
  SPUD_TRY(at(field + ".visibility", read_visibility(*visibility, parties, out)));
  if (const Json* dtype = member(value, "dtype")) {
    if (!dtype->is_string())
      return bad_input("not a string", field + ".dtype", "an element type, such as \"float32\"");
    SPUD_ASSIGN(out.dtype, at(field + ".dtype", dtype_from_string(dtype->get<std::string>())));
  }
  if (const Json* shape = member(value, "shape")) {
    SPUD_ASSIGN(out.shape, at(field + ".shape", read_shape(*shape)));
  }
  if (const Json* range = member(value, "range")) {
    SPUD_ASSIGN(out.range, at(field + ".range", read_range(*range)));
  }
  return out;
}

Result<Meta> read(std::string_view text, std::size_t parties) {
  SPUD_ASSIGN(Json json, parse_json(text));
  const Json* inputs = member(json, "inputs");
  if (inputs == nullptr || !inputs->is_array())
    return bad_input("there is no list of inputs", "inputs", "a list");
  if (inputs->size() > limits::kParametersPerProgram) {
    return fail(ErrorCode::kResource, std::to_string(inputs->size()) + " inputs", "inputs",
                "at most " + std::to_string(limits::kParametersPerProgram));
  }
  Meta meta;
  for (std::size_t i = 0; i < inputs->size(); ++i) {
    SPUD_ASSIGN(MetaInput input, read_input((*inputs)[i], "inputs[" + std::to_string(i) + "]", parties));
    for (std::size_t j = 0; j < i; ++j) {
      if (meta.inputs[j].name == input.name) {
        return bad_input("the name is that of input " + std::to_string(j),
                         "inputs[" + std::to_string(i) + "].name", "each name once");
      }
    }
    meta.inputs.push_back(std::move(input));
  }
  if (const Json* tolerance = member(json, "tolerance")) {
    if (!tolerance->is_object())
      return bad_input("not an object", "tolerance", R"({"atol": ..., "rtol": ...})");
    Tolerance out;
    if (const Json* bound = member(*tolerance, "atol")) {
      SPUD_ASSIGN(out.absolute, at("tolerance.atol", read_bound(*bound)));
    }
    if (const Json* bound = member(*tolerance, "rtol")) {
      SPUD_ASSIGN(out.relative, at("tolerance.rtol", read_bound(*bound)));
    }
    meta.tolerance = out;
  }
  return meta;
}

}  // namespace

Result<Meta> read_meta(std::string_view json, const std::string& where, std::size_t parties) {
  SPUD_CHECK(parties > 0, "a device has parties");
  return at(where, read(json, parties));
}

Result<Meta> read_meta_file(const std::string& path, std::size_t parties) {
  SPUD_ASSIGN(Bytes file, read_file(path, limits::kBytesPerMeta));
  return read_meta(as_text(file), path, parties);
}

Status check_inputs(const Meta& meta, std::span<const Literal> arrays, const std::string& where) {
  if (arrays.size() != meta.inputs.size()) {
    return bad_input(std::to_string(arrays.size()) + " arrays", where,
                     std::to_string(meta.inputs.size()) + ", one an input of the metadata");
  }
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    const auto& input = meta.inputs[i];
    TensorType expected{input.dtype.value_or(arrays[i].dtype()), input.shape.value_or(arrays[i].shape())};
    if (arrays[i].type() != expected) {
      return bad_input("the array is " + to_string(arrays[i].type()), where + ": " + input.name,
                       to_string(expected) + ", as the metadata says");
    }
  }
  return {};
}

}  // namespace spud::io
