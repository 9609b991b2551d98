#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/problem.hpp"
#include "config/yaml_tree.hpp"

namespace propriod::config {

/// What all values of one file share while it is read.
struct Reading {
  std::filesystem::path file;
  std::filesystem::path folder;  ///< absolute: relative paths are meant from here
  std::vector<Problem> problems;
};

/// One value of the file and the key it belongs to. Every `read_…` either assigns `into`, or leaves it alone and adds a
/// problem that says what was found and what is allowed. Refers to the tree and the reading; one thread.
class Value {
 public:
  struct Member;

  Value(const YamlNode& node, Mark key_mark, std::string key, Reading& reading)
      : node_(&node), key_mark_(key_mark), key_(std::move(key)), reading_(&reading) {}

  void read_boolean(bool& into) const;
  void read_number(double& into, double min, double max) const;
  void read_seconds(std::chrono::seconds& into, std::chrono::seconds min, std::chrono::seconds max) const;

  template <std::integral T>
  void read_whole_number(T& into, T min, T max) const {  // min ≥ 0
    const auto number = whole_number(static_cast<std::uint64_t>(min), static_cast<std::uint64_t>(max));
    if (number) into = static_cast<T>(*number);
  }

  /// 1 … `max_bytes` bytes without control characters.
  void read_text(std::string& into, std::size_t max_bytes) const;
  void read_name(std::string& into) const;
  void read_one_of(std::string& into, std::span<const std::string_view> allowed) const;
  void read_path(std::filesystem::path& into) const;

  /// The values of a list. Anything else is a problem that says what is `allowed`, and nullopt.
  [[nodiscard]] std::optional<std::vector<Value>> items(std::string_view allowed) const;

  /// The members of a mapping, without repetitions of a key, which are problems. Anything else is one, and nullopt.
  [[nodiscard]] std::optional<std::vector<Member>> members() const;

  /// The member of that name, if this is a mapping that has it.
  [[nodiscard]] std::optional<Value> member(std::string_view name) const;

  /// The finite number that an unquoted scalar is.
  [[nodiscard]] std::optional<double> number() const;

  /// The text of a scalar; else empty.
  [[nodiscard]] std::string_view text() const noexcept { return node_->text; }

  /// Adds the problem "found …; allowed: `allowed`".
  void refuse(std::string_view allowed) const;

  /// Adds a problem at the value's place.
  void fail(std::string what) const { fail_at(node_->mark, key_, std::move(what)); }

  /// Adds a problem at the key's place.
  void fail_key(std::string what) const { fail_at(key_mark_, key_, std::move(what)); }

  /// Adds a problem with a key that this mapping does not have.
  void fail_missing(std::string_view name, std::string what) const;

 private:
  [[nodiscard]] std::optional<std::uint64_t> whole_number(std::uint64_t min, std::uint64_t max) const;
  [[nodiscard]] bool is(YamlNode::Kind kind) const noexcept { return node_->kind == kind; }
  [[nodiscard]] Value child(const YamlNode::Member& member) const;
  [[nodiscard]] std::string key_of(std::string_view name) const;
  void fail_at(const Mark& mark, std::string key, std::string what) const;

  const YamlNode* node_;
  Mark key_mark_;
  std::string key_;  // from the root: "sensors[2].rate"
  Reading* reading_;
};

struct Value::Member {
  std::string_view name;
  Value value;
};

}  // namespace propriod::config
