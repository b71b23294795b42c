// SPDX-License-Identifier: Apache-2.0
#include "system/store/key.hpp"

namespace spud::store {

Key& Key::text(std::string_view component) {
  put_u32(bytes_, static_cast<std::uint32_t>(component.size()));
  ByteView raw = as_bytes(component);
  bytes_.insert(bytes_.end(), raw.begin(), raw.end());
  return *this;
}

Key& Key::number(std::uint64_t component) {
  put_u64(bytes_, component);
  return *this;
}

Result<std::string> KeyReader::text() {
  if (rest_.size() < 4)
    return fail(ErrorCode::kCorrupt, "a stored key ends within the length of a component");
  std::size_t size = get_u32(rest_);
  if (rest_.size() - 4 < size) return fail(ErrorCode::kCorrupt, "a stored key ends within a component");
  std::string component(as_text(rest_.subspan(4, size)));
  rest_ = rest_.subspan(4 + size);
  return component;
}

Result<std::uint64_t> KeyReader::number() {
  if (rest_.size() < 8) return fail(ErrorCode::kCorrupt, "a stored key ends within a number");
  std::uint64_t component = get_u64(rest_);
  rest_ = rest_.subspan(8);
  return component;
}

}  // namespace spud::store
