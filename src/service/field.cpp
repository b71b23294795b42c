// SPDX-License-Identifier: Apache-2.0
#include "service/field.hpp"

#include "system/crypto/sha256.hpp"

namespace spud::service {

namespace {

void put_text(Bytes& out, const std::string& text) {
  put_u64(out, text.size());
  auto bytes = as_bytes(text);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace

Digest digest_fields(const std::string& kind, const Fields& fields) {
  Bytes out;
  put_text(out, kind);
  put_u64(out, fields.size());
  for (const auto& field : fields) {
    put_text(out, field.name);
    put_text(out, field.value);
  }
  return crypto::sha256(out);
}

Status compare_fields(const Fields& ours, const Fields& theirs, const std::string& kind,
                      const std::string& party) {
  auto differs = [&](const std::string& name, const std::string& our, const std::string& their) {
    return fail(ErrorCode::kConflict, kind + " differs in " + name + ": " + their + " instead of " + our,
                kind, {}, party, "all nodes of a device need equal programs, data, policies and compilers");
  };
  for (std::size_t i = 0; i < ours.size() || i < theirs.size(); ++i) {
    if (i >= theirs.size()) return differs(ours[i].name, ours[i].value, "nothing");
    if (i >= ours.size()) return differs(theirs[i].name, "nothing", theirs[i].value);
    if (ours[i].name != theirs[i].name) {
      return differs("field " + std::to_string(i + 1), ours[i].name, theirs[i].name);
    }
    if (ours[i].value != theirs[i].value) return differs(ours[i].name, ours[i].value, theirs[i].value);
  }
  return {};
}

std::string find_field(const Fields& fields, const std::string& name) {
  for (const auto& field : fields) {
    if (field.name == name) return field.value;
  }
  return {};
}

}  // namespace spud::service
