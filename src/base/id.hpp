// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace spud {

/// A name that cannot be mistaken for a name of another kind. Tag is an empty struct.
template <class Tag>
class StrongId {
 public:
  StrongId() = default;
  explicit StrongId(std::string value) : value_(std::move(value)) {}
  const std::string& str() const { return value_; }
  bool empty() const { return value_.empty(); }
  auto operator<=>(const StrongId&) const = default;

 private:
  std::string value_;
};

using PartyId = StrongId<struct PartyTag>;      ///< an organisation, e.g. "alice"
using NodeId = StrongId<struct NodeTag>;        ///< a process of a party, e.g. "alice-0"
using DeviceId = StrongId<struct DeviceTag>;    ///< a virtual SPU, by the name it was created under
using DatasetId = StrongId<struct DatasetTag>;  ///< a dataset, by the name it was pushed under
using JobId = StrongId<struct JobTag>;          ///< chosen by the client
using UploadId = StrongId<struct UploadTag>;    ///< chosen by the client, one an upload

/// Position of a compute party in a device, 0 … n−1. The last one receives the dealer's corrections.
enum class Rank : unsigned {};
constexpr unsigned index(Rank rank) {
  return static_cast<unsigned>(rank);
}

/// Names that users choose: 1 to 63 of [a-z0-9._-], starting with a letter or digit.
bool is_valid_name(const std::string& name);

}  // namespace spud

template <class Tag>
struct std::hash<spud::StrongId<Tag>> {
  std::size_t operator()(const spud::StrongId<Tag>& id) const { return std::hash<std::string>{}(id.str()); }
};
