#include "train/archive.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/fmt/fmt.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>

#include "tests/support/temporary_directory.hpp"
#include "tests/train/archive_writer.hpp"
#include "tests/train/temporary_set.hpp"
#include "train/data_set.hpp"
#include "train/errors.hpp"

namespace propriod::train {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::ThrowsMessage;

const std::filesystem::path kWatch = std::filesystem::path(PROPRIOD_TEST_DATA) / "watch";

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string content_of(const DataFile& file) {
  const auto bytes = file.open();
  std::array<char, 1000> block;
  std::string content;
  while (const auto count = bytes->read(block)) content.append(block.data(), count);
  return content;
}

std::map<std::string, std::string> contents(const std::filesystem::path& archive, const ArchiveLimits& limits = {}) {
  std::map<std::string, std::string> contents;
  visit_archive(
      archive, [&](const DataFile& file) { contents[file.name] = content_of(file); }, limits);
  return contents;
}

class ArchiveTest : public testing::Test {
 protected:
  tests::TemporaryDirectory directory_;
};

class ArchiveKindTest : public ArchiveTest, public testing::WithParamInterface<const char*> {};

TEST_P(ArchiveKindTest, ShowsItsFilesUnderTheirPlainNames) {
  const auto path = directory_ / GetParam();
  ArchiveWriter archive(path);
  archive.add("./set/b.txt", std::string(100'000, 'b'));
  archive.add("/set/a.txt", "a");
  archive.add("set/.hidden/c.txt", "c");
  archive.add("__MACOSX/._a.txt", "d");
  archive.add("../outside.txt", "e");
  archive.add("set/../.git/f.txt", "f");
  archive.add("set/empty.txt", "");
  archive.finish();
  EXPECT_THAT(contents(path), ElementsAre(Pair("set/a.txt", "a"), Pair("set/b.txt", std::string(100'000, 'b')),
                                          Pair("set/empty.txt", "")));
}

TEST_P(ArchiveKindTest, GivesTheSameDataSetAsTheFolder) {
  const auto path = directory_ / GetParam();
  ArchiveWriter archive(path);
  archive.add_folder(kWatch);  // CSV in gzip, with sidecars
  archive.finish();
  const DataSet packed = read_data_set("propriod", path);
  const DataSet unpacked = read_data_set("propriod", kWatch);
  EXPECT_EQ(fingerprint(packed), fingerprint(unpacked));
  ASSERT_EQ(packed.recordings.size(), unpacked.recordings.size());
  for (std::size_t i = 0; i < packed.recordings.size(); ++i) {
    EXPECT_EQ(packed.recordings[i].name, unpacked.recordings[i].name);
  }
  EXPECT_EQ(packed.report.summary(), unpacked.report.summary());
}

TEST_P(ArchiveKindTest, NamesItselfWhenItIsCutOff) {
  const auto path = directory_ / GetParam();
  std::string noise;  // that no compression makes small
  std::uint32_t state = 1;
  for (int i = 0; i < 2'000'000; ++i) noise += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  ArchiveWriter archive(path);
  archive.add("a01/p1/s01.txt", "first");
  archive.add("a01/p1/s02.txt", noise);
  archive.add("a01/p1/s03.txt", "last");
  archive.finish();
  std::filesystem::resize_file(path, 1'500'000);
  EXPECT_THAT([&] { (void)contents(path); },
              ThrowsMessage<DataSetError>(AllOf(HasSubstr(path.string()), HasSubstr("s02.txt"), HasSubstr("again"))));
}

INSTANTIATE_TEST_SUITE_P(Kinds, ArchiveKindTest,
                         testing::Values("set.zip", "set.tar", "set.tar.gz", "set.tar.bz2", "set.tar.xz"),
                         [](const auto& info) {
                           std::string name = std::string(info.param).substr(4);
                           std::erase(name, '.');
                           return name;
                         });

TEST_F(ArchiveTest, EntersAnArchiveInsideOnce) {
  ArchiveWriter deepest(directory_ / "deepest.zip");
  deepest.add("z.txt", "z");
  deepest.finish();
  ArchiveWriter inner(directory_ / "wisdm.zip");
  inner.add("raw/a.txt", "a");
  inner.add("raw/b.txt", std::string(300'000, 'b'));
  inner.add("deepest.zip", content_of(directory_ / "deepest.zip"));
  inner.finish();
  ArchiveWriter outer(directory_ / "outer.zip");
  outer.add("wisdm.zip", content_of(directory_ / "wisdm.zip"));
  outer.add("after.txt", "after");
  outer.finish();
  const auto found = contents(directory_ / "outer.zip");
  EXPECT_EQ(found.size(), 4U);
  EXPECT_EQ(found.at("wisdm.zip/raw/a.txt"), "a");
  EXPECT_EQ(found.at("wisdm.zip/raw/b.txt"), std::string(300'000, 'b'));
  EXPECT_EQ(found.at("after.txt"), "after");
  EXPECT_EQ(found.at("wisdm.zip/deepest.zip"), content_of(directory_ / "deepest.zip")) << "a file like any other";
}

TEST_F(ArchiveTest, NamesADamagedArchiveInside) {
  ArchiveWriter outer(directory_ / "outer.tar");
  outer.add("inner.zip", "this is no zip");
  outer.finish();
  EXPECT_THAT([&] { (void)contents(directory_ / "outer.tar"); },
              ThrowsMessage<DataSetError>(AllOf(HasSubstr("outer.tar"), HasSubstr("inner.zip"))));
}

TEST_F(ArchiveTest, StopsAZipBombWhetherItIsReadOrPassedOver) {
  for (const auto* name : {"bomb.zip", "bomb.tar.gz"}) {
    const auto path = directory_ / name;
    ArchiveWriter archive(path);
    for (int k = 0; k < 8; ++k) archive.add(fmt::format("{}.txt", k), std::string(1 << 20, '\0'));
    archive.finish();
    const ArchiveLimits limits{.bytes = 5 << 20};
    const auto bomb = ThrowsMessage<DataSetError>(AllOf(HasSubstr(name), HasSubstr("unfolds to more than")));
    EXPECT_THAT([&] { (void)contents(path, limits); }, bomb);
    EXPECT_THAT(
        [&] {
          visit_archive(
              path, [](const DataFile&) {}, limits);
        },
        bomb);
    EXPECT_EQ(contents(path, {.bytes = 8 << 20}).size(), 8U);
    EXPECT_THAT([&] { (void)contents(path, {.members = 7}); }, ThrowsMessage<DataSetError>(HasSubstr("7 members")));
  }
}

TEST_F(ArchiveTest, CountsWhatAnArchiveInsideUnfoldsTo) {
  ArchiveWriter inner(directory_ / "inner.zip");
  inner.add("zeros.txt", std::string(1 << 20, '\0'));
  inner.finish();
  ArchiveWriter outer(directory_ / "outer.zip");
  for (int k = 0; k < 4; ++k) outer.add(fmt::format("{}.zip", k), content_of(directory_ / "inner.zip"));
  outer.finish();
  EXPECT_THAT([&] { (void)contents(directory_ / "outer.zip", {.bytes = 3 << 20}); },
              ThrowsMessage<DataSetError>(HasSubstr("unfolds to more than")));
}

TEST_F(ArchiveTest, RefusesALinkNamedAsDataAndPassesOverOthers) {
  const auto path = directory_ / "set.tar";
  ArchiveWriter archive(path);
  archive.add_link("latest", "a.txt");
  archive.add("a.txt", "a");
  archive.add_link("b.csv", "a.txt");
  archive.finish();
  EXPECT_THAT([&] { (void)contents(path); },
              ThrowsMessage<DataSetError>(AllOf(HasSubstr("b.csv: is a link"), HasSubstr("--dereference"))));
}

TEST_F(ArchiveTest, RefusesWhatIsNoArchive) {
  std::ofstream(directory_ / "notes.txt") << "hello, this is just a text";
  std::ofstream(directory_ / "empty.zip") << "";
  for (const auto* name : {"notes.txt", "empty.zip"}) {
    EXPECT_THAT([&] { (void)read_data_set("dsads", directory_ / name); },
                ThrowsMessage<DataSetError>(
                    AllOf(HasSubstr(name), HasSubstr("cannot be read as an archive"), HasSubstr("give a folder"))));
  }
}

TEST_F(ArchiveTest, KeepsNamesInUtf8AndShowsForeignBytesAsQuestionMarks) {
  for (const auto* kind : {"set.zip", "set.tar"}) {
    const auto path = directory_ / kind;
    ArchiveWriter archive(path);
    archive.add("Zoë/nächte.csv", "a");
    archive.add("two\nlines.csv", "b");
    archive.finish();
    const auto found = contents(path);
    EXPECT_THAT(found, ElementsAre(Pair("Zoë/nächte.csv", "a"), Pair("two?lines.csv", "b"))) << kind;
  }
}

TEST_F(ArchiveTest, ReadsNamesThatTheZipCallsUtf8InAnyLocale) {
  // Python's zipfile, one member "Zoë.csv" with the flag for UTF-8 (bit 11); the tests run in the locale "C".
  constexpr std::string_view kZip(
      "\120\113\003\004\024\000\000\010\000\000\000\000\041\000\103\276\267\350\001\000\000\000\001\000"
      "\000\000\010\000\000\000\132\157\303\253\056\143\163\166\141\120\113\001\002\024\003\024\000\000"
      "\010\000\000\000\000\041\000\103\276\267\350\001\000\000\000\001\000\000\000\010\000\000\000\000"
      "\000\000\000\000\000\000\000\200\001\000\000\000\000\132\157\303\253\056\143\163\166\120\113\005"
      "\006\000\000\000\000\001\000\001\000\066\000\000\000\047\000\000\000\000\000",
      115);
  std::ofstream(directory_ / "flagged.zip", std::ios::binary) << kZip;
  EXPECT_THAT(contents(directory_ / "flagged.zip"), ElementsAre(Pair("Zoë.csv", "a")));
}

TEST_F(ArchiveTest, SurvivesEveryFlippedByte) {
  const auto path = directory_ / "set.zip";
  ArchiveWriter archive(path);
  archive.add("a.txt", "1600,A,252207666810782,-0.36,8.79,1.05;\n");
  archive.add("b.txt", std::string(500, 'b'));
  archive.finish();
  const std::string whole = content_of(path);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    std::ofstream(path, std::ios::binary) << damaged;
    try {
      (void)contents(path);
    } catch (const DataSetError& error) {
      EXPECT_THAT(error.what(), HasSubstr(path.string()));
    }
  }
}

TEST(VisitFiles, ShowsAFoldersFilesInOrder) {
  TemporarySet set;
  set.write("b.txt", "b");
  set.write("a/c.txt", "c");
  set.write(".hidden/d.txt", "d");
  std::vector<std::string> names;
  visit_files(set.folder(), [&](const DataFile& file) {
    names.push_back(file.name);
    EXPECT_EQ(file.path, (set.folder() / file.name).string());
    EXPECT_EQ(content_of(file), file.name == "b.txt" ? "b" : "c");
  });
  EXPECT_THAT(names, ElementsAre("a/c.txt", "b.txt"));
}

}  // namespace
}  // namespace propriod::train
