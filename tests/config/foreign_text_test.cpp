#include "config/foreign_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace propriod::config {
namespace {

TEST(ForeignText, EndsWhereItIsNoLongerUtf8) {
  EXPECT_EQ(valid_utf8_prefix(""), 0U);
  for (const std::string good :
       {"a", "\xc3\xbc", "\xe2\x82\xac", "\xed\x9f\xbf", "\xf0\x9f\x9b\x8c", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(valid_utf8_prefix(good), good.size()) << good;
    EXPECT_EQ(valid_utf8_prefix("x" + good.substr(0, good.size() - 1)), 1U) << good;
  }
}

TEST(ForeignText, IsNoUtf8WhenOverlongASurrogateOrBeyondUnicode) {
  for (const auto* bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
    EXPECT_EQ(valid_utf8_prefix(bad), 0U) << bad;
  }
}

TEST(ForeignText, IsPrintableWithoutControlCharacters) {
  EXPECT_TRUE(printable("Bett \xc3\xbc\xe2\x82\xac"));
  for (const auto* bad : {"\t", "\x1b[0m", "\x7f", "\xc2\x80", "\xc2\x9f", "\xff"}) EXPECT_FALSE(printable(bad)) << bad;
}

TEST(ForeignText, IsShownWithControlCharactersEscaped) {
  EXPECT_EQ(shown("a\nb\x1b[0m\x7f\xc2\x9b\xc3\xbc"), "a\\x0ab\\x1b[0m\\x7f\\xc2\\x9b\xc3\xbc");
}

TEST(ForeignText, IsCutBetweenCharacters) {
  EXPECT_EQ(shown(std::string(80, 'a')), std::string(80, 'a'));
  EXPECT_EQ(shown(std::string(81, 'a')), std::string(80, 'a') + "…");
  EXPECT_EQ(shown(std::string(79, 'a') + "\xc3\xbc"), std::string(79, 'a') + "…");
}

}  // namespace
}  // namespace propriod::config
