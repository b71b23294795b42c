// SPDX-License-Identifier: Apache-2.0
// Threefry 2x32 with 20 rounds and Philox 4x32 with 10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers:
// as easy as 1, 2, 3. SC 2011), with XLA's use of a state of 64-bit words.
#include "compiler/lower/random_bits.hpp"

#include <array>
#include <cstdint>

namespace spud::compiler {
namespace {

using ir::ValueId;
using ops::Opcode;

constexpr std::int64_t kThreefry = 1;

class Generator {
 public:
  Generator(ir::RegionBuilder& builder, const std::string& origin) : builder_(builder), origin_(origin) {}

  std::vector<ValueId> threefry(ValueId state, const TensorType& result) {
    const ValueId key = word(state, 0), counter = word(state, 1);
    if (byte_width(result.dtype) == 8) {
      const Pair parts = halves(key);
      const auto pair = threefry_block(counters(counter, result.shape), parts);
      return {joined({key, advanced(counter, result.elements())}), as_type(whole(pair[0], pair[1]), result)};
    }
    // Both words of a block side by side along one dimension: the first even one, else the longest.
    const Shape shape = result.shape.empty() ? Shape{1} : result.shape;
    const std::size_t split = split_dimension(shape);
    Shape half = shape;
    half[split] = (half[split] + 1) / 2;
    const Pair parts = halves(key);
    const auto pair = threefry_block(counters(counter, half), parts);
    Shape apart = half;
    apart.insert(apart.begin() + static_cast<std::ptrdiff_t>(split) + 1, 1);
    Shape both = apart, rounded = shape;
    both[split + 1] = 2;
    rounded[split] = 2 * half[split];
    const ValueId rows = concatenate({reshape(pair[0], apart), reshape(pair[1], apart)}, split + 1, both);
    const ValueId bits = slice(reshape(rows, rounded), std::vector<std::int64_t>(shape.size(), 0), shape);
    return {joined({key, advanced(counter, element_count(half))}), as_type(bits, result)};
  }

  std::vector<ValueId> philox(ValueId state, const TensorType& result) {
    const ValueId key = word(state, 0), low = word(state, 1);
    const bool is_long = builder_.info(state).type.shape[0] == 3;
    // Without a word for it, the upper half of the counter is the key.
    const ValueId high = is_long ? word(state, 2) : key;
    const std::int64_t per_block = byte_width(result.dtype) == 8 ? 2 : 4;
    const std::int64_t blocks = (result.elements() + per_block - 1) / per_block;
    const ValueId from = filled(low, {blocks}), above = filled(high, {blocks});
    const ValueId lows = add(from, iota({blocks}, 0));
    const ValueId highs = carried(lows, from, above);
    const auto l = halves(lows), h = halves(highs), parts = halves(key);
    const auto block = philox_block({l[0], l[1], h[0], h[1]}, parts);
    std::vector<ValueId> columns;
    for (std::size_t i = 0; i < 4; i += per_block == 2 ? 2 : 1) {
      const ValueId column = per_block == 2 ? whole(block[i], block[i + 1]) : block[i];
      columns.push_back(reshape(column, {blocks, 1}));
    }
    const ValueId rows = concatenate(columns, 1, {blocks, per_block});
    const ValueId bits = slice(reshape(rows, {blocks * per_block}), {0}, {result.elements()});
    const ValueId next = advanced(low, blocks);
    std::vector<ValueId> words{key, next};
    if (is_long) words.push_back(carried(next, low, high));
    return {joined(words), as_type(reshape(bits, result.shape), result)};
  }

 private:
  using Pair = std::array<ValueId, 2>;
  using Block = std::array<ValueId, 4>;

  // By value: what is emitted next moves the types of all values.
  Shape shape(ValueId x) const { return builder_.info(x).type.shape; }
  DType dtype(ValueId x) const { return builder_.info(x).type.dtype; }

