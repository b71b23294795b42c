// SPDX-License-Identifier: Apache-2.0
#include "service/wire/frame.hpp"

#include <cstring>

#include <capnp/serialize.h>
#include <kj/exception.h>

#include "base/limits.hpp"

namespace spud::service::wire {

Bytes write_message(const std::function<void(capnp::MessageBuilder&)>& fill) {
  capnp::MallocMessageBuilder builder;
  fill(builder);
  auto words = capnp::messageToFlatArray(builder);
  auto bytes = words.asBytes();
  const auto* begin = reinterpret_cast<const std::byte*>(bytes.begin());
  return Bytes(begin, begin + bytes.size());
}

Status read_message(ByteView bytes, const char* kind,
                    const std::function<void(capnp::MessageReader&)>& read) {
  auto refuse = [&](std::string what, std::string expected) {
    return fail(ErrorCode::kPeerFault, std::move(what), kind, std::move(expected));
  };
  if (bytes.empty() || bytes.size() % sizeof(capnp::word) != 0 ||
      bytes.size() > limits::kHeaderBytesPerFrame) {
    return refuse("a message of " + std::to_string(bytes.size()) + " bytes",
                  "whole 8-byte words, at most " + std::to_string(limits::kHeaderBytesPerFrame) + " bytes");
  }
  // Cap'n Proto reads words in place, so they must lie aligned.
  auto words = kj::heapArray<capnp::word>(bytes.size() / sizeof(capnp::word));
  std::memcpy(words.begin(), bytes.data(), bytes.size());
  capnp::ReaderOptions options;
  options.traversalLimitInWords = 2 * words.size() + 64;
  options.nestingLimit = 16;
  try {
    capnp::FlatArrayMessageReader reader(words, options);
    read(reader);
    return {};
  } catch (const Refused& refused) {
    return fail(ErrorCode::kPeerFault, refused.what, std::string(kind) + ": " + refused.field);
  } catch (const kj::Exception&) {
    return refuse("not a well-formed message", "a message of schemas/");
  }
}

void check_version(unsigned version) {
  if (version >= kOldestVersion && version <= kVersion) return;
  throw Refused{"version", "the sender speaks version " + std::to_string(version) + ", this build " +
                               std::to_string(kOldestVersion) + " to " + std::to_string(kVersion)};
}

}  // namespace spud::service::wire
