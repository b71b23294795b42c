// SPDX-License-Identifier: Apache-2.0
#include "io/npz.hpp"

#include <algorithm>
#include <memory>
#include <string_view>

#include <zip.h>

#include "base/limits.hpp"
#include "io/file.hpp"
#include "io/npy.hpp"

namespace spud::io {
namespace {

constexpr std::string_view kSuffix = ".npy";
constexpr zip_uint64_t kDeflateReach = 1032;        // bytes out of one byte in, at most
constexpr std::size_t kUnpackedAtATime = 4u << 20;  // so that memory follows the data, not the declaration

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* member) const { zip_fclose(member); }
  void operator()(zip_source_t* source) const { zip_source_free(source); }
};
using Archive = std::unique_ptr<zip_t, Discard>;
using Member = std::unique_ptr<zip_file_t, Discard>;
using Source = std::unique_ptr<zip_source_t, Discard>;

/// A zip_error_t that is cleaned up.
class ZipError {
 public:
  ZipError() { zip_error_init(&error_); }
  ZipError(const ZipError&) = delete;
  ZipError& operator=(const ZipError&) = delete;
  ~ZipError() { zip_error_fini(&error_); }
  zip_error_t* get() { return &error_; }
  std::string text() { return zip_error_strerror(&error_); }

 private:
  zip_error_t error_{};
};

Result<Archive> open_archive(ByteView file) {
  constexpr std::size_t kSmallest = 22;  // an archive without members; libzip takes nothing at all for one
  if (file.size() < kSmallest) return bad_input("not a .npz archive: too short");
  ZipError error;
  Source source(zip_source_buffer_create(file.data(), file.size(), 0, error.get()));
  if (!source) return fail(ErrorCode::kResource, "cannot open the archive: " + error.text());
  Archive archive(zip_open_from_source(source.get(), ZIP_RDONLY | ZIP_CHECKCONS, error.get()));
  if (!archive) return bad_input("not a .npz archive: " + error.text());
  source.release();  // the archive owns it now
  return archive;
}

/// What the directory says of a member, once it has been found acceptable.
struct Entry {
  std::string name;  // without the suffix
  zip_uint64_t size = 0;
};

Result<Entry> check_entry(zip_t* archive, zip_uint64_t i, std::size_t file_bytes) {
  zip_stat_t stat;
  if (zip_stat_index(archive, i, 0, &stat) != 0)
    return bad_input("member " + std::to_string(i) + " cannot be read");
  constexpr zip_uint64_t kNeeded =
      ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  if ((stat.valid & kNeeded) != kNeeded)
    return bad_input("member " + std::to_string(i) + " is not described");
  std::string_view name = stat.name;
  std::string shown(name.substr(0, 64));
  if (!name.ends_with(kSuffix)) return bad_input("it is not an array", shown, "a name that ends in .npy");
  if (stat.encryption_method != ZIP_EM_NONE) {
    return fail(ErrorCode::kUnsupported, "the member is encrypted", shown, "a plain archive");
  }
  if (stat.comp_method != ZIP_CM_STORE && stat.comp_method != ZIP_CM_DEFLATE) {
    return fail(ErrorCode::kUnsupported, "the member's compression is not supported", shown,
                "stored or deflated");
  }
  zip_uint64_t reach = stat.comp_method == ZIP_CM_STORE ? 1 : kDeflateReach;
  if (stat.comp_size > file_bytes || stat.size > stat.comp_size * reach) {
    return bad_input("the declared size cannot come from the compressed bytes", shown);
  }
  name.remove_suffix(kSuffix.size());
  return Entry{std::string(name), stat.size};
}

Result<Bytes> unpack(zip_t* archive, zip_uint64_t i, std::size_t size) {
  Member member(zip_fopen_index(archive, i, 0));
  if (!member) return bad_input(std::string("the member cannot be read: ") + zip_strerror(archive));
  Bytes out;
  while (out.size() < size) {
    std::size_t done = out.size();
    std::size_t step = std::min(kUnpackedAtATime, size - done);
    out.resize(done + step);
    zip_int64_t got = zip_fread(member.get(), out.data() + done, step);
    if (got < 0) {
      return bad_input(std::string("the member is damaged: ") +
                       zip_error_strerror(zip_file_get_error(member.get())));
    }
    out.resize(done + static_cast<std::size_t>(got));
    if (got == 0) return bad_input("the member is shorter than declared");
  }
  // Reading on to the end is also what checks the checksum.
  std::byte more;
  zip_int64_t got = zip_fread(member.get(), &more, 1);
  if (got > 0) return bad_input("the member is longer than declared");
  if (got < 0) {
    return bad_input(std::string("the member is damaged: ") +
                     zip_error_strerror(zip_file_get_error(member.get())));
  }
  return out;
}

