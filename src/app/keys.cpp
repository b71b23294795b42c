// SPDX-License-Identifier: Apache-2.0
// `spud keys`: a development PKI, one certificate authority a party. Files: ca.pem and ca.key in an
// authority's folder, certificate.pem and key.pem in a process's, one <party>.pem a party in a folder of
// bundles.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>

#include <sys/stat.h>
#include <unistd.h>

#include "app/verbs.hpp"
#include "base/clock.hpp"
#include "service/config/key.hpp"
#include "service/stock/stock_keys.hpp"
#include "system/crypto/pki.hpp"
#include "system/crypto/random.hpp"
#include "system/crypto/trust.hpp"

namespace spud::app {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSecondsPerDay = 86'400;
/// Clocks of different machines differ a little; a certificate is good from a while ago on.
constexpr std::int64_t kClockSkewSeconds = 300;

struct Options {
  std::string party, out, ca, role, name;
  std::vector<std::string> authorities;
  std::int64_t days = 365;
  std::string time;  ///< instead of days
  bool replace = false;
};

Result<crypto::Validity> validity(const Options& o) {
  const std::int64_t now = SystemClock().unix_millis() / 1000;
  if (!o.time.empty()) {
    const auto time = service::parse_duration(o.time);
    if (!time || *time < Millis(1000))
      return bad_input("'" + o.time + "'", "--for", "a duration such as 12h");
    return crypto::Validity{now - kClockSkewSeconds, now + time->count() / 1000};
  }
  if (o.days < 1 || o.days > 36'500)
    return bad_input(std::to_string(o.days) + " days", "--days", "1 to 36500");
  return crypto::Validity{now - kClockSkewSeconds, now + o.days * kSecondsPerDay};
}

Status make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    return bad_input("the folder cannot be made: " + error.message(), folder.string(),
                     "a folder that can be written");
  return {};
}

Status make_ca(const Options& o) {
  if (!is_valid_name(o.party))
    return bad_input("'" + o.party + "' is no name", "--party", "1 to 63 of a-z, 0-9, '.', '_', '-'");
  SPUD_ASSIGN(auto time, validity(o));
  SPUD_TRY(make_folder(o.out));
  SPUD_ASSIGN(auto ca, crypto::create_ca(PartyId(o.party), time));
  SPUD_TRY(ca.key.write(fs::path(o.out) / "ca.key"));
  SPUD_TRY(ca.certificate.write(fs::path(o.out) / "ca.pem"));
  std::printf("certificate authority of %s in %s\n", o.party.c_str(), o.out.c_str());
  return {};
}

/// In place of the one that is there, if there is one, and readable for whom that was. A reader sees the old
/// one or the new one.
Status replace_key(const crypto::PrivateKey& key, const fs::path& file) {
  fs::path fresh = file;
  fresh += ".new";
  std::error_code error;
  fs::remove(fresh, error);
  SPUD_TRY(key.write(fresh));
  struct stat before;
  if (::stat(file.c_str(), &before) == 0) {
    if (::chown(fresh.c_str(), before.st_uid, before.st_gid) != 0 ||
        ::chmod(fresh.c_str(), before.st_mode & (S_IRWXU | S_IRWXG)) != 0) {
      const std::string why = std::strerror(errno);
      fs::remove(fresh, error);
      return fail(ErrorCode::kDenied, "cannot be given to the owner of the key before: " + why,
                  file.string());
    }
  }
  fs::rename(fresh, file, error);
  if (error) return fail(ErrorCode::kUnavailable, "cannot be replaced: " + error.message(), file.string());
  return {};
}

/// The one trust domain that an authority's certificate names.
Result<std::string> domain_of(const crypto::Certificate& ca, const std::string& where) {
  constexpr std::string_view kScheme = "spiffe://";
  auto names = ca.uri_names();
  if (names.size() != 1 || !names[0].starts_with(kScheme)) {
    return bad_input("names no trust domain", where, "a certificate authority made by 'spud keys ca'");
  }
  return names[0].substr(kScheme.size());
}

Status issue(const Options& o) {
  const fs::path folder(o.ca);
  auto role = crypto::parse_role(o.role);
  if (!role)
    return bad_input("unknown role '" + o.role + "'", "--role",
                     "What it may be: compute, dealer, scheduler or client");
  SPUD_ASSIGN(auto ca_key, crypto::PrivateKey::read(folder / "ca.key"));
  SPUD_ASSIGN(auto ca_certificate, crypto::Certificate::read(folder / "ca.pem"));
  SPUD_ASSIGN(auto domain, domain_of(ca_certificate, (folder / "ca.pem").string()));
  SPUD_ASSIGN(auto time, validity(o));
  time.not_after = std::min(time.not_after, ca_certificate.not_after());
  crypto::Identity identity{PartyId(), domain, *role, NodeId(o.name)};
  SPUD_ASSIGN(auto leaf, crypto::issue(crypto::Credential{ca_key, ca_certificate}, identity, time));
  SPUD_TRY(make_folder(o.out));
  const fs::path key = fs::path(o.out) / "key.pem";
  SPUD_TRY(o.replace ? replace_key(leaf.key, key) : leaf.key.write(key));
  SPUD_TRY(leaf.certificate.write(fs::path(o.out) / "certificate.pem"));
  std::printf("%s in %s\n", identity.uri().c_str(), o.out.c_str());
  return {};
}

Status bundle(const Options& o) {
  SPUD_TRY(make_folder(o.out));
  std::map<PartyId, crypto::TrustBundle> bundles;
  for (const auto& folder : o.authorities) {
    const fs::path file = fs::path(folder) / "ca.pem";
    SPUD_ASSIGN(auto ca, crypto::Certificate::read(file));
    SPUD_ASSIGN(auto domain, domain_of(ca, file.string()));
    // The development PKI names a party's domain after it.
    const PartyId party(domain.substr(0, domain.rfind('.')));
    auto& bundle = bundles[party];
    bundle.party = party;
    bundle.domain = domain;
    bundle.authorities.push_back(std::move(ca));
  }
  for (const auto& [party, bundle] : bundles)
    SPUD_TRY(bundle.write(fs::path(o.out) / (party.str() + ".pem")));
  std::printf("%zu parties in %s\n", bundles.size(), o.out.c_str());
  return {};
}

Status stock_key(const Options& o) {
  const fs::path file(o.out);
  if (file.has_parent_path()) SPUD_TRY(make_folder(file.parent_path().string()));
  crypto::OsRandom random;
  SPUD_TRY(service::stock::StockKeys::make_file(file, random));
  std::printf("a stock key in %s\n", o.out.c_str());
  return {};
}

}  // namespace

