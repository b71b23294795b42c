// SPDX-License-Identifier: Apache-2.0
#include "io/split.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "system/crypto/prg.hpp"
#include "system/crypto/sha256.hpp"

namespace spud::io {
namespace {

constexpr std::uint64_t kStream = 0;
constexpr std::size_t kPrgBlockBytes = 16;
constexpr std::size_t kChunkBytes = 1u << 20;  // whole blocks and whole words

/// Bits beyond the last element are zero in every share, so that shares of equal values have equal length and
/// form.
void clear_unused_bits(const TensorType& type, const alu::ElementFormat& format, MutableBytes data) {
  auto used = static_cast<unsigned>(type.elements() % 8);
  if (format.boolean && used != 0) data.back() &= static_cast<std::byte>((1u << used) - 1);
}

/// to op= from, word by word.
template <class Combine>
void combine(const alu::ElementFormat& format, MutableBytes to, ByteView from, Combine&& on_words) {
  if (format.boolean) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] ^= from[i];
    return;
  }
  visit_ring(format.ring_bits, [&]<class Word>() {
    for (std::size_t i = 0; i < to.size(); i += sizeof(Word)) {
      store_word<Word>(&to[i], on_words(load_word<Word>(&to[i]), load_word<Word>(&from[i])));
    }
  });
}
void subtract(const alu::ElementFormat& format, MutableBytes to, ByteView from) {
  combine(format, to, from, [](auto a, auto b) { return static_cast<decltype(a)>(a - b); });
}
void add(const alu::ElementFormat& format, MutableBytes to, ByteView from) {
  combine(format, to, from, [](auto a, auto b) { return static_cast<decltype(a)>(a + b); });
}

}  // namespace

Split::~Split() {
  wipe(last.data);
}

Result<Split> split(const Encoded& x, std::size_t parties, Random& random) {
  if (parties < 2 || parties > limits::kPartiesPerDevice) {
    return bad_input("a split for " + std::to_string(parties) + " parties", "",
                     "2 to " + std::to_string(limits::kPartiesPerDevice));
  }
  ByteView words = x.words.view();
  Split out;
  out.last = {x.type, x.format, Bytes(words.begin(), words.end())};
  MutableBytes rest(out.last.data);
  SecretBytes chunk(std::min(kChunkBytes, rest.size()));
  for (std::size_t rank = 0; rank + 1 < parties; ++rank) {
    SPUD_ASSIGN(Seed seed, random.seed());
    crypto::Prg prg(seed);
    crypto::Sha256 digest;
    for (std::size_t done = 0; done < rest.size(); done += chunk.size()) {
      auto part = chunk.writable().first(std::min(chunk.size(), rest.size() - done));
      prg.fill_from(kStream, done / kPrgBlockBytes, part);
      if (done + part.size() == rest.size()) clear_unused_bits(x.type, x.format, part);
      digest.update(part);
      subtract(x.format, rest.subspan(done, part.size()), part);
    }
    out.digests.push_back(digest.finish());
    out.seeds.push_back(std::move(seed));
  }
  out.digests.push_back(share_digest(out.last));
  return out;
}

alu::StoredShare expand_share(const Seed& seed, const TensorType& type, const alu::ElementFormat& format) {
  alu::StoredShare share{type, format, Bytes(alu::stored_bytes(type, format))};
  crypto::Prg(seed).fill(kStream, share.data);
  clear_unused_bits(type, format, share.data);
  return share;
}

Result<Literal> reconstruct(std::span<const alu::StoredShare> shares) {
  if (shares.empty()) return bad_input("no shares to put together", "", "one of each party");
  const auto& first = shares[0];
  SecretBytes sum(alu::stored_bytes(first.type, first.format));
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const auto& share = shares[i];
    if (share.type != first.type || share.format != first.format || share.data.size() != sum.size()) {
      return fail(ErrorCode::kPeerFault, "the share is of another tensor or size than share 0",
                  "share " + std::to_string(i),
                  to_string(first.type) + " in " + std::to_string(sum.size()) + " bytes");
    }
    add(first.format, sum.writable(), share.data);
  }
  return decode(first.type, first.format, sum.view());
}

Digest share_digest(const alu::StoredShare& share) {
  return crypto::sha256(share.data);
}

}  // namespace spud::io
