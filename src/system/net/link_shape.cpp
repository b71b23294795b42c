// SPDX-License-Identifier: Apache-2.0
#include "system/net/link_shape.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>

namespace spud::net {
namespace {

constexpr double kMaxDelayMicros = 60e6;
constexpr double kMaxBitsPerSecond = 1e12;

struct Unit {
  std::string_view name;
  double factor;
};
constexpr Unit kTimes[] = {{"us", 1}, {"ms", 1e3}, {"s", 1e6}};
constexpr Unit kRates[] = {{"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}};

}  // namespace

Result<LinkShape> LinkShape::parse(std::string_view text) {
  auto refuse = [&](const std::string& why) {
    return bad_input("'" + std::string(text) + "' " + why, "link",
                     "a delay and a rate like 20ms,100mbit, or none");
  };
  LinkShape shape;
  if (text == "none") return shape;
  bool have_delay = false, have_rate = false;
  for (std::string_view rest = text;;) {
    std::size_t comma = rest.find(',');
    std::string_view part = rest.substr(0, comma);
    double number = 0;
    auto [end, error] =
        std::from_chars(part.data(), part.data() + part.size(), number, std::chars_format::fixed);
    if (error != std::errc() || !(number >= 0)) return refuse("has a part without a number");
    std::string_view unit = part.substr(static_cast<std::size_t>(end - part.data()));
    auto named = [&](const Unit& candidate) { return candidate.name == unit; };
    auto time = std::find_if(std::begin(kTimes), std::end(kTimes), named);
    auto rate = std::find_if(std::begin(kRates), std::end(kRates), named);
    if (time != std::end(kTimes) && !have_delay) {
      if (number * time->factor > kMaxDelayMicros) return refuse("has a delay above one minute");
      shape.delay = Micros(std::llround(number * time->factor));
      have_delay = true;
    } else if (rate != std::end(kRates) && !have_rate) {
      double bits = number * rate->factor;
      if (bits < 1000 || bits > kMaxBitsPerSecond) return refuse("has a rate outside 1kbit to 1000gbit");
      shape.bits_per_second = static_cast<std::uint64_t>(std::llround(bits));
      have_rate = true;
    } else {
      return refuse("has an unknown or repeated unit");
    }
    if (comma == std::string_view::npos) return shape;
    rest.remove_prefix(comma + 1);
  }
}

std::string LinkShape::str() const {
  if (!active()) return "none";
  std::string out;
  if (delay.count() > 0) {
    out = delay.count() % 1000 == 0 ? std::to_string(delay.count() / 1000) + "ms"
                                    : std::to_string(delay.count()) + "us";
  }
  if (bits_per_second > 0) {
    if (!out.empty()) out += ",";
    if (bits_per_second % 1'000'000 == 0) return out + std::to_string(bits_per_second / 1'000'000) + "mbit";
    std::string bits = std::to_string(bits_per_second);
    std::string fraction = bits.substr(bits.size() - 3);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    out += bits.substr(0, bits.size() - 3);
    if (!fraction.empty()) out += "." + fraction;
    out += "kbit";
  }
  return out;
}

Micros LinkSchedule::arrival(Micros now, std::size_t bytes) {
  if (shape_.bits_per_second > 0) {
    if (now > line_free_) {
      line_free_ = now;
      carry_ = 0;
    }
    // In steps, so that bits × 10^6 stays far from 2^64 for every frame.
    constexpr std::size_t kStepBytes = 1u << 30;
    for (std::size_t left = bytes; left > 0;) {
      std::size_t step = std::min(left, kStepBytes);
      std::uint64_t work = carry_ + static_cast<std::uint64_t>(step) * 8 * 1'000'000;
      line_free_ += Micros(work / shape_.bits_per_second);
      carry_ = work % shape_.bits_per_second;
      left -= step;
    }
    return line_free_ + shape_.delay;
  }
  return now + shape_.delay;
}

}  // namespace spud::net
