// SPDX-License-Identifier: Apache-2.0
#include "service/client/pins.hpp"

#include <fstream>

#include "io/file.hpp"

namespace spud::service::client {

Result<Pins> Pins::read(const std::filesystem::path& file) {
  Pins pins(file);
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return pins;
  std::ifstream in(file);
  std::string line;
  for (unsigned number = 1; std::getline(in, line); ++number) {
    if (line.empty() || line[0] == '#') continue;
    const auto colon = line.find(": ");
    auto digest = colon == std::string::npos ? std::nullopt : Digest::from_hex(line.substr(colon + 2));
    const DeviceId name(line.substr(0, colon == std::string::npos ? 0 : colon));
    if (!digest || !is_valid_name(name.str())) {
      return bad_input("not a pin", file.string() + ", line " + std::to_string(number),
                       "DEVICE: 64 hex digits");
    }
    pins.pins_[name] = *digest;
  }
  if (in.bad()) return bad_input("cannot be read", file.string());
  return pins;
}

Status Pins::check(const Device& device) const {
  const auto where = "device " + device.name.str();
  auto found = pins_.find(device.name);
  if (found == pins_.end()) {
    return fail(ErrorCode::kDenied, "it is not pinned", where, "a pin in " + file_.string(), {},
                "look at it with 'spud device show " + device.name.str() + "', then 'spud device pin " +
                    device.name.str() + "'");
  }
  if (found->second != digest(device)) {
    return fail(ErrorCode::kDenied, "the scheduler shows another device than the one that was pinned", where,
                "digest " + found->second.hex() + ", not " + digest(device).hex(), "the scheduler",
                "nothing was sent; find out who changed it before you pin it again");
  }
  return {};
}

Status Pins::add(const DeviceId& name, const Digest& digest) {
  auto found = pins_.find(name);
  if (found != pins_.end() && found->second != digest) {
    return fail(ErrorCode::kConflict, "device " + name.str() + " is pinned to another digest", file_.string(),
                found->second.hex(), {}, "if you mean it, take that line out of the file first");
  }
  pins_[name] = digest;
  return write();
}

Status Pins::remove(const DeviceId& name) {
  if (pins_.erase(name) == 0) return {};
  return write();
}

Status Pins::write() const {
  std::string text = "# Devices that this client trusts, and their digests: written by 'spud device pin'.\n";
  for (const auto& [name, digest] : pins_) text += name.str() + ": " + digest.hex() + "\n";
  return io::write_file(file_.string(), as_bytes(text));
}

}  // namespace spud::service::client