  ValueId emit(Opcode opcode, ops::Attributes attributes, std::vector<ValueId> operands, TensorType type) {
    return builder_.add(opcode, std::move(attributes), std::move(operands),
                        {std::move(type), ir::Visibility::kPublic}, origin_);
  }
  ValueId binary(Opcode opcode, ValueId a, ValueId b) {
    return emit(opcode, {}, {a, b}, {dtype(a), shape(a)});
  }
  ValueId add(ValueId a, ValueId b) { return binary(Opcode::kAdd, a, b); }
  ValueId exclusive_or(ValueId a, ValueId b) { return binary(Opcode::kXor, a, b); }

  ValueId constant(DType type, const Shape& to, std::uint64_t value) {
    ops::Attributes attributes;
    attributes.literal = Literal(TensorType{type, {}});
    attributes.literal->set_int(0, static_cast<std::int64_t>(value));
    return filled(emit(Opcode::kConstant, attributes, {}, {type, {}}), to);
  }
  ValueId like(ValueId x, std::uint64_t value) { return constant(dtype(x), shape(x), value); }
  ValueId filled(ValueId scalar, const Shape& to) {
    if (shape(scalar) == to) return scalar;
    return emit(Opcode::kBroadcast, {}, {scalar}, {dtype(scalar), to});
  }
  ValueId iota(const Shape& to, std::int64_t dimension) {
    ops::Attributes attributes;
    attributes.dimensions = {dimension};
    return emit(Opcode::kIota, attributes, {}, {DType::kU64, to});
  }
  ValueId reshape(ValueId x, const Shape& to) {
    if (shape(x) == to) return x;
    return emit(Opcode::kReshape, {}, {x}, {dtype(x), to});
  }
  ValueId concatenate(const std::vector<ValueId>& parts, std::size_t dimension, const Shape& to) {
    ops::Attributes attributes;
    attributes.dimensions = {static_cast<std::int64_t>(dimension)};
    return emit(Opcode::kConcatenate, attributes, parts, {dtype(parts[0]), to});
  }
  ValueId slice(ValueId x, const std::vector<std::int64_t>& start, const Shape& size) {
    if (shape(x) == size) return x;
    ops::Attributes attributes;
    attributes.start = start;
    for (std::size_t d = 0; d < size.size(); ++d) attributes.limit.push_back(start[d] + size[d]);
    attributes.stride.assign(size.size(), 1);
    return emit(Opcode::kSlice, attributes, {x}, {dtype(x), size});
  }
  ValueId convert(ValueId x, DType to) {
    if (dtype(x) == to) return x;
    ops::Attributes attributes;
    attributes.dtype = to;
    return emit(Opcode::kConvert, attributes, {x}, {to, shape(x)});
  }

  /// A word of a state, and a state of words.
  ValueId word(ValueId state, std::int64_t i) { return reshape(slice(state, {i}, {1}), {}); }
  ValueId joined(const std::vector<ValueId>& words) {
    std::vector<ValueId> parts;
    for (ValueId word : words) parts.push_back(reshape(word, {1}));
    return concatenate(parts, 0, {static_cast<std::int64_t>(words.size())});
  }
  ValueId advanced(ValueId counter, std::int64_t by) {
    return add(counter, constant(DType::kU64, {}, static_cast<std::uint64_t>(by)));
  }
  /// The upper half of a counter whose lower one has become `sum`.
  ValueId carried(ValueId sum, ValueId low, ValueId high) {
    ops::Attributes less;
    less.comparison = ops::Comparison::kLt;
    const ValueId wrapped = emit(Opcode::kCompare, less, {sum, low}, {DType::kPred, shape(sum)});
    return add(high, convert(wrapped, DType::kU64));
  }
  /// The counter, counted on in row-major order.
  ValueId counters(ValueId counter, const Shape& to) {
    ValueId out = filled(counter, to);
    std::int64_t step = 1;
    for (std::size_t d = to.size(); d-- > 0;) {
      if (to[d] < 2) continue;
      const ValueId places = iota(to, static_cast<std::int64_t>(d));
      out = add(out, step == 1
                         ? places
                         : binary(Opcode::kMultiply, places, like(places, static_cast<std::uint64_t>(step))));
      step *= to[d];
    }
    return out;
  }
  static std::size_t split_dimension(const Shape& shape) {
    std::size_t longest = 0;
    for (std::size_t d = 0; d < shape.size(); ++d) {
      if (shape[d] % 2 == 0) return d;
      if (shape[d] > shape[longest]) longest = d;
    }
    return longest;
  }

