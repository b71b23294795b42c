// SPDX-License-Identifier: Apache-2.0
#include "system/net/record_buffer.hpp"

#include <algorithm>
#include <cstring>

#include <openssl/bio.h>

#include "base/check.hpp"

namespace spud::net {
namespace {

RecordBuffer& buffer_of(BIO* bio) {
  return *static_cast<RecordBuffer*>(BIO_get_data(bio));
}

int read(BIO* bio, char* data, std::size_t size, std::size_t* taken) {
  RecordBuffer& buffer = buffer_of(bio);
  BIO_clear_retry_flags(bio);
  *taken = std::min(size, buffer.in_end - buffer.in_begin);
  if (*taken == 0) {
    BIO_set_retry_read(bio);
    return 0;
  }
  std::memcpy(data, buffer.in.data() + buffer.in_begin, *taken);
  buffer.in_begin += *taken;
  return 1;
}

int write(BIO* bio, const char* data, std::size_t size, std::size_t* written) {
  auto* bytes = reinterpret_cast<const std::byte*>(data);
  RecordBuffer& buffer = buffer_of(bio);
  buffer.out.insert(buffer.out.end(), bytes, bytes + size);
  *written = size;
  return 1;
}

long control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

BIO_METHOD* method() {
  static BIO_METHOD* made = [] {
    BIO_METHOD* fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "spud record buffer");
    SPUD_CHECK(fresh != nullptr, "a BIO method fails only when memory is exhausted");
    BIO_meth_set_read_ex(fresh, &read);
    BIO_meth_set_write_ex(fresh, &write);
    BIO_meth_set_ctrl(fresh, &control);
    BIO_meth_set_create(fresh, &create);
    return fresh;
  }();
  return made;
}

}  // namespace

bio_st* make_bio(RecordBuffer& buffer) {
  BIO* bio = BIO_new(method());
  SPUD_CHECK(bio != nullptr, "a BIO fails only when memory is exhausted");
  BIO_set_data(bio, &buffer);
  return bio;
}

}  // namespace spud::net
