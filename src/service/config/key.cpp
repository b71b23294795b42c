// SPDX-License-Identifier: Apache-2.0
#include "service/config/key.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>

namespace spud::service {
namespace {

namespace fs = std::filesystem;

struct Unit {
  const char* name;
  std::uint64_t size;
};
// The largest first, so that formatting takes the largest that fits.
constexpr Unit kTimes[] = {{"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}};
constexpr Unit kSizes[] = {
    {"TiB", 1ull << 40}, {"GiB", 1ull << 30}, {"MiB", 1ull << 20}, {"KiB", 1ull << 10}, {"", 1}};

/// A whole number and one of the units; nullopt also if the product does not fit.
template <std::size_t N>
std::optional<std::int64_t> parse_scaled(const std::string& text, const Unit (&units)[N]) {
  std::uint64_t number = 0;
  auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  const std::string_view suffix(stop, text.data() + text.size());
  for (const Unit& unit : units) {
    if (suffix != unit.name) continue;
    const std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    if (number > most / unit.size) return std::nullopt;
    return static_cast<std::int64_t>(number * unit.size);
  }
  return std::nullopt;
}

template <std::size_t N>
std::string format_scaled(std::uint64_t value, const Unit (&units)[N]) {
  const Unit* best = &units[N - 1];
  for (const Unit& unit : units) {
    if (value != 0 && value % unit.size == 0) {
      best = &unit;
      break;
    }
  }
  return std::to_string(value / best->size) + best->name;
}

/// ", 1 to 9" for a key's bounds as `format` writes them; empty if there are none.
template <class Format>
std::string bounds(const ConfigKey& key, Format format) {
  const bool top = key.most != std::numeric_limits<std::int64_t>::max();
  if (top) return ", " + format(key.least) + " to " + format(key.most);
  return key.least > 0 ? ", " + format(key.least) + " or more" : "";
}

std::string join(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : ", ") + word;
  return line;
}

/// What stands in the configuration for each type of target.
struct TypeName {
  const ConfigKey& key;
  std::string operator()(std::string*) const {
    return key.choices.empty() ? "a text" : "one of " + join(key.choices);
  }
  std::string operator()(NodeId*) const { return "a name of 1 to 63 of [a-z0-9._-]"; }
  std::string operator()(PartyId*) const { return "a name of 1 to 63 of [a-z0-9._-]"; }
  std::string operator()(fs::path*) const { return "a path"; }
  std::string operator()(net::Address*) const { return "an address host:port"; }
  std::string operator()(std::optional<net::Address>*) const { return "an address host:port"; }
  std::string operator()(std::optional<crypto::Identity>*) const {
    return "an identity spiffe://<domain>/spud/<role>/<name>";
  }
  std::string operator()(std::int64_t*) const {
    return "a whole number" + bounds(key, [](std::int64_t v) { return std::to_string(v); });
  }
  std::string operator()(Millis*) const {
    return "a duration such as 5s" + bounds(key, [](std::int64_t v) { return format_duration(Millis(v)); });
  }
  std::string operator()(ByteCount*) const {
    return "a size such as 64MiB" +
           bounds(key, [](std::int64_t v) { return format_byte_count({static_cast<std::uint64_t>(v)}); });
  }
  std::string operator()(bool*) const { return "true or false"; }
  std::string operator()(std::vector<std::string>*) const { return "a text or a list of texts"; }
  std::string operator()(std::vector<fs::path>*) const { return "a path or a list of paths"; }
};

/// Reads one text into a target; false if it is not of that type or out of bounds.
struct Reader {
  const ConfigKey& key;
  const std::vector<std::string>& texts;
  const fs::path& folder;

  const std::string& text() const { return texts.front(); }
  bool in_bounds(std::int64_t value) const { return value >= key.least && value <= key.most; }
  fs::path resolve(const std::string& path) const { return (folder / path).lexically_normal(); }

  bool operator()(std::string* out) const {
    *out = text();
    return key.choices.empty() ||
           std::find(key.choices.begin(), key.choices.end(), text()) != key.choices.end();
  }
  template <class Tag>
  bool operator()(StrongId<Tag>* out) const {
    *out = StrongId<Tag>(text());
    return is_valid_name(text());
  }
  bool operator()(fs::path* out) const {
    *out = resolve(text());
    return true;
  }
  bool operator()(net::Address* out) const {
    auto address = net::Address::parse(text());
    if (address) *out = *address;
    return address.has_value();
  }
  bool operator()(std::optional<net::Address>* out) const { return (*this)(&out->emplace()); }
  bool operator()(std::optional<crypto::Identity>* out) const {
    auto identity = crypto::parse_uri(text());
    if (identity) *out = *identity;
    return identity.has_value();
  }
  bool operator()(std::int64_t* out) const {
    const char* end = text().data() + text().size();
    auto [stop, error] = std::from_chars(text().data(), end, *out);
    return error == std::errc() && stop == end && in_bounds(*out);
  }
  bool operator()(Millis* out) const {
    auto duration = parse_duration(text());
    if (duration) *out = *duration;
    return duration && in_bounds(duration->count());
  }
  bool operator()(ByteCount* out) const {
    auto size = parse_byte_count(text());
    if (size) *out = *size;
    return size && in_bounds(static_cast<std::int64_t>(size->bytes));
  }
  bool operator()(bool* out) const {
    *out = text() == "true";
    return *out || text() == "false";
  }
  bool operator()(std::vector<std::string>* out) const {
    *out = texts;
    return true;
  }
  bool operator()(std::vector<fs::path>* out) const {
    out->clear();
    for (const std::string& path : texts) out->push_back(resolve(path));
    return true;
  }
};

std::string to_variable(std::string text) {
  for (char& c : text) c = c == '.' ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  return text;
}

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

bool ConfigKey::is_list() const {
  return std::holds_alternative<std::vector<std::string>*>(target) ||
         std::holds_alternative<std::vector<fs::path>*>(target);
}

bool ConfigKey::same_value(const ConfigKey& other) const {
  return std::visit(
      [](const auto* one, const auto* another) {
        if constexpr (std::is_same_v<decltype(one), decltype(another)>) return *one == *another;
        return false;
      },
      target, other.target);
}

std::string ConfigKey::type() const {
  return std::visit(TypeName{*this}, target);
}

std::string service_prefix(const std::string& service) {
  return to_variable("SPUD_" + service + "_");
}

std::string ConfigKey::variable(const std::string& service) const {
  return service_prefix(service) + to_variable(name);
}

Status ConfigKey::set(const std::vector<std::string>& texts, const fs::path& folder) const {
  auto refuse = [&](const std::string& what) { return bad_input(name + " is " + what, {}, type()); };
  if (texts.empty()) return refuse("an empty list");
  if (texts.size() > 1 && !is_list()) return refuse("a list");
  for (const std::string& text : texts) {
    if (text.empty()) return refuse("empty");
  }
  if (!std::visit(Reader{*this, texts, folder}, target)) return refuse("'" + texts.front() + "'");
  return {};
}

std::optional<Millis> parse_duration(const std::string& text) {
  auto value = parse_scaled(text, kTimes);
  if (!value) return std::nullopt;
  return Millis(*value);
}

std::string format_duration(Millis duration) {
  return format_scaled(static_cast<std::uint64_t>(duration.count()), kTimes);
}

std::optional<ByteCount> parse_byte_count(const std::string& text) {
  auto value = parse_scaled(text, kSizes);
  if (!value) return std::nullopt;
  return ByteCount{static_cast<std::uint64_t>(*value)};
}

std::string format_byte_count(ByteCount size) {
  return format_scaled(size.bytes, kSizes);
}

std::optional<std::string> find_closest(const std::string& text, const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  std::size_t least = std::max<std::size_t>(2, text.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    std::size_t distance = edit_distance(text, candidate);
    // A key written without its section is close, too.
    if (candidate.ends_with("." + text)) distance = std::min<std::size_t>(distance, 1);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace spud::service
