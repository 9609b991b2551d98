#include "config/yaml_tree.hpp"

#include <gtest/gtest.h>

#include <string>

namespace propriod::config {
namespace {

using Kind = YamlNode::Kind;

std::string error_of(std::string_view text) {
  const auto tree = parse_yaml(text);
  return tree ? "none" : tree.error().what;
}

TEST(YamlTree, KnowsWhereEverythingStands) {
  const auto tree = parse_yaml("a: 1\nb:\n  - x\n  - {c: \"2\"}\n").value();
  ASSERT_EQ(tree.kind, Kind::kMapping);
  ASSERT_EQ(tree.members.size(), 2U);
  EXPECT_EQ(tree.members[0].value.text, "1");
  EXPECT_EQ(tree.members[0].value.mark.line, 1);
  EXPECT_EQ(tree.members[0].value.mark.column, 4);
  const YamlNode& list = tree.members[1].value;
  ASSERT_EQ(list.kind, Kind::kList);
  ASSERT_EQ(list.items.size(), 2U);
  EXPECT_EQ(list.items[0].mark.line, 3);
  EXPECT_EQ(list.items[0].mark.column, 5);
  EXPECT_FALSE(list.items[0].quoted);
  EXPECT_EQ(list.items[1].members[0].mark.column, 6);
  EXPECT_TRUE(list.items[1].members[0].value.quoted);
}

TEST(YamlTree, PutsANullWhereItsKeyStands) {
  const auto tree = parse_yaml("a:\n\n\nb: ~\n").value();
  EXPECT_EQ(tree.members[0].value.kind, Kind::kNull);
  EXPECT_EQ(tree.members[0].value.mark.line, 1);
  EXPECT_EQ(tree.members[1].value.kind, Kind::kNull);
}

TEST(YamlTree, CountsColumnsInBytes) { EXPECT_EQ(parse_yaml("\xc3\xa4: 1\n").value().members[0].value.mark.column, 5); }

TEST(YamlTree, KeepsRepeatedKeys) { EXPECT_EQ(parse_yaml("{a: 1, a: 2}").value().members.size(), 2U); }

TEST(YamlTree, ReadsWindowsLineEndsAndAByteOrderMark) {
  const auto tree = parse_yaml(
                        "\xef\xbb\xbf"
                        "a: 1\r\nb: 2\r\n")
                        .value();
  EXPECT_EQ(tree.members[0].key, "a");
  EXPECT_EQ(tree.members[1].value.text, "2");
  EXPECT_EQ(tree.members[1].mark.line, 2);
}

TEST(YamlTree, IsNoDeeperThanAllowed) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + "x" + std::string(depth, ']'); };
  EXPECT_EQ(error_of(nested(kMaxYamlDepth)), "none");
  EXPECT_EQ(error_of(nested(kMaxYamlDepth + 1)), "nested too deep; allowed: 16 levels");
  EXPECT_EQ(error_of(nested(100'000)), "nested too deep; allowed: 16 levels");
  std::string dashes;
  for (int i = 0; i < 100'000; ++i) dashes += "- ";
  EXPECT_EQ(error_of(dashes), "nested too deep; allowed: 16 levels");
}

TEST(YamlTree, HasNoMoreValuesThanAllowed) {
  const auto list = [](std::size_t values) {  // the list is one, too
    std::string text = "[";
    for (std::size_t i = 0; i + 1 < values; ++i) text += "a,";
    return text + "]";
  };
  EXPECT_EQ(error_of(list(kMaxYamlNodes)), "none");
  EXPECT_EQ(error_of(list(kMaxYamlNodes + 1)), "too much; allowed: 65536 values");
}

}  // namespace
}  // namespace propriod::config
