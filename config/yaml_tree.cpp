#include "config/yaml_tree.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <sstream>
#include <utility>

#include "config/foreign_text.hpp"

namespace propriod::config {
namespace {

Mark to_mark(const YAML::Mark& mark) {
  return mark.is_null() ? Mark{} : Mark{.line = mark.line + 1, .column = mark.column + 1};
}

/// YAML that a configuration has no use for.
class Refusal : public YAML::ParserException {
 public:
  using ParserException::ParserException;
};

/// Builds the tree from the parser's events. Throws `Refusal` through the parser, which throws YAML::Exception itself.
class TreeBuilder final : public YAML::EventHandler {
 public:
  YamlNode take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (std::exchange(started_, true)) throw Refusal(mark, "a second document; allowed: one");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { add(mark, new_node(YamlNode::Kind::kNull, mark)); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& value) override {
    refuse_tag(mark, tag);
    YamlNode node = new_node(YamlNode::Kind::kScalar, mark);
    node.text = value;
    node.quoted = tag == "!";
    add(mark, std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, YamlNode::Kind::kList);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open(mark, tag, YamlNode::Kind::kMapping);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

  void OnAnchor(const YAML::Mark& mark, const std::string&) override {
    throw Refusal(mark, "anchors (&) are not allowed; write the value out where it is needed");
  }
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}  // without anchors the parser itself refuses aliases

 private:
  struct Open {
    YamlNode node;
    std::optional<YamlNode> key;  // of a mapping: read, its value is not
  };

  // The parser gives plain scalars and collections the tag "?", quoted scalars "!".
  static void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag == "?" || tag == "!" || tag.empty()) return;
    throw Refusal(mark, "tags (!) are not allowed; put text that begins with ! in quotes");
  }

  YamlNode new_node(YamlNode::Kind kind, const YAML::Mark& mark) {
    if (++nodes_ > kMaxYamlNodes) throw Refusal(mark, fmt::format("too much; allowed: {} values", kMaxYamlNodes));
    YamlNode node;
    node.kind = kind;
    node.mark = to_mark(mark);
    return node;
  }

  bool awaits_key() const {
    return !open_.empty() && open_.back().node.kind == YamlNode::Kind::kMapping && !open_.back().key;
  }

  void open(const YAML::Mark& mark, const std::string& tag, YamlNode::Kind kind) {
    refuse_tag(mark, tag);
    if (awaits_key()) throw Refusal(mark, "not a key; allowed: a word");
    if (open_.size() == kMaxYamlDepth) {
      throw Refusal(mark, fmt::format("nested too deep; allowed: {} levels", kMaxYamlDepth));
    }
    open_.push_back({.node = new_node(kind, mark), .key = std::nullopt});
  }

  void close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    add(YAML::Mark::null_mark(), std::move(node));
  }

  void add(const YAML::Mark& mark, YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    const bool null = node.kind == YamlNode::Kind::kNull;  // the parser notices it at the next token, lines away
    auto& [parent, key] = open_.back();
    if (parent.kind == YamlNode::Kind::kList) {
      if (null) node.mark = parent.mark;
      parent.items.push_back(std::move(node));
    } else if (key) {
      if (null) node.mark = key->mark;
      parent.members.push_back({.key = std::move(key->text), .mark = key->mark, .value = std::move(node)});
      key.reset();
    } else {
      if (null) throw Refusal(mark, "not a key; allowed: a word");
      key = std::move(node);
    }
  }

  bool started_ = false;
  YamlNode root_;
  std::vector<Open> open_;
  std::size_t nodes_ = 0;
};

/// YAML 1.2 allows no control characters but these; yaml-cpp takes one of them for the end of the text.
bool allowed_in_yaml(char c) {
  return static_cast<std::uint8_t>(c) >= 0x20 ? c != 0x7F : c == '\t' || c == '\n' || c == '\r';
}

Mark mark_at(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {.line = static_cast<int>(std::ranges::count(before, '\n')) + 1,
          .column = static_cast<int>(offset - line_start) + 1};
}

}  // namespace

tl::expected<YamlNode, YamlError> parse_yaml(std::string_view text) {
  if (const std::size_t valid = valid_utf8_prefix(text); valid != text.size()) {
    return tl::unexpected(YamlError{mark_at(text, valid), "not UTF-8; save the file in that encoding"});
  }
  if (const auto* const control = std::ranges::find_if_not(text, allowed_in_yaml); control != text.end()) {
    return tl::unexpected(YamlError{mark_at(text, static_cast<std::size_t>(control - text.begin())),
                                    "a control character; write it as \"\\xNN\" in double quotes"});
  }
  TreeBuilder builder;
  try {
    std::istringstream stream{std::string{text}};
    YAML::Parser parser{stream};
    const bool any = parser.HandleNextDocument(builder);
    if (!any) return tl::unexpected(YamlError{{}, "empty; allowed: keys and their values"});
    parser.HandleNextDocument(builder);  // throws when there is another
    return builder.take_root();
  } catch (const Refusal& refusal) {
    return tl::unexpected(YamlError{to_mark(refusal.mark), refusal.msg});
  } catch (const YAML::Exception& error) {
    return tl::unexpected(
        YamlError{to_mark(error.mark),
                  fmt::format("not YAML ({}); check brackets, quotes and indentation up to here", shown(error.msg))});
  }
}

}  // namespace propriod::config
