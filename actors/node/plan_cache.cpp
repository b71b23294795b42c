// SPDX-License-Identifier: Apache-2.0
#include "actors/node/plan_cache.hpp"

#include "system/crypto/sha256.hpp"

namespace spud::actors {

namespace {

/// Hashes values one after the other, each with its length, so that no two lists look alike.
class Key {
 public:
  void add(ByteView bytes) {
    add(bytes.size());
    hash_.update(bytes);
  }
  void add(std::uint64_t number) {
    std::array<std::byte, 8> bytes;
    for (auto& byte : bytes) byte = std::byte(number), number >>= 8;
    hash_.update(bytes);
  }
  Digest finish() { return hash_.finish(); }

 private:
  crypto::Sha256 hash_;
};

/// All that plan_for() reads, but for what only its errors tell.
Digest key_of(const service::Device& device, Rank own, ByteView program,
              const std::vector<PlannedInput>& inputs) {
  Key key;
  key.add(service::digest(device).bytes);
  key.add(index(own));
  key.add(program);
  key.add(inputs.size());
  for (const auto& input : inputs) {
    // What is added to an input is added here: this stops compiling.
    const auto& [type, open, keeper] = input;
    key.add(static_cast<std::uint64_t>(type.dtype));
    key.add(type.shape.size());
    for (auto extent : type.shape) key.add(static_cast<std::uint64_t>(extent));
    key.add(open ? 1 : 0);
    key.add(keeper ? 1 + index(*keeper) : 0);
    if (open) key.add(open->bytes());
  }
  return key.finish();
}

}  // namespace

Result<PlanCache::Answer> PlanCache::plan_for(const service::Device& device, Rank own, ByteView program,
                                              const std::vector<PlannedInput>& inputs,
                                              const std::string& where, const Clock& clock) {
  const auto began = clock.now();
  auto taken = [&] { return std::chrono::duration<double>(clock.now() - began).count(); };
  const auto key = key_of(device, own, program, inputs);
  if (auto found = find(key)) return Answer{std::move(found), taken()};
  SPUD_ASSIGN(auto compiled, actors::plan_for(device, own, program, inputs, where));
  auto planned = std::make_shared<const Planned>(std::move(compiled));
  keep(key, planned, kPlanPerProgram * program.size() + planned->demand.size());
  return Answer{std::move(planned), taken()};
}

std::shared_ptr<const Planned> PlanCache::find(const Digest& key) {
  std::lock_guard lock(mutex_);
  const auto found = kept_.find(key);
  if (found == kept_.end()) return nullptr;
  by_use_.splice(by_use_.begin(), by_use_, found->second.place);
  return found->second.planned;
}

void PlanCache::keep(const Digest& key, std::shared_ptr<const Planned> planned, std::size_t bytes) {
  std::lock_guard lock(mutex_);
  // Another attempt may have compiled the same meanwhile.
  if (bytes > bounds_.bytes || bounds_.plans == 0 || kept_.contains(key)) return;
  while (kept_.size() >= bounds_.plans || bytes_ + bytes > bounds_.bytes) {
    const auto oldest = kept_.find(by_use_.back());
    bytes_ -= oldest->second.bytes;
    kept_.erase(oldest);
    by_use_.pop_back();
  }
  by_use_.push_front(key);
  kept_.emplace(key, Kept{std::move(planned), bytes, by_use_.begin()});
  bytes_ += bytes;
}

std::size_t PlanCache::size() const {
  std::lock_guard lock(mutex_);
  return kept_.size();
}

}  // namespace spud::actors
