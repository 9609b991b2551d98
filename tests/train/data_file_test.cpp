#include "train/data_file.hpp"

#include <gmock/gmock.h>

#include <string>

#include "drivers/label.hpp"

namespace propriod::train {
namespace {

constexpr std::size_t kMostBytes = 1024;

TEST(PlainName, CutsAtTheBorderOfACharacter) {
  for (const std::string character : {"é", "ệ", "𝄞"}) {  // of 2, 3 and 4 bytes
    for (std::size_t offset = 0; offset < character.size(); ++offset) {
      std::string name(offset, 'x');
      while (name.size() <= kMostBytes) name += character;
      const auto plain = plain_name(name);
      EXPECT_TRUE(drivers::is_plain_text(plain, kMostBytes)) << offset;
      EXPECT_TRUE(name.starts_with(plain)) << "cut, and otherwise as it was: " << plain;
      EXPECT_GT(plain.size() + character.size(), kMostBytes) << "no more than needed";
    }
  }
}

TEST(PlainName, LeavesAloneWhatFits) {
  EXPECT_EQ(plain_name("p1/Ngọc.txt"), "p1/Ngọc.txt");
  const std::string longest = std::string(kMostBytes - 2, 'x') + "é";
  EXPECT_EQ(plain_name(longest), longest);
}

TEST(PlainName, ShowsForeignBytesAsQuestionMarks) {
  EXPECT_EQ(plain_name("a\nb\x7f.txt"), "a?b?.txt");
  EXPECT_EQ(plain_name("caf\xe9.txt"), "caf?.txt") << "Latin-1";
  EXPECT_TRUE(drivers::is_plain_text(plain_name(std::string(2 * kMostBytes, '\x80')), kMostBytes));
  EXPECT_TRUE(drivers::is_plain_text(plain_name("\xc2\x85"), kMostBytes)) << "a control character of two bytes";
}

}  // namespace
}  // namespace propriod::train
