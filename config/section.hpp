#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "config/suggestion.hpp"
#include "config/value.hpp"

namespace propriod::config {

/// One key that a section of the file may have, and how it gets into `T`.
template <typename T>
struct Key {
  std::string_view name;
  bool required;
  void (*read)(const Value& value, T& into);
};

template <typename T>
std::vector<std::string_view> names_of(std::span<const Key<T>> keys) {
  std::vector<std::string_view> names;
  for (const Key<T>& key : keys) names.push_back(key.name);
  return names;
}

/// Reads what `keys` lists from the mapping `section`, adds a problem for every required key it lacks, and returns the
/// members that `keys` does not list.
template <typename T>
std::vector<Value::Member> read_known(const Value& section, std::span<const Key<T>> keys, T& into) {
  const auto members = section.members();
  if (!members) return {};
  std::vector<Value::Member> unknown;
  std::set<std::string_view> present;
  for (const auto& member : *members) {
    const auto key = std::ranges::find(keys, member.name, &Key<T>::name);
    if (key == keys.end()) {
      unknown.push_back(member);
    } else {
      present.insert(key->name);
      key->read(member.value, into);
    }
  }
  for (const Key<T>& key : keys) {
    if (key.required && !present.contains(key.name)) section.fail_missing(key.name, "missing; there is no default");
  }
  return unknown;
}

/// Adds the problem that nobody knows this key.
inline void refuse_unknown(const Value::Member& member, std::span<const std::string_view> known) {
  const auto meant = did_you_mean(member.name, known);
  member.value.fail_key(fmt::format("unknown key{}; allowed: {}",
                                    meant ? fmt::format(", did you mean {}?", *meant) : "", fmt::join(known, ", ")));
}

/// Reads a section whose keys are `keys` and no others.
template <typename T>
void read_section(const Value& section, std::span<const Key<T>> keys, T& into) {
  const auto names = names_of(keys);
  for (const auto& member : read_known(section, keys, into)) refuse_unknown(member, names);
}

}  // namespace propriod::config
