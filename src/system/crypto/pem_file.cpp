// SPDX-License-Identifier: Apache-2.0
#include "system/crypto/pem_file.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace spud::crypto {
namespace {

constexpr std::size_t kPemFileBytes = 1u << 20;

std::unexpected<Error> refuse_errno(const char* what, const std::filesystem::path& file) {
  ErrorCode code = errno == ENOENT                      ? ErrorCode::kNotFound
                   : errno == EEXIST                    ? ErrorCode::kConflict
                   : errno == EACCES || errno == EPERM  ? ErrorCode::kDenied
                   : errno == ENOSPC || errno == EDQUOT ? ErrorCode::kResource
                                                        : ErrorCode::kUnavailable;
  return fail(code, std::string(what) + ": " + std::strerror(errno), file.string());
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Status write_all(int fd, std::string_view text, const std::filesystem::path& file) {
  while (!text.empty()) {
    ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return refuse_errno("cannot write", file);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(fd) != 0) return refuse_errno("cannot sync", file);
  return {};
}

}  // namespace

Result<std::string> read_pem_file(const std::filesystem::path& file, Access access) {
  Descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info;
  if (fd.get() < 0 || ::fstat(fd.get(), &info) != 0) return refuse_errno("cannot read", file);
  if (!S_ISREG(info.st_mode)) return bad_input("is not a regular file", file.string(), "a PEM file");
  if (access == Access::kOwnerOnly && (info.st_mode & S_IRWXO) != 0) {
    return fail(ErrorCode::kDenied, "holds a private key and is open to everyone", file.string(), "mode 0600",
                {}, "chmod 600 it, and make a new key if others have accounts on this machine");
  }
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size > kPemFileBytes) return bad_input("is larger than 1 MiB", file.string(), "a PEM file");
  // Straight to where it is wanted, so that a key lies nowhere else. Of a file that is being written this is
  // a part: of a key nobody can read it, of a bundle it may look like one of fewer authorities.
  std::string text(size, '\0');
  std::size_t at = 0;
  while (at < size) {
    ssize_t got = ::read(fd.get(), text.data() + at, size - at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refuse_errno("cannot read", file);
    if (got == 0) break;
    at += static_cast<std::size_t>(got);
  }
  text.resize(at);
  return text;
}

Status write_secret_file(const std::filesystem::path& file, std::string_view text) {
  Descriptor fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (fd.get() < 0) return refuse_errno("cannot create", file);
  return write_all(fd.get(), text, file);
}

Status replace_public_file(const std::filesystem::path& file, std::string_view text) {
  std::filesystem::path fresh = file;
  fresh += ".new";
  {
    Descriptor fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (fd.get() < 0) return refuse_errno("cannot create", fresh);
    SPUD_TRY(write_all(fd.get(), text, fresh));
  }
  if (::rename(fresh.c_str(), file.c_str()) != 0) return refuse_errno("cannot replace", file);
  return {};
}

}  // namespace spud::crypto
