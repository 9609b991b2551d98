#include "config/value.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <system_error>

#include "config/foreign_text.hpp"
#include "config/names.hpp"
#include "config/suggestion.hpp"

namespace propriod::config {
namespace {

constexpr std::size_t kMaxPathBytes = 4095;  // PATH_MAX without its NUL

/// The whole of `text` as a number, whatever the locale.
template <typename T>
std::optional<T> parse(std::string_view text) {
  T number{};
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return number;
}

}  // namespace

void Value::read_boolean(bool& into) const {
  if (node_->quoted || (text() != "true" && text() != "false")) return refuse("true or false");
  into = text() == "true";
}

std::optional<double> Value::number() const {
  const auto number = node_->quoted ? std::nullopt : parse<double>(text());
  return number && std::isfinite(*number) ? number : std::nullopt;
}

void Value::read_number(double& into, double min, double max) const {
  const auto found = number();
  if (!found || *found < min || *found > max) return refuse(fmt::format("a number from {} to {}", min, max));
  into = *found;
}

std::optional<std::uint64_t> Value::whole_number(std::uint64_t min, std::uint64_t max) const {
  auto number = node_->quoted ? std::nullopt : parse<std::uint64_t>(text());
  if (number && *number >= min && *number <= max) return number;
  refuse(fmt::format("a whole number from {} to {}", min, max));
  return std::nullopt;
}

void Value::read_seconds(std::chrono::seconds& into, std::chrono::seconds min, std::chrono::seconds max) const {
  auto number = into.count();
  read_whole_number(number, min.count(), max.count());
  into = std::chrono::seconds{number};
}

void Value::read_text(std::string& into, std::size_t max_bytes) const {
  if (text().empty() || text().size() > max_bytes || !printable(text())) {
    return refuse(fmt::format("text of 1 to {} bytes without control characters", max_bytes));
  }
  into = text();
}

void Value::read_name(std::string& into) const {
  if (!valid_name(text())) return refuse(kNameRule);
  into = text();
}

void Value::read_one_of(std::string& into, std::span<const std::string_view> allowed) const {
  if (std::ranges::find(allowed, text()) != allowed.end()) {
    into = text();
    return;
  }
  const auto meant = did_you_mean(text(), allowed);
  refuse(fmt::format("{}{}", fmt::join(allowed, ", "), meant ? fmt::format("; did you mean {}?", *meant) : ""));
}

void Value::read_path(std::filesystem::path& into) const {
  std::string path;
  read_text(path, kMaxPathBytes);
  if (!path.empty()) into = (reading_->folder / path).lexically_normal();
}

std::optional<std::vector<Value>> Value::items(std::string_view allowed) const {
  if (!is(YamlNode::Kind::kList)) {
    refuse(allowed);
    return std::nullopt;
  }
  std::vector<Value> result;
  result.reserve(node_->items.size());
  for (const YamlNode& item : node_->items) {
    result.emplace_back(item, item.mark, fmt::format("{}[{}]", key_, result.size()), *reading_);
  }
  return result;
}

std::optional<std::vector<Value::Member>> Value::members() const {
  if (!is(YamlNode::Kind::kMapping)) {
    refuse("keys and their values");
    return std::nullopt;
  }
  std::vector<Member> result;
  std::set<std::string_view> seen;
  for (const YamlNode::Member& member : node_->members) {
    Value value = child(member);
    if (seen.insert(member.key).second) {
      result.push_back({.name = member.key, .value = std::move(value)});
    } else {
      value.fail_key("given twice; allowed: once");
    }
  }
  return result;
}

std::optional<Value> Value::member(std::string_view name) const {
  const auto found = std::ranges::find(node_->members, name, &YamlNode::Member::key);
  if (found == node_->members.end()) return std::nullopt;
  return child(*found);
}

void Value::refuse(std::string_view allowed) const {
  switch (node_->kind) {
    case YamlNode::Kind::kNull:
      return fail(fmt::format("found nothing; allowed: {}", allowed));
    case YamlNode::Kind::kList:
      return fail(fmt::format("found a list; allowed: {}", allowed));
    case YamlNode::Kind::kMapping:
      return fail(fmt::format("found keys and values; allowed: {}", allowed));
    case YamlNode::Kind::kScalar:
      break;
  }
  fail(fmt::format(R"(found {}{}{}; allowed: {})", node_->quoted ? '"' : '\'', shown(text()),
                   node_->quoted ? '"' : '\'', allowed));
}

void Value::fail_missing(std::string_view name, std::string what) const {
  fail_at(node_->mark, key_of(name), std::move(what));
}

Value Value::child(const YamlNode::Member& member) const {
  return {member.value, member.mark, key_of(member.key), *reading_};
}

std::string Value::key_of(std::string_view name) const {
  return key_.empty() ? shown(name) : fmt::format("{}.{}", key_, shown(name));
}

void Value::fail_at(const Mark& mark, std::string key, std::string what) const {
  reading_->problems.push_back({.file = reading_->file,
                                .line = mark.line,
                                .column = mark.column,
                                .key = std::move(key),
                                .what = std::move(what)});
}

}  // namespace propriod::config