  /// Words of 64 bits as two of 32, lower first, and back.
  Pair halves(ValueId x) {
    const ValueId high = binary(Opcode::kShiftRightLogical, x, like(x, 32));
    return {convert(x, DType::kU32), convert(high, DType::kU32)};
  }
  ValueId whole(ValueId low, ValueId high) {
    const ValueId wide = convert(high, DType::kU64);
    // Bits that do not meet are added: of secrets that is cheaper.
    const ValueId upper = binary(Opcode::kShiftLeft, wide, like(wide, 32));
    return add(convert(low, DType::kU64), upper);
  }
  /// The lower bits of drawn words.
  ValueId as_type(ValueId bits, const TensorType& result) {
    return convert(reshape(bits, result.shape), result.dtype);
  }

  ValueId rotated(ValueId x, std::uint64_t by) {
    const ValueId wrapped = binary(Opcode::kShiftRightLogical, x, like(x, 32 - by));
    return add(binary(Opcode::kShiftLeft, x, like(x, by)), wrapped);
  }

  Pair threefry_block(ValueId counter, Pair key) {
    constexpr std::array<std::array<std::uint64_t, 4>, 2> kRotations{{{13, 15, 26, 6}, {17, 29, 16, 24}}};
    constexpr std::uint64_t kParity = 0x1BD11BDA;
    const Shape to = shape(counter);
    const ValueId parity = exclusive_or(exclusive_or(constant(DType::kU32, {}, kParity), key[0]), key[1]);
    const std::array<ValueId, 3> schedule{filled(key[0], to), filled(key[1], to), filled(parity, to)};
    Pair x = halves(counter);
    x = {add(x[0], schedule[0]), add(x[1], schedule[1])};
    for (std::uint64_t group = 1; group <= 5; ++group) {
      for (auto by : kRotations[(group - 1) % 2]) {
        x[0] = add(x[0], x[1]);
        x[1] = exclusive_or(x[0], rotated(x[1], by));
      }
      x[0] = add(x[0], schedule[group % 3]);
      const ValueId number = like(x[1], group);
      x[1] = add(add(x[1], schedule[(group + 1) % 3]), number);
    }
    return x;
  }

  Block philox_block(Block x, Pair key) {
    constexpr Pair kFactors{0xD2511F53, 0xCD9E8D57}, kSteps{0x9E3779B9, 0xBB67AE85};
    for (int round = 0; round < 10; ++round) {
      Pair product;
      std::array<Pair, 2> words;
      for (std::size_t i = 0; i < 2; ++i) {
        const ValueId wide = convert(x[2 * i], DType::kU64);
        product[i] = binary(Opcode::kMultiply, wide, like(wide, kFactors[i]));
        words[i] = halves(product[i]);
      }
      const ValueId first = filled(key[0], shape(x[1])), second = filled(key[1], shape(x[3]));
      x = {exclusive_or(exclusive_or(words[1][1], x[1]), first), words[1][0],
           exclusive_or(exclusive_or(words[0][1], x[3]), second), words[0][0]};
      for (std::size_t i = 0; i < 2; ++i) key[i] = add(key[i], like(key[i], kSteps[i]));
    }
    return x;
  }

  ir::RegionBuilder& builder_;
  const std::string& origin_;
};

}  // namespace

std::vector<ValueId> random_bits(ir::RegionBuilder& builder, const std::string& origin, ValueId state,
                                 std::int64_t algorithm, const TensorType& result) {
  Generator generator(builder, origin);
  return algorithm == kThreefry ? generator.threefry(state, result) : generator.philox(state, result);
}

}  // namespace spud::compiler
