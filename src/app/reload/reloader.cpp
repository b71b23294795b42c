// SPDX-License-Identifier: Apache-2.0
#include "app/reload/reloader.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/utc.hpp"
#include "service/credentials.hpp"
#include "system/metrics/catalogue.hpp"

namespace spud::app {
namespace {

template <class Names>
std::string list(const Names& names) {
  std::string text;
  for (const auto& name : names) {
    if (!text.empty()) text += ",";
    if constexpr (requires { name.str(); }) {
      text += name.str();
    } else {
      text += name;
    }
  }
  return text;
}

std::string text_of(const crypto::Trust& trust) {
  std::string text;
  for (const auto& bundle : trust.bundles()) text += bundle.text();
  return text;
}

/// Is there one in `before` that `now` has not?
bool lacks_authority(const crypto::Trust& now, const crypto::Trust& before) {
  std::set<Digest> there;
  for (const auto& bundle : now.bundles())
    for (const auto& authority : bundle.authorities) there.insert(authority.fingerprint());
  for (const auto& bundle : before.bundles())
    for (const auto& authority : bundle.authorities)
      if (!there.contains(authority.fingerprint())) return true;
  return false;
}

}  // namespace

Reloader::Reloader(const service::ServiceConfig& config, net::TlsContext tls, Reread reread,
                   metrics::Registry& registry, metrics::Logger log)
    : tls_(std::move(tls)),
      files_(config.tls),
      level_(config.log().level),
      reread_(std::move(reread)),
      registry_(registry),
      log_(std::move(log)) {
  for (const char* outcome : {"done", "refused"}) registry_.counter(metrics::family::kReloads, {outcome});
}

void Reloader::refuse(const std::string& what, const Error& error) {
  registry_.counter(metrics::family::kReloads, {"refused"}).add();
  log_.error(what, error);
}

void Reloader::show() {
  const bool any = refused_.log || refused_.configuration || refused_.certificates;
  registry_.gauge(metrics::family::kReloadRefused).set(any ? 1 : 0);
}

void Reloader::take_configuration() {
  auto fresh = reread_();
  refused_.configuration = !fresh;
  if (!fresh) return refuse("the configuration is refused, and stays as it was", fresh.error());
  files_ = fresh->tls;
  if (!fresh->waiting.empty()) {
    log_.warning("what changed in the configuration waits for a restart", {{"keys", list(fresh->waiting)}});
  }
  if (fresh->log_level == level_) return;
  // By the one that lets more pass, so that it is written whatever they are.
  const auto lower = std::min(fresh->log_level, level_);
  log_.set_level(lower);
  log_.write(std::max(lower, metrics::Level::kInfo), "the log's level changes",
             {{"before", metrics::to_string(level_)}, {"now", metrics::to_string(fresh->log_level)}});
  log_.set_level(fresh->log_level);
  level_ = fresh->log_level;
  registry_.counter(metrics::family::kReloads, {"done"}).add();
}

void Reloader::reload() {
  auto opened = log_.reopen();
  refused_.log = !opened;
  if (!opened) refuse("the log's file cannot be opened anew", opened.error());
  log_.info("reloading");
  take_configuration();
  complaint_.clear();
  look(Asked::kYes);
}

void Reloader::look(Asked asked) {
  auto fresh = service::load_tls(files_);
  if (fresh) {
    auto lesser = lacks_authority(fresh->trust(), tls_.trust()) ? text_of(fresh->trust()) : std::string();
    const bool seen = lesser == std::exchange(lesser_, lesser);
    if (asked == Asked::kNo && !seen && !lesser.empty()) return;
  }
  auto renewed = fresh ? tls_.renew(*fresh) : std::unexpected(std::move(fresh).error());
  refused_.certificates = !renewed;
  show();
  if (!renewed) {
    const auto complaint = renewed.error().message();
    if (complaint == complaint_) {
      registry_.counter(metrics::family::kReloads, {"refused"}).add();
    } else {
      refuse("certificates are refused, and stay as they were", renewed.error());
    }
    complaint_ = complaint;
    return;
  }
  complaint_.clear();
  log_.debug("looked at certificates", {{"changed", renewed->changed()}});
  if (!renewed->changed()) return;
  registry_.counter(metrics::family::kReloads, {"done"}).add();
  log_.info("certificates are renewed", {{"certificate", renewed->certificate},
                                         {"until", utc_text(tls_.certificate().not_after(), kUtcStamp)},
                                         {"bundles", list(renewed->bundles)},
                                         {"connections_ended", renewed->ended}});
}

}  // namespace spud::app
