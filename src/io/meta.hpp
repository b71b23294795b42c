// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/id.hpp"
#include "base/literal.hpp"

namespace spud::io {

enum class InputVisibility { kPublic, kSecret, kPrivate };

/// What a META.json says of one input.
struct MetaInput {
  std::string name;  ///< of the array: in0, in1, …
  InputVisibility visibility = InputVisibility::kSecret;
  std::optional<Rank> owner{};                       ///< of a private input: the rank that knows it
  std::optional<DType> dtype{};                      ///< checked against the array if given
  std::optional<Shape> shape{};                      ///< likewise
  std::optional<std::pair<double, double>> range{};  ///< lowest and highest value to draw for benchmarks
};

/// How far an output may lie from the expected one: atol + rtol · |expected|.
struct Tolerance {
  double absolute = 0;
  double relative = 0;
};

struct Meta {
  std::vector<MetaInput> inputs;  ///< in the order of the program's parameters
  std::optional<Tolerance> tolerance;
};

/// Reads META.json: {"inputs": [{"name", "visibility": "secret" | "public" | "private:<rank>", …}, …], …}.
/// Unknown keys are ignored. Errors name `where` and the field, as in "inputs[2].visibility". A rank of
/// `parties` or more is refused.
Result<Meta> read_meta(std::string_view json, const std::string& where, std::size_t parties);
Result<Meta> read_meta_file(const std::string& path, std::size_t parties);

/// Whether there is one array an input, of the type and shape that the metadata says, if it does.
Status check_inputs(const Meta& meta, std::span<const Literal> arrays, const std::string& where);

}  // namespace spud::io