void add_keys(CLI::App& app, int& exit_code) {
  auto o = std::make_shared<Options>();
  auto* keys = app.add_subcommand("keys", "A development PKI: one certificate authority a party");
  keys->require_subcommand(1);
  auto run = [&exit_code, o](Status (*step)(const Options&)) {
    return [&exit_code, o, step] {
      auto status = step(*o);
      exit_code = status ? 0 : report(status.error());
    };
  };
  auto* ca = keys->add_subcommand("ca", "Make a party's certificate authority");
  ca->footer("Example: spud keys ca --party alice --out keys/alice");
  ca->add_option("--party", o->party, "The organisation")->required();
  ca->add_option("--out", o->out, "Folder for ca.pem and ca.key")->required();
  ca->add_option("--days", o->days, "How long it is valid")->capture_default_str();
  ca->callback(run(make_ca));

  auto* leaf = keys->add_subcommand("issue", "Issue a key and certificate for one process or client");
  leaf->footer(
      "Example: spud keys issue --ca keys/alice --role compute --name alice-0 --out keys/alice/alice-0");
  leaf->add_option("--ca", o->ca, "Folder of the party's authority")->required();
  leaf->add_option("--role", o->role, "What it may be: compute, dealer, scheduler or client")->required();
  leaf->add_option("--name", o->name, "Name of the process")->required();
  leaf->add_option("--out", o->out, "Folder for certificate.pem and key.pem")->required();
  auto* days = leaf->add_option("--days", o->days, "How long it is valid, at most as long as the authority")
                   ->capture_default_str();
  leaf->add_option("--for", o->time, "How long it is valid, in place of --days: 12h, 30m")->excludes(days);
  leaf->add_flag("--replace", o->replace,
                 "Put a new key and certificate in the place of those in --out, for a renewal");
  leaf->callback(run(issue));

  auto* trust = keys->add_subcommand("bundle", "Collect what a process must trust: one file a party");
  trust->footer(
      "Example: spud keys bundle --out keys/bundles keys/alice keys/bob keys/carol\n"
      "Several authorities of one party stand in one file, while a new one replaces the old.");
  trust->add_option("--out", o->out, "Folder for <party>.pem")->required();
  trust->add_option("AUTHORITIES", o->authorities, "Folders of the parties' authorities")->required();
  trust->callback(run(bundle));

  auto* stock =
      keys->add_subcommand("stock", "Make a key that encrypts a node's tapes: one a node, for nobody else");
  stock->footer(
      "Example: spud keys stock --out keys/alice/alice-0/stock.key\n"
      "To change it: make another, name it first among the node's stock.keys, restart the node, and take "
      "the old one away.");
  stock->add_option("--out", o->out, "File; it must not exist yet")->required();
  stock->callback(run(stock_key));
}

}  // namespace spud::app
