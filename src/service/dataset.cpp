// SPDX-License-Identifier: Apache-2.0
#include "service/dataset.hpp"

#include "base/limits.hpp"

namespace spud::service {

Fields describe(const Statement& statement) {
  Fields fields{{"upload", statement.upload.str()},
                {"dataset", statement.dataset.str()},
                {"device", statement.device.hex()},
                {"owner", statement.owner.str()},
                {"signer", statement.signer},
                {"type", to_string(statement.type)},
                {"share ring bits", std::to_string(statement.format.ring_bits)},
                {"share fraction bits", std::to_string(statement.format.fraction_bits)},
                {"share kind", statement.format.boolean ? "boolean" : "arithmetic"},
                {"row ids", statement.row_ids ? statement.row_ids->hex() : "none"}};
  for (std::size_t i = 0; i < statement.shares.size(); ++i) {
    fields.push_back({"share " + std::to_string(i), statement.shares[i].hex()});
  }
  if (statement.keeper) fields.push_back({"kept by rank", std::to_string(index(*statement.keeper))});
  for (auto& field : describe(statement.policy)) fields.push_back(std::move(field));
  return fields;
}

std::uint64_t bytes_at(const Statement& statement, Rank rank) {
  if (!statement.keeper) return alu::stored_bytes(statement.type, statement.format);
  if (*statement.keeper != rank) return 0;
  return kSaltBytes +
         static_cast<std::uint64_t>(statement.type.elements()) * byte_width(statement.type.dtype);
}

Digest digest(const Statement& statement) {
  return digest_fields("dataset statement", describe(statement));
}

Status verify(const Statement& statement) {
  const std::string where = "dataset " + statement.dataset.str();
  for (const auto& name : {statement.upload.str(), statement.dataset.str(), statement.owner.str()}) {
    if (!is_valid_name(name))
      return bad_input("'" + name + "' is not a name", where, "1 to 63 of [a-z0-9._-]");
  }
  SPUD_TRY(verify_shape(statement.type.shape));
  const auto n = statement.shares.size();
  if (n < 2 || n > limits::kPartiesPerDevice)
    return bad_input(std::to_string(n) + " shares", where, "2 to 5");
  if (statement.keeper && index(*statement.keeper) >= n) {
    return bad_input("kept by rank " + std::to_string(index(*statement.keeper)), where,
                     "below " + std::to_string(n));
  }
  const auto bits = statement.format.ring_bits;
  if (statement.format.boolean ? bits != 1 : (bits != 32 && bits != 64 && bits != 128)) {
    return bad_input("shares of " + std::to_string(bits) + " bits", where,
                     "1 if boolean, else 32, 64 or 128");
  }
  if (statement.policy.recipients.empty() || statement.policy.holders.empty()) {
    return bad_input("a policy without holders or recipients", where, "at least one of each");
  }
  return {};
}

}  // namespace spud::service
