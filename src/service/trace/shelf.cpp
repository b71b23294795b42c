// SPDX-License-Identifier: Apache-2.0
#include "service/trace/shelf.hpp"

namespace spud::service::trace {

void Shelf::remove(const Name& name) {
  const auto found = kept_.find(name);
  if (found == kept_.end()) return;
  bytes_ -= found->second.bytes;
  by_age_.erase({found->second.ended, name});
  kept_.erase(found);
}

std::vector<Name> Shelf::put(const Name& name, std::uint64_t bytes, std::int64_t ended_unix_millis) {
  remove(name);
  kept_[name] = {bytes, ended_unix_millis};
  by_age_.emplace(ended_unix_millis, name);
  bytes_ += bytes;
  std::vector<Name> gone;
  while (bytes_ > bounds_.bytes) {
    gone.push_back(by_age_.begin()->second);
    remove(gone.back());
  }
  return gone;
}

std::vector<Name> Shelf::expire(std::int64_t unix_millis) {
  std::vector<Name> gone;
  while (!by_age_.empty() && by_age_.begin()->first + bounds_.keep.count() <= unix_millis) {
    gone.push_back(by_age_.begin()->second);
    remove(gone.back());
  }
  return gone;
}

}  // namespace spud::service::trace
