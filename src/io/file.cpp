// SPDX-License-Identifier: Apache-2.0
#include "io/file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace spud::io {
namespace {

/// An open file, closed when it goes.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

std::unexpected<Error> system_failure(const char* what, const std::string& path) {
  int reason = errno;
  ErrorCode code = reason == ENOENT                       ? ErrorCode::kNotFound
                   : reason == ENOSPC || reason == EDQUOT ? ErrorCode::kResource
                                                          : ErrorCode::kBadInput;
  return fail(code, std::string(what) + ": " + std::generic_category().message(reason), path);
}

}  // namespace

Result<Bytes> read_file(const std::string& path, std::size_t max_bytes) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) return system_failure("cannot open the file", path);
  struct stat info {};
  if (::fstat(file.number(), &info) != 0) return system_failure("cannot read the file", path);
  if (!S_ISREG(info.st_mode)) return bad_input("not a regular file", path);
  auto size = static_cast<std::size_t>(info.st_size);
  if (size > max_bytes) {
    return fail(ErrorCode::kResource, "the file has " + std::to_string(size) + " bytes", path,
                "at most " + std::to_string(max_bytes));
  }
  Bytes content(size);
  std::size_t done = 0;
  while (done < size) {
    ssize_t got = ::read(file.number(), content.data() + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_failure("cannot read the file", path);
    if (got == 0) return bad_input("the file shrank while it was read", path);
    done += static_cast<std::size_t>(got);
  }
  return content;
}

Status write_file(const std::string& path, ByteView content) {
  std::string pattern = path + ".XXXXXX";
  std::vector<char> name(pattern.begin(), pattern.end());
  name.push_back('\0');
  Descriptor file(::mkostemp(name.data(), O_CLOEXEC));
  if (file.number() < 0) return system_failure("cannot create the file", path);
  auto give_up = [&](const char* what) {
    auto failure = system_failure(what, path);
    ::unlink(name.data());
    return failure;
  };
  std::size_t done = 0;
  while (done < content.size()) {
    ssize_t put = ::write(file.number(), content.data() + done, content.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return give_up("cannot write the file");
    done += static_cast<std::size_t>(put);
  }
  if (::fsync(file.number()) != 0) return give_up("cannot write the file");
  if (::rename(name.data(), path.c_str()) != 0) return give_up("cannot put the file in its place");
  return {};
}

}  // namespace spud::io