Result<NamedLiterals> parse(ByteView file, std::size_t max_bytes) {
  SPUD_ASSIGN(Archive archive, open_archive(file));
  auto count = static_cast<std::size_t>(zip_get_num_entries(archive.get(), 0));
  if (count > limits::kParametersPerProgram) {
    return fail(ErrorCode::kResource, "the archive has " + std::to_string(count) + " members", "",
                "at most " + std::to_string(limits::kParametersPerProgram));
  }
  std::vector<Entry> entries;
  std::size_t total = 0;
  for (std::size_t i = 0; i < count; ++i) {
    SPUD_ASSIGN(Entry entry, check_entry(archive.get(), i, file.size()));
    if (entry.size > max_bytes - total) {
      return fail(ErrorCode::kResource, "the archive unpacks to more than the limit", entry.name,
                  "at most " + std::to_string(max_bytes) + " bytes");
    }
    total += entry.size;
    entries.push_back(std::move(entry));
  }
  NamedLiterals arrays;
  for (std::size_t i = 0; i < count; ++i) {
    auto bytes = unpack(archive.get(), i, entries[i].size);
    if (!bytes) return std::unexpected(std::move(bytes).error().in(entries[i].name));
    SPUD_ASSIGN(Literal array, read_npy(*bytes, entries[i].name));
    wipe(*bytes);
    if (!arrays.emplace(entries[i].name, std::move(array)).second) {
      return bad_input("the name stands twice", entries[i].name);
    }
  }
  return arrays;
}

}  // namespace

Result<NamedLiterals> read_npz(ByteView file, const std::string& where, std::size_t max_bytes) {
  auto arrays = parse(file, max_bytes);
  if (!arrays) return std::unexpected(std::move(arrays).error().in(where));
  return arrays;
}

Result<NamedLiterals> read_npz_file(const std::string& path) {
  SPUD_ASSIGN(Bytes file, read_file(path, limits::kBytesPerInputFile));
  auto arrays = read_npz(file, path, limits::kBytesPerInputFile);
  wipe(file);
  return arrays;
}

Result<std::vector<Literal>> in_order(NamedLiterals arrays, const std::string& prefix,
                                      const std::string& where) {
  std::vector<Literal> out;
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    std::string name = prefix + std::to_string(i);
    auto found = arrays.find(name);
    if (found == arrays.end()) {
      return bad_input("there is no array '" + name + "' among the " + std::to_string(arrays.size()), where,
                       "arrays " + prefix + "0, " + prefix + "1, … and no others");
    }
    out.push_back(found->second);
  }
  return out;
}

Result<Bytes> write_npz(const NamedLiterals& arrays, Compression compression) {
  if (arrays.empty()) return bad_input("there is nothing to write", "", "at least one array");
  // libzip reads the members when the archive is closed.
  std::vector<Bytes> members;
  members.reserve(arrays.size());
  ZipError error;
  Source target(zip_source_buffer_create(nullptr, 0, 0, error.get()));
  if (!target) return fail(ErrorCode::kResource, "cannot make an archive: " + error.text());
  Archive archive(zip_open_from_source(target.get(), ZIP_TRUNCATE, error.get()));
  if (!archive) return fail(ErrorCode::kInternal, "cannot make an archive: " + error.text());
  zip_source_keep(target.get());  // one reference for the archive, one to read the result by
  auto failed = [&] {
    return fail(ErrorCode::kInternal,
                std::string("cannot write the archive: ") + zip_strerror(archive.get()));
  };
  for (const auto& [name, array] : arrays) {
    members.push_back(write_npy(array));
    zip_source_t* source = zip_source_buffer(archive.get(), members.back().data(), members.back().size(), 0);
    if (source == nullptr) return failed();
    std::string file_name = name + std::string(kSuffix);
    zip_int64_t index = zip_file_add(archive.get(), file_name.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      zip_source_free(source);
      return failed();
    }
    auto at = static_cast<zip_uint64_t>(index);
    auto method = compression == Compression::kStored ? ZIP_CM_STORE : ZIP_CM_DEFLATE;
    if (zip_set_file_compression(archive.get(), at, method, 0) != 0) return failed();
    constexpr zip_uint16_t kFirstOfJanuary1980 = 1 << 5 | 1;
    if (zip_file_set_dostime(archive.get(), at, 0, kFirstOfJanuary1980, 0) != 0) return failed();
  }
  if (zip_close(archive.get()) != 0) return failed();
  archive.release();
  for (auto& member : members) wipe(member);
  zip_stat_t stat;
  if (zip_source_stat(target.get(), &stat) != 0 || zip_source_open(target.get()) != 0) {
    return fail(ErrorCode::kInternal, "cannot read the archive back");
  }
  Bytes out(stat.valid & ZIP_STAT_SIZE ? stat.size : 0);
  zip_int64_t got = zip_source_read(target.get(), out.data(), out.size());
  zip_source_close(target.get());
  if (got < 0 || static_cast<std::size_t>(got) != out.size()) {
    return fail(ErrorCode::kInternal, "cannot read the archive back");
  }
  return out;
}

Status write_npz_file(const std::string& path, const NamedLiterals& arrays, Compression compression) {
  SPUD_ASSIGN(Bytes file, write_npz(arrays, compression));
  auto written = write_file(path, file);
  wipe(file);
  return written;
}

NamedLiterals numbered(std::span<const Literal> arrays, const std::string& prefix) {
  NamedLiterals out;
  for (std::size_t i = 0; i < arrays.size(); ++i) out.emplace(prefix + std::to_string(i), arrays[i]);
  return out;
}

}  // namespace spud::io
