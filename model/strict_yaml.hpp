#pragma once

#include <yaml-cpp/yaml.h>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace propriod::model {

/// A map of a YAML document that a program wrote: every key is asked for, and none may be left over. All functions
/// throw BundleError `<path>:<line>: <key>: <what>; <what to do>`. Thread-bound.
class StrictMap {
 public:
  static constexpr std::string_view kAdvice = "copy the bundle again";

  /// The top of the one document in `yaml`: plain maps, lists and scalars without anchors, aliases and tags, at most
  /// 16,384 of them and 8 levels. `path` is for the messages.
  [[nodiscard]] static StrictMap parse(std::string_view yaml, const std::string& path);

  /// Whether the key is there, for the few that may be left out; asking is not taking.
  [[nodiscard]] bool has(const std::string& key) const { return entries_.contains(key); }

  [[nodiscard]] StrictMap map(const std::string& key);
  [[nodiscard]] bool boolean(const std::string& key);

  /// Text of at most `max_bytes`, UTF-8 without control characters.
  [[nodiscard]] std::string text(const std::string& key, std::size_t max_bytes);
  [[nodiscard]] std::vector<std::string> texts(const std::string& key, std::size_t max_bytes);

  /// A finite number within `least` … `most`. For int, std::int64_t, std::uint64_t and double.
  template <typename Number>
  [[nodiscard]] Number number(const std::string& key, std::type_identity_t<Number> least,
                              std::type_identity_t<Number> most);

  [[nodiscard]] std::vector<std::string> keys() const;

  /// Throws for a key that nobody asked for.
  void finish() const;

  /// Throws `message` about a key that is there.
  [[noreturn]] void fail(const std::string& key, std::string_view message, std::string_view advice = kAdvice) const;

 private:
  struct Entry {
    YAML::Node value;
    int line;
    bool taken = false;
  };

  StrictMap(const YAML::Node& node, std::string path, std::string prefix);
  const YAML::Node& take(const std::string& key);
  [[nodiscard]] std::string checked_text(const std::string& key, const YAML::Node& node, std::size_t max_bytes) const;

  std::string path_;
  std::string prefix_;  // of this map's keys: "" or "input."
  int line_ = 0;
  std::map<std::string, Entry> entries_;
};

}  // namespace propriod::model
