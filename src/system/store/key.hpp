// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace spud::store {

/// Builds keys out of components so that no key is a prefix of another by accident: ("job", "a") does not
/// match
/// ("job", "ab"). A text is its length (u32, big-endian) and its bytes; a number is 8 bytes, big-endian.
/// Numbers sort by value. Texts sort by length first, so a scan groups equal texts but does not alphabetise.
class Key {
 public:
  Key() = default;
  /// A key that starts with these texts: Key("job", id.str()).
  template <class... Text>
  explicit Key(std::string_view first, const Text&... rest) {
    text(first);
    (text(rest), ...);
  }
  Key& text(std::string_view component);
  Key& number(std::uint64_t component);
  ByteView view() const { return bytes_; }
  operator ByteView() const {
    return bytes_;
  }  // NOLINT(google-explicit-constructor): every call takes a view

 private:
  Bytes bytes_;
};

/// Takes a key apart again, component by component. kCorrupt if the key is shorter than its components say.
class KeyReader {
 public:
  explicit KeyReader(ByteView key) : rest_(key) {}
  Result<std::string> text();
  Result<std::uint64_t> number();
  bool at_end() const { return rest_.empty(); }

 private:
  ByteView rest_;
};

}  // namespace spud::store
