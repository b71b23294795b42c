// SPDX-License-Identifier: Apache-2.0
#include "io/npy.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/limits.hpp"
#include "io/file.hpp"
#include "io/npy_header.hpp"

namespace spud::io {
namespace {

static_assert(std::endian::native == std::endian::little, "literals and .npy files are little-endian");

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kAlignment = 64;  // of the elements in the file, as numpy asks

/// Column-major to row-major.
template <class T>
void reorder(const Shape& shape, const std::byte* from, std::span<T> to) {
  std::vector<std::size_t> index(shape.size());
  std::vector<std::size_t> step(shape.size());
  std::size_t count = 1;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    step[d] = count;
    count *= static_cast<std::size_t>(shape[d]);
  }
  std::size_t at = 0;
  for (auto& element : to) {
    std::memcpy(&element, from + at * sizeof(T), sizeof(T));
    for (std::size_t d = shape.size(); d-- > 0;) {
      at += step[d];
      if (++index[d] < static_cast<std::size_t>(shape[d])) break;
      at -= step[d] * index[d];
      index[d] = 0;
    }
  }
}

void fill(const NpyHeader& header, ByteView elements, Literal& out) {
  switch (byte_width(header.type.dtype)) {
    case 1:
      return reorder(header.type.shape, elements.data(), out.writable<std::uint8_t>());
    case 2:
      return reorder(header.type.shape, elements.data(), out.writable<std::uint16_t>());
    case 4:
      return reorder(header.type.shape, elements.data(), out.writable<std::uint32_t>());
    default:
      return reorder(header.type.shape, elements.data(), out.writable<std::uint64_t>());
  }
}

Result<Literal> parse(ByteView file) {
  if (file.size() < 10 || as_text(file.first(kMagic.size())) != kMagic) {
    return bad_input("not a .npy file", "", "numpy's magic bytes");
  }
  auto byte = [&](std::size_t i) { return static_cast<std::size_t>(file[i]); };
  std::size_t version = byte(6);
  if (version < 1 || version > 3 || byte(7) != 0) {
    return fail(ErrorCode::kUnsupported, "the format's version is not known", "header", "1.0, 2.0 or 3.0");
  }
  std::size_t start = version == 1 ? 10 : 12;
  if (file.size() < start) return bad_input("the file ends within its header", "header");
  std::size_t length = byte(8) | byte(9) << 8;
  if (version > 1) length |= byte(10) << 16 | byte(11) << 24;
  if (length > file.size() - start) return bad_input("the file ends within its header", "header");
  SPUD_ASSIGN(NpyHeader header, parse_npy_header(as_text(file.subspan(start, length))));
  ByteView elements = file.subspan(start + length);
  std::size_t expected = static_cast<std::size_t>(header.type.elements()) * byte_width(header.type.dtype);
  if (elements.size() != expected) {
    return bad_input(to_string(header.type) + " is followed by " + std::to_string(elements.size()) + " bytes",
                     "elements", std::to_string(expected));
  }
  if (header.type.dtype == DType::kPred) {
    auto bad = std::ranges::find_if(elements, [](std::byte b) { return b > std::byte{1}; });
    if (bad != elements.end()) {
      return bad_input(
          "element " + std::to_string(bad - elements.begin()) + " of a bool array is neither 0 nor 1",
          "elements");
    }
  }
  if (header.order == ElementOrder::kRowMajor)
    return Literal(header.type, Bytes(elements.begin(), elements.end()));
  Literal out(header.type);
  fill(header, elements, out);
  return out;
}

}  // namespace

Result<Literal> read_npy(ByteView file, const std::string& where) {
  auto array = parse(file);
  if (!array) return std::unexpected(std::move(array).error().in(where));
  return array;
}

Result<Literal> read_npy_file(const std::string& path) {
  SPUD_ASSIGN(Bytes file, read_file(path, limits::kBytesPerInputFile));
  auto array = read_npy(file, path);
  wipe(file);
  return array;
}

Bytes write_npy(const Literal& array) {
  if (array.dtype() == DType::kBF16) {
    Literal wide(TensorType{DType::kF32, array.shape()});
    for (std::int64_t i = 0; i < array.elements(); ++i) wide.set_float(i, array.float_at(i));
    return write_npy(wide);
  }
  std::string header = format_npy_header(array.type());
  std::size_t unpadded = 10 + header.size() + 1;
  header.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  header += '\n';
  SPUD_CHECK(header.size() < 65536, "the rank limit keeps headers short");
  Bytes out;
  out.reserve(10 + header.size() + array.bytes().size());
  auto append = [&](ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); };
  append(as_bytes(kMagic));
  append(std::array{std::byte{1}, std::byte{0}, static_cast<std::byte>(header.size() & 255),
                    static_cast<std::byte>(header.size() >> 8)});
  append(as_bytes(header));
  append(array.bytes());
  return out;
}

Status write_npy_file(const std::string& path, const Literal& array) {
  return write_file(path, write_npy(array));
}

}  // namespace spud::io
