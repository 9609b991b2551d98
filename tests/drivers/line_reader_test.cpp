#include "drivers/line_reader.hpp"

#include <gmock/gmock.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "drivers/errors.hpp"
#include "tests/support/temporary_directory.hpp"

namespace propriod::drivers {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

const std::filesystem::path kDefects = std::filesystem::path(PROPRIOD_TEST_DEFECTS) / "recordings";

class LineReaderTest : public testing::Test {
 protected:
  std::filesystem::path file(std::string_view text) const {
    auto path = directory_ / "text";
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  tests::TemporaryDirectory directory_;
};

std::vector<std::string> lines_of(LineReader& reader) {
  std::vector<std::string> lines;
  for (std::string_view line; reader.next(line);) lines.emplace_back(line);
  return lines;
}

std::vector<std::string> lines_of(const std::filesystem::path& path) {
  LineReader reader(path);
  return lines_of(reader);
}

TEST_F(LineReaderTest, GivesLinesWithoutTheirEnds) {
  EXPECT_THAT(lines_of(file("one\ntwo\r\n\nthr\ree\n")), ElementsAre("one", "two", "", "thr\ree"));
  EXPECT_THAT(lines_of(file("")), IsEmpty());
  EXPECT_THAT(lines_of(file("\n")), ElementsAre(""));
}

TEST_F(LineReaderTest, TellsWhetherTheLastLineWasEnded) {
  LineReader reader(file("one\ntwo"));
  std::string_view line;
  ASSERT_TRUE(reader.next(line));
  EXPECT_TRUE(reader.line_ended());
  ASSERT_TRUE(reader.next(line));
  EXPECT_EQ(line, "two");
  EXPECT_FALSE(reader.line_ended());
  EXPECT_FALSE(reader.next(line));
}

TEST_F(LineReaderTest, TakesNulBytesAsData) {
  using namespace std::string_literals;
  EXPECT_THAT(lines_of(file("a\0b\n\0\n"s)), ElementsAre("a\0b"s, "\0"s));
}

TEST_F(LineReaderTest, SkipsAndCountsLinesThatAreTooLong) {
  const std::string longest(LineReader::kMaxLineBytes, 'a');
  const std::string huge(100'000, 'b');
  LineReader reader(file(longest + "\r\n" + longest + "a\n" + huge + "\nshort\n" + huge));
  EXPECT_THAT(lines_of(reader), ElementsAre(longest, "short"));
  EXPECT_EQ(reader.too_long(), 3U);
  EXPECT_EQ(reader.line_number(), 5U);
}

TEST_F(LineReaderTest, KeepsLinesWholeAcrossItsBuffer) {
  std::vector<std::string> lines;
  std::string text;
  for (std::size_t i = 0; i < 5000; ++i) {
    lines.emplace_back(i % 97, static_cast<char>('a' + i % 26));
    text += lines.back() + "\n";
  }
  EXPECT_EQ(lines_of(file(text)), lines);
}

TEST_F(LineReaderTest, ReadsGzipOfSeveralMembers) {
  const auto path = directory_ / "text.gz";
  for (const auto* text : {"one\ntw", "o\nthree\n"}) {
    const gzFile gzip = gzopen(path.c_str(), "ab");
    ASSERT_GT(gzputs(gzip, text), 0);
    gzclose(gzip);
  }
  EXPECT_THAT(lines_of(path), ElementsAre("one", "two", "three"));
}

/// Bytes that come in small pieces, as from an archive.
class Trickle final : public ByteSource {
 public:
  explicit Trickle(std::string bytes) : bytes_(std::move(bytes)) {}
  std::size_t read(std::span<char> buffer) override {
    const std::size_t count = std::min({buffer.size(), std::size_t{7}, bytes_.size() - given_});
    std::copy_n(bytes_.data() + given_, count, buffer.data());
    given_ += count;
    return count;
  }

 private:
  std::string bytes_;
  std::size_t given_ = 0;
};

TEST_F(LineReaderTest, ReadsPlainAndGzipFromAnySource) {
  std::string text;
  for (int k = 0; k < 5000; ++k) text += "line " + std::to_string(k) + "\n";
  const auto path = directory_ / "lines.gz";
  gzFile file = gzopen(path.c_str(), "wb");
  ASSERT_EQ(gzwrite(file, text.data(), static_cast<unsigned>(text.size())), static_cast<int>(text.size()));
  gzclose(file);
  std::ifstream stream(path, std::ios::binary);
  const std::string packed(std::istreambuf_iterator<char>(stream), {});

  LineReader plain("plain", std::make_unique<Trickle>(text));
  const auto expected = lines_of(plain);
  EXPECT_EQ(expected.size(), 5000U);
  LineReader gzip("gzip", std::make_unique<Trickle>(packed));
  EXPECT_EQ(lines_of(gzip), expected);
  LineReader padded("padded", std::make_unique<Trickle>(packed + std::string(100, '\0')));
  EXPECT_EQ(lines_of(padded), expected) << "tapes pad with zeros";
  LineReader twice("twice", std::make_unique<Trickle>(packed + packed));
  EXPECT_EQ(lines_of(twice).size(), 10'000U);
  LineReader cut("cut", std::make_unique<Trickle>(packed.substr(0, packed.size() - 9)));
  EXPECT_THAT([&] { lines_of(cut); }, ThrowsMessage<TruncatedError>(HasSubstr("cut: damaged gzip")));
  LineReader magic("magic", std::make_unique<Trickle>("\x1f"));
  EXPECT_THAT(lines_of(magic), ElementsAre("\x1f"));
}

TEST_F(LineReaderTest, NamesAFileThatCannotBeOpened) {
  EXPECT_THAT([&] { LineReader(directory_ / "absent.csv"); },
              ThrowsMessage<RecordingError>(AllOf(HasSubstr("absent.csv"), HasSubstr("No such file"))));
}

TEST_F(LineReaderTest, RefusesADirectory) {
  EXPECT_THAT([&] { LineReader(directory_.path()); },
              ThrowsMessage<RecordingError>(AllOf(HasSubstr(directory_.path().string()), HasSubstr("directory"))));
}

TEST_F(LineReaderTest, GivesTheLinesBeforeATruncationAndThenThrows) {
  LineReader reader(kDefects / "truncated_gzip.csv.gz");
  std::string_view line;
  ASSERT_TRUE(reader.next(line));
  EXPECT_EQ(line, "time,x,y,z,activity,placement");
  EXPECT_THAT([&] { lines_of(reader); },
              ThrowsMessage<TruncatedError>(AllOf(HasSubstr("truncated_gzip.csv.gz"), HasSubstr("ends too early"))));
}

TEST_F(LineReaderTest, ThrowsForCorruptGzip) {
  EXPECT_THAT([] { lines_of(kDefects / "corrupt_gzip.csv.gz"); },
              ThrowsMessage<RecordingError>(AllOf(HasSubstr("corrupt_gzip.csv.gz"), HasSubstr("corrupt"))));
}

}  // namespace
}  // namespace propriod::drivers
