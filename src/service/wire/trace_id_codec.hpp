// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include <capnp/common.h>

#include "service/trace/context.hpp"
#include "service/wire/control_codec.hpp"

namespace spud::service::wire {

/// An id of a trace or span on the wire; empty: none.
template <class Id>
capnp::Data::Reader id_data(const Id& id) {
  return id.is_set() ? data_of(ByteView(id.bytes)) : capnp::Data::Reader();
}
template <class Id>
Id read_id(const char* field, capnp::Data::Reader data) {
  Id id;
  if (data.size() == 0) return id;
  if (data.size() != id.bytes.size())
    throw Refused{field, std::to_string(data.size()) + " bytes, not " + std::to_string(id.bytes.size())};
  std::copy_n(reinterpret_cast<const std::byte*>(data.begin()), id.bytes.size(), id.bytes.begin());
  return id;
}

}  // namespace spud::service::wire
