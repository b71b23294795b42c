// SPDX-License-Identifier: Apache-2.0
#include "service/client/push.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "service/client/datasets.hpp"
#include "service/node/upload_book.hpp"
#include "system/crypto/sha256.hpp"

namespace spud::service::client {

namespace {

using node::kChunkBytes;

constexpr Millis kFirstPause{50}, kLongestPause{2000};

/// Runs `step` again while the node is out of reach, for as long as the client is to wait for it: a node that
/// is restarted is back in seconds. Every step of an upload may be repeated, and goes on where the node's
/// answer says; `moved` tells whether the last try has come further than the one before.
template <class Step, class Moved>
auto retrying(const Client& client, const Step& step, const Moved& moved) {
  const SystemClock clock;
  auto since = clock.now();
  Millis pause = kFirstPause;
  for (;;) {
    auto result = step();
    if (result || !is_out_of_reach(result.error())) return result;
    if (moved()) {
      since = clock.now();
      pause = kFirstPause;
    }
    if (clock.now() + pause - since > client.retry_for()) return result;
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, kLongestPause);
  }
}
template <class Step>
auto retrying(const Client& client, const Step& step) {
  return retrying(client, step, [] { return false; });
}

/// One node's part of an upload: announces it, then sends what the node does not have yet.
Status send_share(Client& client, const Member& node, const wire::PrepareUpload& prepare, ByteView data,
                  const Progress& progress) {
  std::uint64_t furthest = 0, before = 0;
  const auto moved = [&] { return furthest > std::exchange(before, furthest); };
  const auto step = [&]() -> Status {
    SPUD_ASSIGN(auto state,
                client.node<wire::UploadState>(node, prepare, prepare.seeded ? data : ByteView()));
    if (prepare.seeded) return {};
    while (state.received < data.size() || data.empty()) {
      progress("share of " + node.node.str(), state.received, data.size());
      furthest = std::max(furthest, state.received);
      const auto at = state.received;
      const auto chunk = data.subspan(at, std::min<std::size_t>(kChunkBytes, data.size() - at));
      SPUD_ASSIGN(state, client.node<wire::UploadState>(node, wire::UploadChunk{prepare.statement.upload, at},
                                                        chunk));
      if (data.empty()) break;
      if (state.received <= at) {
        return fail(ErrorCode::kPeerFault, "takes no bytes", "node " + node.node.str(), {}, node.party.str());
      }
    }
    progress("share of " + node.node.str(), data.size(), data.size());
    return {};
  };
  return retrying(client, step, moved);
}

/// Takes an upload back wherever it can be reached; the error that led here is the one that counts.
void take_back(Client& client, const Device& device, const Statement& statement) {
  for (const auto& node : device.compute) {
    (void)client.node<wire::Done>(node, wire::AbortUpload{statement.upload});
  }
}

Status commit_everywhere(Client& client, const Device& device, const Statement& statement) {
  for (std::size_t i = 0; i < device.compute.size(); ++i) {
    auto committed = retrying(client, [&] {
      return client.node<wire::Done>(device.compute[i], wire::CommitUpload{statement.upload});
    });
    if (committed) continue;
    auto error = std::move(committed).error();
    // On all nodes or on none: those that have committed drop it again.
    for (std::size_t j = 0; j < i; ++j) {
      auto dropped = client.node<wire::Done>(
          device.compute[j], wire::DropData{statement.dataset, statement.device, statement.upload});
      if (!dropped) error.hint = "spud data drop " + statement.dataset.str() + " before you push it again";
    }
    return std::unexpected(std::move(error));
  }
  return {};
}

}  // namespace

Result<std::string> fresh_id(const std::string& prefix, Random& random) {
  Bytes bytes(8);
  SPUD_TRY(random.fill(bytes));
  return prefix + to_hex(bytes);
}

Result<Statement> push(Client& client, const Device& device, const PushOrder& order, Random& random,
                       const Progress& progress) {
  std::vector<PartyId> holders;
  for (const auto& member : device.compute) holders.push_back(member.party);
  SPUD_TRY(allows_holders(order.policy, holders, order.name.str()));
  SPUD_ASSIGN(const auto keeper, keeper_of(device, client.self().party));
  SPUD_TRY(retrying(client, [&] { return sweep_remains(client, device, order.name); }));

  SPUD_ASSIGN(auto upload, fresh_id("u-", random));
  SPUD_ASSIGN(const auto parcels, pack(order, device, keeper, client.self(), UploadId(upload), random));
  const auto& statement = parcels.statement;

  wire::PrepareUpload prepare;
  prepare.statement = statement;
  prepare.certificate = client.tls().certificate().pem();
  SPUD_ASSIGN(prepare.signature, crypto::sign(client.key(), node::signed_message(statement)));
  Status sent;
  for (unsigned i = 0; sent && i < device.parties(); ++i) {
    prepare.rank = Rank{i};
    prepare.seeded = parcels.seeded(Rank{i});
    sent = send_share(client, device.compute[i], prepare, parcels.data[i].view(), progress);
  }
  if (sent) sent = commit_everywhere(client, device, statement);
  if (!sent) {
    take_back(client, device, statement);
    return std::unexpected(std::move(sent).error());
  }
  return statement;
}

Result<Digest> push_blob(Client& client, const Device& device, wire::BlobKind kind, ByteView bytes,
                         const Progress& progress) {
  const auto digest = crypto::sha256(bytes);
  for (const auto& node : device.compute) {
    SPUD_TRY(retrying(client, [&]() -> Status {
      wire::BlobChunk chunk{kind, digest, bytes.size(), 0};
      // An empty chunk asks how much the node has.
      SPUD_ASSIGN(auto state, client.node<wire::BlobState>(node, chunk));
      while (state.received < bytes.size()) {
        chunk.offset = state.received;
        progress("bytes to " + node.node.str(), chunk.offset, bytes.size());
        const auto part =
            bytes.subspan(chunk.offset, std::min<std::size_t>(kChunkBytes, bytes.size() - chunk.offset));
        SPUD_ASSIGN(state, client.node<wire::BlobState>(node, chunk, part));
        if (state.received <= chunk.offset) {
          return fail(ErrorCode::kPeerFault, "takes no bytes", "node " + node.node.str(), {},
                      node.party.str());
        }
      }
      progress("bytes to " + node.node.str(), bytes.size(), bytes.size());
      return {};
    }));
  }
  return digest;
}

}  // namespace spud::service::client
