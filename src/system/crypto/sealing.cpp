// SPDX-License-Identifier: Apache-2.0
#include "system/crypto/sealing.hpp"

#include <algorithm>
#include <limits>

#include <openssl/evp.h>

#include "base/check.hpp"
#include "system/crypto/openssl_error.hpp"

namespace spud::crypto {

namespace {

const unsigned char* in(ByteView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* out_of(MutableBytes bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

std::unexpected<Error> failed(const char* what) {
  return fail(ErrorCode::kInternal, std::string(what) + ": " + take_openssl_error(), "AES-256-GCM");
}

int length(ByteView bytes) {
  SPUD_CHECK(bytes.size() <= std::size_t{std::numeric_limits<int>::max()}, "a piece is far below 2 GiB");
  return static_cast<int>(bytes.size());
}

}  // namespace

void Sealing::Free::operator()(evp_cipher_ctx_st* context) const {
  EVP_CIPHER_CTX_free(context);
}

Sealing::Sealing(const Seed& key) : sealing_(EVP_CIPHER_CTX_new()), opening_(EVP_CIPHER_CTX_new()) {
  SPUD_CHECK(sealing_ && opening_, "memory for a cipher");
  const auto* bytes = in(key.view());
  SPUD_CHECK(EVP_EncryptInit_ex(sealing_.get(), EVP_aes_256_gcm(), nullptr, bytes, nullptr) == 1 &&
                 EVP_DecryptInit_ex(opening_.get(), EVP_aes_256_gcm(), nullptr, bytes, nullptr) == 1,
             "OpenSSL has AES-256-GCM");
}

Sealing::Nonce Sealing::counted(std::uint64_t number) {
  Nonce nonce{};
  for (unsigned i = 0; i < 8; ++i) nonce[kNonceBytes - 1 - i] = static_cast<std::byte>(number >> (8 * i));
  return nonce;
}

Status Sealing::seal(const Nonce& nonce, ByteView context, ByteView plain, MutableBytes out) {
  SPUD_CHECK(out.size() == plain.size() + kTagBytes, "room for the bytes and their tag");
  auto* c = sealing_.get();
  int n = 0;
  if (EVP_EncryptInit_ex(c, nullptr, nullptr, nullptr, in(nonce)) != 1) return failed("cannot begin");
  if (EVP_EncryptUpdate(c, nullptr, &n, in(context), length(context)) != 1) return failed("cannot seal");
  if (EVP_EncryptUpdate(c, out_of(out), &n, in(plain), length(plain)) != 1) return failed("cannot seal");
  if (EVP_EncryptFinal_ex(c, out_of(out) + n, &n) != 1) return failed("cannot seal");
  auto tag = out.last(kTagBytes);
  if (EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, kTagBytes, tag.data()) != 1) return failed("no tag");
  return {};
}

Status Sealing::open(const Nonce& nonce, ByteView context, ByteView sealed, MutableBytes out) {
  if (sealed.size() < kTagBytes) return fail(ErrorCode::kCorrupt, "too short to be sealed", "AES-256-GCM");
  SPUD_CHECK(out.size() + kTagBytes == sealed.size(), "room for the bytes");
  auto* c = opening_.get();
  std::array<std::byte, kTagBytes> tag;
  std::ranges::copy(sealed.last(kTagBytes), tag.begin());
  const auto bytes = sealed.first(out.size());
  int n = 0;
  if (EVP_DecryptInit_ex(c, nullptr, nullptr, nullptr, in(nonce)) != 1) return failed("cannot begin");
  if (EVP_DecryptUpdate(c, nullptr, &n, in(context), length(context)) != 1) return failed("cannot open");
  if (EVP_DecryptUpdate(c, out_of(out), &n, in(bytes), length(bytes)) != 1) return failed("cannot open");
  if (EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) != 1) return failed("no tag");
  if (EVP_DecryptFinal_ex(c, out_of(out) + n, &n) == 1) return {};
  wipe(out);
  (void)take_openssl_error();
  return fail(ErrorCode::kCorrupt, "the bytes, their place or the key are not those they were sealed with",
              "AES-256-GCM");
}

}  // namespace spud::crypto
