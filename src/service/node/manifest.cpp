// SPDX-License-Identifier: Apache-2.0
#include "service/node/manifest.hpp"

namespace spud::service::node {

namespace {

/// Tables may only be joined if the same rows stand in the same order.
Status check_rows(const std::vector<ResolvedInput>& inputs) {
  const SecretInput* first = nullptr;
  for (const auto& input : inputs) {
    const auto* secret = std::get_if<SecretInput>(&input.source);
    if (secret == nullptr || !secret->statement.row_ids) continue;
    if (first == nullptr) {
      first = secret;
    } else if (secret->statement.row_ids != first->statement.row_ids) {
      return fail(
          ErrorCode::kConflict,
          "rows of " + first->statement.dataset.str() + " and " + secret->statement.dataset.str() + " differ",
          input.name, "equal row ids in equal order", {},
          "align the tables by their id column, then push them again");
    }
  }
  return {};
}

/// What a party has in plain, its own node has, and where the layout lets it.
Status check_keeper(const Device& device, const Statement& statement, const std::string& where) {
  const std::string name = "dataset " + statement.dataset.str();
  if (!statement.keeper) {
    if (device.layout != Layout::kColocated) return {};
    return fail(ErrorCode::kConflict, name + " is shared, but every provider of a colocated device computes",
                where, "private data of a compute party", statement.owner.str());
  }
  if (device.layout == Layout::kOutsourcing) {
    return fail(ErrorCode::kConflict, name + " is private, but the device is outsourced", where, "shares",
                statement.owner.str(), "push it again");
  }
  const auto rank = index(*statement.keeper);
  if (rank >= device.parties() || device.compute[rank].party != statement.owner) {
    return fail(ErrorCode::kDenied, name + " is kept by rank " + std::to_string(rank), where,
                "the rank of its owner, " + statement.owner.str(), statement.owner.str());
  }
  return {};
}

}  // namespace

std::optional<Rank> ResolvedInput::keeper() const {
  const auto* secret = std::get_if<SecretInput>(&source);
  return secret != nullptr ? secret->statement.keeper : std::nullopt;
}

const TensorType& ResolvedInput::type() const {
  if (const auto* secret = std::get_if<SecretInput>(&source)) return secret->statement.type;
  return std::get<PublicInput>(source).type;
}

Result<std::vector<ResolvedInput>> resolve(const UploadBook& uploads, const wire::PrepareAttempt& prepare,
                                           const std::string& own_identity, std::int64_t unix_millis) {
  const auto& request = prepare.request;
  const std::string where = "job " + request.id.str();
  SPUD_TRY(verify(prepare.device));
  if (digest(prepare.device) != request.device_digest || prepare.device.name != request.device) {
    return fail(ErrorCode::kConflict, "the device is not the one that the client pinned", where,
                "digest " + request.device_digest.hex());
  }
  auto rank = prepare.device.rank_of(own_identity);
  if (!rank) return fail(ErrorCode::kDenied, "this node is no part of device " + request.device.str(), where);

  Access access{request.program, {}, unix_millis, 0};
  for (const auto& output : request.outputs) access.recipients.insert(output.recipient);
  std::vector<PartyId> holders;
  for (const auto& member : prepare.device.compute) holders.push_back(member.party);

  std::vector<ResolvedInput> inputs;
  for (const auto& input : request.inputs) {
    if (const auto* open = std::get_if<PublicInput>(&input.source)) {
      inputs.push_back({input.name, *open});
      continue;
    }
    const auto& name = std::get<DatasetId>(input.source);
    const auto* record = uploads.dataset(name, request.device_digest);
    if (record == nullptr || record->rank != *rank) {
      return fail(ErrorCode::kNotFound, "no dataset '" + name.str() + "' at device " + request.device.str(),
                  where + ", " + input.name, {}, {}, "its owner pushes it with: spud push " + name.str());
    }
    const auto& statement = record->statement;
    SPUD_TRY(check_keeper(prepare.device, statement, where + ", " + input.name));
    access.uses = uploads.uses(statement.upload, request.id);
    SPUD_TRY(allows(statement.policy, access, name.str(), statement.owner));
    SPUD_TRY(allows_holders(statement.policy, holders, name.str()));
    if (statement.format != alu::element_format(statement.type.dtype, prepare.device.format)) {
      return fail(ErrorCode::kConflict, "dataset " + name.str() + " was encoded for other numbers", where,
                  "ring and fraction bits of the device");
    }
    inputs.push_back({input.name, SecretInput{statement.upload, statement, record->rank, record->seeded}});
  }
  SPUD_TRY(check_rows(inputs));
  return inputs;
}

Fields manifest(const wire::PrepareAttempt& prepare, const std::vector<ResolvedInput>& inputs,
                const PlanSummary& plan) {
  const auto& request = prepare.request;
  Fields fields{{"job", request.id.str()},
                {"attempt", std::to_string(prepare.attempt)},
                {"client party", prepare.party.str()},
                {"device", request.device.str()},
                {"device digest", digest(prepare.device).hex()},
                {"program", request.program.hex()},
                {"compiler", plan.compiler},
                {"plan", plan.plan.hex()},
                {"demand", plan.demand.hex()}};
  for (const auto& input : inputs) {
    if (const auto* secret = std::get_if<SecretInput>(&input.source)) {
      // The statement covers owner, type, format, policy and the shares of all ranks.
      fields.push_back({input.name, "dataset " + secret->statement.dataset.str() + " of " +
                                        secret->statement.owner.str() + " " +
                                        to_string(secret->statement.type)});
      fields.push_back({input.name + " statement", digest(secret->statement).hex()});
    } else {
      const auto& open = std::get<PublicInput>(input.source);
      fields.push_back({input.name, "public " + to_string(open.type) + " " + open.digest.hex()});
    }
  }
  for (std::size_t i = 0; i < request.outputs.size(); ++i) {
    fields.push_back({request.outputs[i].name,
                      to_string(plan.outputs.at(i)) + " to " + request.outputs[i].recipient.str()});
  }
  return fields;
}

Fields with_dealer(Fields manifest, const std::string& identity) {
  manifest.push_back({"dealer", identity});
  return manifest;
}

}  // namespace spud::service::node
