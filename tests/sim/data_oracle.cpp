// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/data_oracle.hpp"

#include <algorithm>
#include <cstring>

#include "system/crypto/sha256.hpp"

namespace spud::sim {

namespace {

bool contains(const Bytes& all, const Bytes& part) {
  return ::memmem(all.data(), all.size(), part.data(), part.size()) != nullptr;
}

/// Does the device's layout let this dataset be where it is?
bool has_place(const service::Device& device, const service::Statement& statement) {
  if (!statement.keeper) return device.layout != service::Layout::kColocated;
  return device.layout != service::Layout::kOutsourcing &&
         device.compute.at(index(*statement.keeper)).party == statement.owner;
}

}  // namespace

unsigned DataOracle::life(const std::string& process) const {
  auto found = restores_.find(process);
  return found == restores_.end() ? 0 : found->second;
}

void DataOracle::shared(const UploadId& upload, const std::string& node, ByteView bytes) {
  shares_[crypto::sha256(bytes)] = {"the share of " + node + " in upload " + upload.str(), node};
}

void DataOracle::kept(const service::Statement& statement, const std::string& node, ByteView plain) {
  const auto what = "the private data of " + node + " in upload " + statement.upload.str();
  Bytes guess(plain.begin(), plain.end());
  plains_[guess] = {what, node};
  // All nodes get the statement: whoever guesses the data must not know it by its digest.
  Bytes unsalted(service::kSaltBytes);
  unsalted.insert(unsalted.end(), plain.begin(), plain.end());
  for (const auto& digest : statement.shares) {
    if (digest == crypto::sha256(guess) || digest == crypto::sha256(unsalted))
      oracle_.object(what + " can be guessed: its digest has no salt");
  }
}

void DataOracle::made(const service::Device& device, const service::JobRequest& job,
                      const service::OutputBinding& output, const std::vector<service::Statement>& inputs,
                      ByteView share) {
  const auto what = "job " + job.id.str() + ", " + output.name;
  result_shares_[crypto::sha256(share)] = {what, output.recipient};
  for (const auto& input : inputs) {
    const auto& allowed = input.policy.recipients;
    if (std::find(allowed.begin(), allowed.end(), output.recipient) == allowed.end())
      oracle_.object(what + " is made for " + output.recipient.str() + ", which the owner of " +
                     input.dataset.str() + " does not allow");
    const auto& programs = input.policy.programs;
    if (!input.policy.any_program &&
        std::find(programs.begin(), programs.end(), job.program) == programs.end())
      oracle_.object(what + " is made by a program that may not read " + input.dataset.str());
    if (!has_place(device, input))
      oracle_.object(what + " is made of " + input.dataset.str() + ", which a device that is " +
                     service::to_string(device.layout) + " has no place for");
  }
}

void DataOracle::carried(const Frame& frame, const crypto::Identity& to, const std::string& line) {
  for (const auto& [plain, keeper] : plains_) {
    if (to.name.str() != keeper.second && (contains(frame.payload, plain) || contains(frame.head, plain)))
      oracle_.object(line + ": " + keeper.first + " has reached " + to.str());
  }
  const auto& bytes = frame.payload;
  if (bytes.empty()) return;
  const auto digest = crypto::sha256(bytes);
  if (auto share = shares_.find(digest); share != shares_.end() && share->second.second != to.name.str())
    oracle_.object(line + ": " + share->second.first + " has reached " + to.str());
  auto result = result_shares_.find(digest);
  if (result == result_shares_.end()) return;
  if (to.party != result->second.second || to.role != crypto::Role::kClient)
    oracle_.object(line + ": a share of the result of " + result->second.first + " has reached " + to.str());
}

void DataOracle::used(const service::Statement& statement, const JobId& job, const std::string& node) {
  auto& users = users_[{node + "/" + std::to_string(life(node)), statement.upload}];
  users.insert(job);
  const auto most = statement.policy.uses;
  if (most != 0 && users.size() > most && life(node) == 0)
    oracle_.object(node + " lets job " + job.str() + " use " + statement.dataset.str() + ", which was used " +
                   std::to_string(most) + " times");
}

void DataOracle::acknowledged(const service::Statement& statement, const service::Device& device,
                              std::map<std::string, unsigned> lives) {
  uploads_.insert_or_assign(statement.upload, Upload{statement, device, std::move(lives)});
}

void DataOracle::not_there(const UploadId& upload, const std::string& node) {
  auto found = uploads_.find(upload);
  if (found != uploads_.end() && stands(found->second, node))
    oracle_.object(node + " does not know upload " + upload.str() + ", which it has acknowledged");
}

bool DataOracle::stands(const Upload& upload, const std::string& node) const {
  return upload.lives.at(node) == life(node);
}

void DataOracle::spoilt(const JobId& job) {
  if (auto found = jobs_.find(job); found != jobs_.end()) found->second.plan.spoilt = true;
}

const JobPlan* DataOracle::plan(const JobId& job) const {
  auto found = jobs_.find(job);
  return found == jobs_.end() ? nullptr : &found->second.plan;
}

void DataOracle::told(const service::Job& job, const std::string& scheduler, Millis asked, Millis now) {
  auto found = jobs_.find(job.request.id);
  if (found == jobs_.end()) return;
  auto& known = found->second;
  const auto what = "job " + job.request.id.str();
  if (known.stored != life(scheduler)) known.stored_at = now;
  known.stored = life(scheduler);
  const bool done = job.state == service::JobState::kDone;
  if (known.done && known.lives[scheduler] == life(scheduler) && !done && asked > known.told)
    return oracle_.object(what + " was done, and is " + service::to_string(job.state));
  if (!done) return;
  // Under the name of one that is spoilt another job may have been run, which made() has looked at.
  if (known.plan.forbidden && !known.plan.spoilt) oracle_.object(what + " is done, and a policy forbids it");
  if (job.attempts.empty()) return oracle_.object(what + " is done without an attempt");
  const auto attempt = job.attempts.back().number;
  if (known.done && known.lives[scheduler] == life(scheduler) && *known.done != attempt)
    oracle_.object(what + " was done by attempt " + std::to_string(*known.done) + ", and now by " +
                   std::to_string(attempt));
  if (known.done && known.lives[scheduler] == life(scheduler)) return;
  known.done = attempt;
  known.told = now;
  known.lives = ended_[{job.request.id, attempt}];
  if (known.lives.size() != known.plan.device.parties())
    oracle_.object(what + " is done, and not all nodes have ended attempt " + std::to_string(attempt));
  known.lives[scheduler] = life(scheduler);
}

void DataOracle::told_unknown(const JobId& job, const std::string& scheduler, Millis asked) {
  auto found = jobs_.find(job);
  // What was asked before it was taken may be answered late.
  if (found != jobs_.end() && found->second.stored == life(scheduler) && asked > found->second.stored_at)
    oracle_.object("job " + job.str() + " was taken, and is not known any more");
}

void DataOracle::done(const JobId& job, std::uint32_t attempt) {
  auto found = jobs_.find(job);
  if (found == jobs_.end()) return;
  auto [first, fresh] = found->second.finished.try_emplace(life("scheduler"), attempt);
  if (!fresh && first->second != attempt)
    oracle_.object("job " + job.str() + " has run to its end twice, in attempts " +
                   std::to_string(first->second) + " and " + std::to_string(attempt));
}

void DataOracle::fetched(const JobId& job, const std::string& output, const Plain& values) {
  ++results_;
  const auto* known = plan(job);
  if (known == nullptr) return oracle_.object("a result of job " + job.str() + ", which nobody asked for");
  const auto factor = std::stoll(output.substr(3)) + 1;
  Plain wanted = known->sum;
  for (auto& value : wanted) value *= factor;
  // Under the name of one that is spoilt another job may have been run, which made() has looked at.
  if (values != wanted && !known->spoilt)
    oracle_.object("job " + job.str() + ", " + output + " is not what it should be");
}

std::vector<std::pair<JobId, std::uint32_t>> DataOracle::receipts(const std::string& scheduler) const {
  std::vector<std::pair<JobId, std::uint32_t>> all;
  for (const auto& [job, known] : jobs_) {
    if (!known.done || known.plan.spoilt || !known.lives.contains(scheduler)) continue;
    const bool stands = std::all_of(known.lives.begin(), known.lives.end(),
                                    [&](const auto& entry) { return entry.second == life(entry.first); });
    if (stands) all.emplace_back(job, *known.done);
  }
  return all;
}

}  // namespace spud::sim
