// SPDX-License-Identifier: Apache-2.0
#include "service/client/parcels.hpp"

#include <algorithm>

#include "io/encode.hpp"
#include "io/split.hpp"
#include "system/crypto/sha256.hpp"

namespace spud::service::client {

namespace {

Status put_shares(Parcels& parcels, const io::Encoded& encoded, std::size_t parties, Random& random) {
  SPUD_ASSIGN(auto split, io::split(encoded, parties, random));
  parcels.statement.shares = split.digests;
  for (const auto& seed : split.seeds) {
    const auto view = seed.view();
    parcels.data.emplace_back(Bytes(view.begin(), view.end()));
  }
  parcels.data.emplace_back(std::move(split.last.data));
  return {};
}

Status put_private(Parcels& parcels, const Literal& values, Rank keeper, std::size_t parties,
                   Random& random) {
  for (std::size_t i = 0; i < parties; ++i) {
    const ByteView plain = i == index(keeper) ? values.bytes() : ByteView();
    const std::size_t salt = i == index(keeper) ? kSaltBytes : 0;
    io::SecretBytes data(salt + plain.size());
    SPUD_TRY(random.fill(data.writable().first(salt)));
    std::ranges::copy(plain, data.writable().begin() + static_cast<std::ptrdiff_t>(salt));
    parcels.statement.shares.push_back(crypto::sha256(data.view()));
    parcels.data.push_back(std::move(data));
  }
  return {};
}

}  // namespace

Result<std::optional<Rank>> keeper_of(const Device& device, const PartyId& owner) {
  if (device.layout == Layout::kOutsourcing) return std::nullopt;
  for (unsigned i = 0; i < device.parties(); ++i) {
    if (device.compute[i].party == owner) return Rank{i};
  }
  if (device.layout == Layout::kHybrid) return std::nullopt;
  std::string parties;
  for (const auto& member : device.compute) parties += (parties.empty() ? "" : ", ") + member.party.str();
  return fail(ErrorCode::kDenied, owner.str() + " runs no node of it", "device " + device.name.str(),
              "a party that computes: " + parties, owner.str(),
              "a device of layout hybrid takes shares from parties that do not compute");
}

Result<Parcels> pack(const PushOrder& order, const Device& device, std::optional<Rank> keeper,
                     const crypto::Identity& signer, const UploadId& upload, Random& random) {
  const auto format = alu::element_format(order.values.dtype(), device.format);
  // Private data too has to fit the device's numbers: it meets others' in them.
  SPUD_ASSIGN(auto encoded, io::encode(order.values, format));
  Parcels parcels;
  auto& statement = parcels.statement;
  statement.upload = upload;
  statement.dataset = order.name;
  statement.device = digest(device);
  statement.owner = signer.party;
  statement.signer = signer.uri();
  statement.type = order.values.type();
  statement.format = format;
  statement.row_ids = order.row_ids;
  statement.keeper = keeper;
  statement.policy = order.policy;
  SPUD_TRY(keeper ? put_private(parcels, order.values, *keeper, device.parties(), random)
                  : put_shares(parcels, encoded, device.parties(), random));
  SPUD_TRY(verify(statement));
  return parcels;
}

}  // namespace spud::service::client
