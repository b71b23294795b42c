// SPDX-License-Identifier: Apache-2.0
// A vault beside the disk it lies on: the same bytes written plainly with fsync, taken in by a vault, read
// plainly, and read as an attempt does. The page cache is dropped before each reading. SPUD_BENCH_FOLDER
// names another folder than that of temporary files.
#include <cstdlib>
#include <filesystem>
#include <vector>

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/check.hpp"
#include "service/stock/tape_intake.hpp"
#include "system/crypto/random.hpp"

namespace spud::service::stock {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPiece = 1u << 20;
constexpr std::size_t kBytes = 512u << 20;

const TapeId kTape{PartyId("carol"), NodeId("dealer"), 1, 1};
const Digest kDemand{};

/// One folder for all of it, gone at exit.
class Place {
 public:
  Place() {
    const char* wanted = std::getenv("SPUD_BENCH_FOLDER");
    std::string name =
        ((wanted != nullptr ? fs::path(wanted) : fs::temp_directory_path()) / "vault-XXXXXX").string();
    SPUD_CHECK(::mkdtemp(name.data()) != nullptr, "a folder to write to");
    path = name;
    crypto::OsRandom random;
    bytes.resize(kPiece);
    SPUD_CHECK(random.fill(bytes).has_value(), "randomness");
    PieceHash hash;
    for (std::size_t done = 0; done < kBytes; done += kPiece) hash.update(bytes);
    dealt = tape_digest(kTape, kDemand, hash.finish());
  }
  ~Place() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  fs::path path;
  Bytes bytes;
  Digest dealt;  ///< what the dealer says of them
};

Place& place() {
  static Place the;
  return the;
}

void forget_cached(const fs::path& folder) {
  ::sync();
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const int file = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) continue;
    ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    ::close(file);
  }
}

void plain_write(benchmark::State& state) {
  (void)place();  // before the clock runs
  for (auto _ : state) {
    const int file = ::open((place().path / "plain").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    for (std::size_t done = 0; done < kBytes; done += kPiece)
      SPUD_CHECK(::write(file, place().bytes.data(), kPiece) == ssize_t{kPiece}, "the disk takes it");
    SPUD_CHECK(::fsync(file) == 0, "and keeps it");
    ::close(file);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * kBytes));
}

void plain_read(benchmark::State& state) {
  (void)place();
  Bytes buffer(kPiece);
  for (auto _ : state) {
    state.PauseTiming();
    forget_cached(place().path);
    state.ResumeTiming();
    const int file = ::open((place().path / "plain").c_str(), O_RDONLY | O_CLOEXEC);
    std::size_t got = 0;
    for (ssize_t n = 0; (n = ::read(file, buffer.data(), kPiece)) > 0;) got += static_cast<std::size_t>(n);
    SPUD_CHECK(got == kBytes, "what was written");
    ::close(file);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * kBytes));
}

std::unique_ptr<TapeVault> open_vault(const Clock& clock, Random& random) {
  std::vector<Seed> keys(1);
  auto vault = TapeVault::open(place().path / "vault", StockKeys::of(std::move(keys)),
                               {1ull << 40, Millis(0), 0}, clock, random);
  SPUD_CHECK(vault.has_value(), "a vault opens");
  return std::move(*vault);
}

void take_in(TapeVault& vault) {
  auto intake = vault.begin(kTape, {}, kDemand, {}, kBytes).value();
  for (std::size_t done = 0; done < kBytes; done += kPiece)
    SPUD_CHECK(intake->write(place().bytes).has_value(), "it takes it");
  SPUD_CHECK(intake->made(kBytes, place().dealt).has_value(), "and keeps it");
  intake.reset();
  SPUD_CHECK(vault.ready(kTape).has_value(), "and it is ready");
}

// From the first byte that comes to "ready", hashed and sealed.
void vault_write(benchmark::State& state) {
  (void)place();
  SystemClock clock;
  crypto::OsRandom random;
  for (auto _ : state) {
    state.PauseTiming();
    fs::remove_all(place().path / "vault");
    auto vault = open_vault(clock, random);
    state.ResumeTiming();
    take_in(*vault);
    state.PauseTiming();
    vault.reset();
    state.ResumeTiming();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * kBytes));
}

// Burning included: from "the attempt starts" to the last byte in its hands.
void vault_read(benchmark::State& state) {
  SystemClock clock;
  crypto::OsRandom random;
  Bytes buffer(kPiece);
  for (auto _ : state) {
    state.PauseTiming();
    fs::remove_all(place().path / "vault");
    auto vault = open_vault(clock, random);
    take_in(*vault);
    const Claim claim{JobId("j"), 1, {}};
    SPUD_CHECK(vault->reserve(claim, kTape, {}, kDemand).has_value(), "it is there");
    forget_cached(place().path);
    state.ResumeTiming();
    auto stored = vault->burn(claim, kTape).value();
    for (std::size_t done = 0; done < kBytes; done += kPiece)
      SPUD_CHECK(stored->reader()->read(buffer).has_value(), "what was taken in");
    state.PauseTiming();
    stored.reset();
    vault.reset();
    state.ResumeTiming();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * kBytes));
}

BENCHMARK(plain_write)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);
BENCHMARK(plain_read)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);
BENCHMARK(vault_write)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);
BENCHMARK(vault_read)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);

}  // namespace
}  // namespace spud::service::stock
