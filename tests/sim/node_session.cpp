// SPDX-License-Identifier: Apache-2.0
#include "io/encode.hpp"
#include "io/split.hpp"
#include "service/node/manifest.hpp"
#include "system/crypto/sha256.hpp"
#include "tests/sim/dealer.hpp"
#include "tests/sim/node.hpp"

/// What actors/node/session.cpp and links.cpp do: an attempt among peers. Where a link breaks the real
/// session ends; here it greets again until it has waited too long.
namespace spud::sim {

namespace {

constexpr Millis kGreeting{400};
constexpr Millis kDealing{10'000};

/// Adds `more` to `sum`, or takes it away, element by element; all rings here have 64 bits.
void add(Bytes& sum, ByteView more, bool takes_away) {
  for (std::size_t at = 0; at + sizeof(io::Word64) <= sum.size(); at += sizeof(io::Word64)) {
    const auto a = io::load_word<io::Word64>(&sum[at]);
    const auto b = io::load_word<io::Word64>(&more[at]);
    io::store_word<io::Word64>(&sum[at], takes_away ? a - b : a + b);
  }
}

/// What two nodes add and take away, so that nobody knows a share of a result from those of its inputs.
Bytes mask(const Seed& key, const std::string& output, const alu::StoredShare& like) {
  Bytes named(key.view().begin(), key.view().end());
  const auto label = as_bytes(output);
  named.insert(named.end(), label.begin(), label.end());
  const auto digest = crypto::sha256(named);
  return io::expand_share(Seed(digest.bytes), like.type, like.format).data;
}

}  // namespace

service::session::Terms Node::terms(const Running& running) const {
  const auto& device = running.prepare.device;
  return {running.prepare.request.id, running.prepare.attempt, device, *device.rank_of(identity().uri()),
          running.manifest};
}

void Node::tell(const Running& running, Rank rank, const std::string& what, const wire::LinkFrame& frame,
                Bytes payload) {
  auto* peer = directory_.nodes.at(running.prepare.device.compute[index(rank)].identity);
  const auto job = running.prepare.request.id;
  const auto attempt = running.prepare.attempt;
  world_.send(
      *this, *peer, what, {wire::encode(frame), std::move(payload)},
      [peer, own = identity().uri(), job, attempt](const Frame& said) {
        peer->heard(own, job, attempt, said);
      },
      "link " + job.str() + "/" + std::to_string(attempt));
}

void Node::tell_peers(const Running& running, const std::string& what, const wire::LinkFrame& frame) {
  const auto own = terms(running).own;
  for (unsigned i = 0; i < running.prepare.device.parties(); ++i) {
    if (Rank{i} != own) tell(running, Rank{i}, what, frame);
  }
}

void Node::greet(const JobId& job, std::uint32_t attempt) {
  const auto* running = find(job, attempt);
  if (running == nullptr) return;
  tell_peers(*running, "hello " + job.str() + "/" + std::to_string(attempt),
             service::session::hello(terms(*running)));
  const auto own = terms(*running).own;
  for (const auto& [peer, key] : running->keys) {
    if (peer > own)
      tell(*running, peer, "pair key " + job.str(), wire::PairKey{}, {key.view().begin(), key.view().end()});
  }
  if (running->computed) tell_peers(*running, "finished " + job.str(), wire::Finished{});
  after(kGreeting, [this, job, attempt] { greet(job, attempt); });
}

void Node::heard(const std::string& peer, const JobId& job, std::uint32_t attempt, const Frame& said) {
  auto frame = read_head<wire::LinkFrame>(world_.oracle, said, wire::decode_link_frame);
  if (!frame) return;
  if (const auto* hello = std::get_if<wire::Hello>(&*frame)) return greeted(peer, *hello);
  auto* running = find(job, attempt);
  if (running == nullptr || !running->started) return;
  const auto rank = running->prepare.device.rank_of(peer);
  if (!rank) return;
  if (std::holds_alternative<wire::PairKey>(*frame)) {
    if (said.payload.size() != Seed::kBytes) return;
    const std::span<const std::byte, Seed::kBytes> key(said.payload.data(), Seed::kBytes);
    running->keys.try_emplace(*rank, Seed(key));
    use_if_all(*running);
  } else if (std::holds_alternative<wire::Finished>(*frame)) {
    peer_ended(job, attempt, *rank, true);
  } else if (std::holds_alternative<Error>(*frame)) {
    peer_ended(job, attempt, *rank, false);
  }
}

void Node::greeted(const std::string& peer, const wire::Hello& hello) {
  auto* running = find(hello.job, hello.attempt);
  if (running == nullptr || !running->started) {
    // Whoever still greets has not heard that this node is through.
    const auto own = done_ranks_.find({hello.job, hello.attempt});
    if (own == done_ranks_.end()) return;
    if (desk_->status({hello.job, hello.attempt, 0}).state != wire::AttemptState::kDone) return;
    auto* other = directory_.nodes.at(peer);
    world_.send(
        *this, *other, "finished long ago " + hello.job.str(),
        {wire::encode(wire::LinkFrame{wire::Finished{}})},
        [other, hello, own = identity().uri()](const Frame& said) {
          other->heard(own, hello.job, hello.attempt, said);
        },
        "link " + hello.job.str() + "/" + std::to_string(hello.attempt));
    return;
  }
  if (world_.defect != Defect::kNoManifestCheck) {
    if (auto same = service::session::check_hello(terms(*running), peer, hello); !same)
      return end(hello.job, hello.attempt, same.error());
  }
  running->greeted.insert(hello.rank);
  use_if_all(*running);
}

void Node::use_if_all(Running& running) {
  const auto others = running.prepare.device.parties() - 1;
  if (running.used || running.greeted.size() < others || running.keys.size() < others) return;
  running.used = true;
  if (running.reserved) {
    use(running);
  } else {
    use_live(running);
  }
}

void Node::use(Running& running) {
  const auto job = running.prepare.request.id;
  const auto attempt = running.prepare.attempt;
  auto part = burn(running.reserved->claim, running.reserved->tape);
  if (dying()) return;
  if (!part) return end(job, attempt, part.error());
  const auto tape = running.reserved->tape.str();
  world_.oracle.used({party(), tape, *part, job, attempt, service::node::digest_manifest(running.manifest)},
                     Oracle::Kept::kStock);
  world_.note(name() + " has used tape " + tape + " for " + job.str() + "/" + std::to_string(attempt));
  running.tape = tape;
  go_on(running);
}

void Node::use_live(Running& running) {
  const auto job = running.prepare.request.id;
  const auto attempt = running.prepare.attempt;
  if (world_.defect == Defect::kTapeOfLastAttempt) {
    if (auto before = dealt_before_.find(job); before != dealt_before_.end()) {
      const auto dealt = before->second;
      return use_live(job, attempt, dealt.name, dealt.seed, dealt.corrections);
    }
  }
  const auto& device = running.prepare.device;
  const auto* member = device.dealer(running.dealer);
  auto* dealer = directory_.dealers.at(member->identity);
  const wire::DealerRequest open{
      wire::OpenTape{job, attempt, device, terms(running).own, demand_of(device), false}};
  ask(world_, *this, *dealer, "open a tape for " + job.str(), kDealing, {wire::encode(open)},
      [this, job, attempt](Result<Frame> frame) {
        if (find(job, attempt) == nullptr) return;
        if (!frame) return end(job, attempt, frame.error());
        auto said = expect<wire::TapeOpened>(
            read_head<wire::DealerAnswer>(world_.oracle, *frame, wire::decode_dealer_answer));
        if (!said) return end(job, attempt, said.error());
        // The real dealer sends the corrections in frames of their own.
        const auto seed = static_cast<std::ptrdiff_t>(Seed::kBytes);
        const auto& all = frame->payload;
        use_live(job, attempt, said->tape, {all.begin(), all.begin() + seed},
                 {all.begin() + seed, all.end()});
      });
}

void Node::use_live(const JobId& job, std::uint32_t attempt, const std::string& tape, const Bytes& seed,
                    const Bytes& corrections) {
  auto* live = find(job, attempt);
  if (world_.defect != Defect::kTapeOfLastAttempt) {
    auto burnt = desk_->burn({job, attempt, tape});
    if (dying()) return;
    if (!burnt) return end(job, attempt, burnt.error());
  }
  dealt_before_[job] = {tape, seed, corrections};
  live->tape = tape;
  const Part part{crypto::sha256(seed), corrections.empty() ? Digest{} : crypto::sha256(corrections)};
  world_.oracle.used({party(), tape, part, job, attempt, service::node::digest_manifest(live->manifest)},
                     Oracle::Kept::kLive);
  go_on(*live);
}

Status Node::compute(const Running& running) {
  const auto& inputs = running.preparation->inputs;
  const auto& device = running.prepare.device;
  const auto& type = inputs.front().type();
  const auto format = alu::element_format(type.dtype, device.format);
  const alu::StoredShare zeros{type, format, Bytes(alu::stored_bytes(type, format))};
  auto sum = zeros;
  std::vector<service::Statement> statements;
  for (const auto& input : inputs) {
    const auto& secret = std::get<service::node::SecretInput>(input.source);
    statements.push_back(secret.statement);
    SPUD_ASSIGN(auto loaded, desk_->load_share({secret}));
    if (const auto* share = std::get_if<alu::StoredShare>(loaded.get())) {
      add(sum.data, share->data, false);
      continue;
    }
    // Private data is in the sum at its owner's node alone; masks hide it there as they hide shares.
    const auto& kept = std::get<vm::PrivateInput>(*loaded);
    if (!kept.value) continue;
    SPUD_ASSIGN(auto encoded, io::encode(*kept.value, format));
    add(sum.data, encoded.words.view(), false);
    if (world_.defect != Defect::kPrivateOpened) continue;
    const auto plain = kept.value->bytes();
    for (const auto& [peer, key] : running.keys)
      tell(running, peer, "opens " + input.name, wire::PairKey{}, {plain.begin(), plain.end()});
  }
  const auto& request = running.prepare.request;
  const auto own = terms(running).own;
  auto total = sum.data;
  for (const auto& output : request.outputs) {
    auto result = sum;
    result.data = total;
    for (const auto& [peer, key] : running.keys) add(result.data, mask(key, output.name, zeros), peer > own);
    add(total, sum.data, false);
    world_.data.made(device, request, output, statements, result.data);
    SPUD_TRY(desk_->store_result({request.id, running.prepare.attempt, output.name, output.recipient,
                                  std::make_shared<const vm::Output>(std::move(result)), running.tape}));
  }
  return {};
}

void Node::go_on(Running& running) {
  auto computed = compute(running);
  if (dying()) return;
  if (!computed) return end(running.prepare.request.id, running.prepare.attempt, computed.error());
  running.computed = true;
  tell_peers(running, "finished " + running.prepare.request.id.str(), wire::Finished{});
  finish_if_all(running);
}

void Node::peer_ended(const JobId& job, std::uint32_t attempt, Rank peer, bool well) {
  auto* running = find(job, attempt);
  if (!well) return end(job, attempt, Error{ErrorCode::kUnavailable, "a peer has failed", "", "", "", ""});
  running->finished.insert(peer);
  finish_if_all(*running);
}

void Node::finish_if_all(Running& running) {
  if (!running.computed || running.finished.size() + 1 < running.prepare.device.parties()) return;
  const auto job = running.prepare.request.id;
  const auto attempt = running.prepare.attempt;
  done_ranks_[{job, attempt}] = terms(running).own;
  world_.data.ended(job, attempt, name());
  end(job, attempt, std::nullopt);
}

}  // namespace spud::sim
