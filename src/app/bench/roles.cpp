// SPDX-License-Identifier: Apache-2.0
#include "app/bench/roles.hpp"

namespace spud::app::bench {

std::filesystem::path kept_output(const Deployment& deployment, Rank rank, std::size_t i, Kept kept) {
  return deployment.folder() / ("out" + std::to_string(i) + "." + party_name(index(rank)) +
                                (kept == Kept::kShare ? ".share" : ".public"));
}

service::Device with_addresses(service::Device device, const Json& meet) {
  const auto& addresses = meet.at("addresses");
  for (std::size_t i = 0; i < device.compute.size(); ++i) device.compute[i].address = addresses.at(i);
  if (!device.dealers.empty()) device.dealers.front().address = addresses.at(device.compute.size());
  return device;
}

}  // namespace spud::app::bench
