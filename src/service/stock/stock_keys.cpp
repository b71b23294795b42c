// SPDX-License-Identifier: Apache-2.0
#include "service/stock/stock_keys.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "system/crypto/pem_file.hpp"
#include "system/crypto/sha256.hpp"

namespace spud::service::stock {

namespace {

Bytes context_of(const TapeId& id) {
  const auto text = "spud tape head 1:" + id.str();
  return {as_bytes(text).begin(), as_bytes(text).end()};
}

/// A file's text, which holds a key, wiped with it.
class SecretText {
 public:
  explicit SecretText(std::string text) : text_(std::move(text)) {}
  SecretText(const SecretText&) = delete;
  ~SecretText() { wipe({reinterpret_cast<std::byte*>(text_.data()), text_.size()}); }
  std::string_view trimmed() const {
    std::string_view view = text_;
    while (!view.empty() && (view.back() == '\n' || view.back() == '\r' || view.back() == ' '))
      view.remove_suffix(1);
    return view;
  }

 private:
  std::string text_;
};

Result<Seed> read_key(const std::filesystem::path& file) {
  SPUD_ASSIGN(auto text, crypto::read_pem_file(file, crypto::Access::kOwnerOnly));
  const SecretText secret(std::move(text));
  auto bytes = from_hex(secret.trimmed());
  if (!bytes || bytes->size() != Seed::kBytes) {
    if (bytes) wipe(*bytes);
    return bad_input("is not a stock key", file.string(), "64 hex digits, as made by: spud keys stock");
  }
  Seed key(std::span<const std::byte, Seed::kBytes>(bytes->data(), Seed::kBytes));
  wipe(*bytes);
  return key;
}

}  // namespace

StockKeys StockKeys::of(std::vector<Seed> keys) {
  StockKeys out;
  for (auto& key : keys) {
    const Seed named = crypto::derive(key, "name of a stock key");
    Name name;
    std::ranges::copy(named.view().first<8>(), name.begin());
    out.keys_.push_back({name, std::move(key)});
  }
  return out;
}

Result<StockKeys> StockKeys::load(const std::vector<std::filesystem::path>& files) {
  std::vector<Seed> keys;
  for (const auto& file : files) {
    SPUD_ASSIGN(auto key, read_key(file));
    keys.push_back(std::move(key));
  }
  return of(std::move(keys));
}

Status StockKeys::make_file(const std::filesystem::path& file, Random& random) {
  SPUD_ASSIGN(auto key, random.seed());
  const SecretText text(to_hex(key.view()));
  return crypto::write_secret_file(file, text.trimmed());
}

bool StockKeys::current(const wire::TapeHead& head) const {
  return !keys_.empty() && keys_.front().name == head.key_name;
}

Result<wire::TapeHead> StockKeys::seal(const TapeId& id, const Secrets& secrets, Random& random) const {
  SPUD_CHECK(!keys_.empty(), "a vault is opened with a key");
  const auto& key = keys_.front();
  wire::TapeHead head;
  head.key_name = key.name;
  // Random nonces of 96 bits: a key seals far fewer than 2^32 heads.
  SPUD_TRY(random.fill(head.nonce));
  Bytes plain(secrets.tape_key.view().begin(), secrets.tape_key.view().end());
  plain.insert(plain.end(), secrets.seed.view().begin(), secrets.seed.view().end());
  head.sealed.resize(plain.size() + crypto::Sealing::kTagBytes);
  auto sealed = crypto::Sealing(key.key).seal(head.nonce, context_of(id), plain, head.sealed);
  wipe(plain);
  if (!sealed) return std::unexpected(std::move(sealed).error());
  return head;
}

Result<StockKeys::Secrets> StockKeys::open(const TapeId& id, const wire::TapeHead& head) const {
  auto key = std::ranges::find(keys_, head.key_name, &Key::name);
  if (key == keys_.end()) {
    return fail(ErrorCode::kNotFound, "none of this node's stock keys opens it", "tape " + id.str(),
                "key " + to_hex(head.key_name), {}, "name the key that was in use among stock.keys");
  }
  constexpr std::size_t kPlain = 2 * Seed::kBytes;
  if (head.sealed.size() != kPlain + crypto::Sealing::kTagBytes)
    return fail(ErrorCode::kCorrupt, "its head has another size", "tape " + id.str());
  std::array<std::byte, kPlain> plain;
  auto opened = crypto::Sealing(key->key).open(head.nonce, context_of(id), head.sealed, plain);
  if (!opened) return std::unexpected(std::move(opened).error().in("tape " + id.str()));
  const std::span<const std::byte, kPlain> view(plain);
  Secrets secrets{Seed(view.first<Seed::kBytes>()), Seed(view.last<Seed::kBytes>())};
  wipe(plain);
  return secrets;
}

}  // namespace spud::service::stock
