#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

/// YAML as far as a configuration needs it: one document of mappings, lists and scalars with their places. Anchors,
/// aliases and tags are refused, so that what is read is what is written, no bigger and no deeper.
namespace propriod::config {

/// A place in a text: 1-based, columns in bytes.
struct Mark {
  int line = 1;
  int column = 1;
};

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMapping };
  struct Member;

  Kind kind = Kind::kNull;
  Mark mark;                    ///< of a null: the key or list it belongs to; of all else: its first character
  std::string text;             ///< of a scalar: well-formed UTF-8
  bool quoted = false;          ///< of a scalar: it can only be text
  std::vector<YamlNode> items;  ///< of a list
  std::vector<Member> members;  ///< of a mapping, in the order of the text; keys may repeat
};

struct YamlNode::Member {
  std::string key;
  Mark mark;  ///< of the key
  YamlNode value;
};

struct YamlError {
  Mark mark;
  std::string what;
};

inline constexpr std::size_t kMaxYamlDepth = 16;
inline constexpr std::size_t kMaxYamlNodes = 65'536;

/// Reads the one document of `text`. The error is the first place that is no UTF-8, no YAML, or more than is allowed.
/// Any thread.
[[nodiscard]] tl::expected<YamlNode, YamlError> parse_yaml(std::string_view text);

}  // namespace propriod::config
