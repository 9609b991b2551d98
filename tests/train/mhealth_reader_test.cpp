#include "train/mhealth_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/fmt/fmt.h>

#include <chrono>
#include <string>

#include "tests/train/archive_writer.hpp"
#include "tests/train/temporary_set.hpp"
#include "train/errors.hpp"

namespace propriod::train {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// A line as published: 24 columns with tabs between them; column c (from 1) holds `line` + c / 100.
std::string line_of(int line, int activity) {
  std::string text;
  for (int column = 1; column <= 23; ++column) text += fmt::format("{:.2f}\t", line + column / 100.0);
  return text + fmt::format("{}\n", activity);
}

std::string lines(std::initializer_list<int> activities) {
  std::string text;
  int line = 0;
  for (const int activity : activities) text += line_of(line++, activity);
  return text;
}

DataSet read(const std::filesystem::path& path) { return read_data_set("mhealth", path); }

TEST(MhealthReader, MakesOneRecordingAPlacementAllChestsFirst) {
  TemporarySet set;
  set.write("MHEALTHDATASET/mHealth_subject2.log", lines({0, 4, 4, 12}));
  set.write("MHEALTHDATASET/mHealth_subject10.log", lines({1, 1}));
  set.write("MHEALTHDATASET/README.txt", "columns");
  const DataSet data_set = read(set.folder());

  EXPECT_EQ(data_set.format, "mhealth");
  EXPECT_EQ(data_set.native_rate_hz, 50);
  EXPECT_EQ(data_set.report.files, 2U);
  EXPECT_EQ(data_set.report.lines, 6U);
  std::vector<std::string> names;
  for (const auto& recording : data_set.recordings) names.push_back(recording.name);
  EXPECT_THAT(
      names,
      ElementsAre("MHEALTHDATASET/mHealth_subject10.log chest", "MHEALTHDATASET/mHealth_subject2.log chest",
                  "MHEALTHDATASET/mHealth_subject10.log left_ankle", "MHEALTHDATASET/mHealth_subject2.log left_ankle",
                  "MHEALTHDATASET/mHealth_subject10.log right_wrist",
                  "MHEALTHDATASET/mHealth_subject2.log right_wrist"));
  EXPECT_THAT(data_set.activities, ElementsAre("null", "standing_still", "walking", "jump_front_back"))
      << "the publisher's order, and the null class is one";
  EXPECT_THAT(data_set.placements, ElementsAre("chest", "left_ankle", "right_wrist"));

  const auto& ankle = data_set.recordings[3];
  EXPECT_EQ(ankle.subject, "subject2");
  EXPECT_EQ(ankle.rate_hz, 50);
  ASSERT_EQ(ankle.samples.size(), 4U);
  EXPECT_EQ(ankle.samples[3].time, milliseconds{60});
  EXPECT_THAT(ankle.samples[3].accel_mps2, ElementsAre(3.06F, 3.07F, 3.08F));
  EXPECT_EQ(ankle.activities[static_cast<std::size_t>(ankle.samples[3].activity)], "jump_front_back");
  EXPECT_EQ(ankle.activities[static_cast<std::size_t>(ankle.samples[0].activity)], "null");
  EXPECT_THAT(data_set.recordings[1].samples[1].accel_mps2, ElementsAre(1.01F, 1.02F, 1.03F));
  EXPECT_THAT(data_set.recordings[5].samples[1].accel_mps2, ElementsAre(1.15F, 1.16F, 1.17F));
}

TEST(MhealthReader, LeavesThePlaceOfAMalformedLineEmpty) {
  TemporarySet set;
  const std::string blanks = "  1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1  1 \t 3 \r\n";
  set.write("mHealth_subject1.log", line_of(0, 1) + line_of(1, 13) + line_of(2, -1) + "1\t2\t3\n" + "\n" + "nan" +
                                        line_of(5, 1).substr(4) + "7\t" + line_of(6, 1) + blanks);
  const DataSet data_set = read(set.folder());
  EXPECT_EQ(data_set.report.malformed, 6U);
  const auto& samples = data_set.recordings.at(0).samples;
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples[1].time, milliseconds{140});
  EXPECT_EQ(data_set.report.gaps, 3U) << "in each placement";
}

TEST(MhealthReader, GivesTheSameDataSetFromAFolderAndAnArchive) {
  TemporarySet set;
  set.write("mHealth_subject1.log", lines({1, 2, 3}));
  set.write_gzip("mHealth_subject2.log.gz", lines({4, 5, 6}));
  const auto before = fingerprint(read(set.folder()));
  TemporarySet packed;
  const auto path = packed.folder() / "mhealth.zip";
  ArchiveWriter archive(path);
  archive.add("MHEALTHDATASET/mHealth_subject2.log", lines({4, 5, 6}));
  archive.add("MHEALTHDATASET/mHealth_subject1.log", lines({1, 2, 3}));
  archive.finish();
  EXPECT_EQ(fingerprint(read(path)), before);
}

TEST(MhealthReader, NamesAFileWithNothingUsable) {
  TemporarySet set;
  set.write("mHealth_subject1.log", lines({1, 2, 3}));
  set.write("mHealth_subject2.log", "1,2,3\n4,5,6\n");
  EXPECT_THAT([&] { (void)read(set.folder()); },
              ThrowsMessage<DataSetError>(HasSubstr("mHealth_subject2.log: fewer than two of its 2 lines are usable")));
}

TEST(MhealthReader, RefusesOnePersonFoundTwice) {
  TemporarySet set;
  set.write("mHealth_subject1.log", lines({1, 2}));
  set.write("copy/mHealth_subject1.log", lines({1, 2}));
  EXPECT_THAT([&] { (void)read(set.folder()); }, ThrowsMessage<DataSetError>(HasSubstr("remove one")));
}

}  // namespace
}  // namespace propriod::train
