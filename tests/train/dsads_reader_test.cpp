#include "train/dsads_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/fmt/fmt.h>

#include <chrono>
#include <cstdlib>
#include <set>
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

constexpr int kLinesPerSegment = 125;

/// A line whose column c holds `line` + c / 100.
std::string line_of(int line, int columns = 45) {
  std::string text;
  for (int column = 0; column < columns; ++column)
    text += fmt::format("{}{:.2f}", column == 0 ? "" : ",", line + column / 100.0);
  return text + "\n";
}

std::string segment(int lines = kLinesPerSegment) {
  std::string text;
  for (int line = 0; line < lines; ++line) text += line_of(line);
  return text;
}

DataSet read(const std::filesystem::path& folder) { return read_data_set("dsads", folder); }

TEST(DsadsReader, JoinsSegmentsIntoOneRecordingAUnit) {
  TemporarySet set;
  set.write("a09/p3/s01.txt", segment());
  set.write("a09/p3/s02.txt", segment());
  const DataSet data_set = read(set.folder());

  EXPECT_EQ(data_set.native_rate_hz, 25);
  EXPECT_EQ(data_set.report.files, 2U);
  EXPECT_EQ(data_set.report.lines, 250U);
  ASSERT_EQ(data_set.recordings.size(), 5U);
  const auto& left_arm = data_set.recordings[2];
  EXPECT_EQ(left_arm.name, "a09/p3/s01 left_arm");
  EXPECT_EQ(left_arm.subject, "p3");
  EXPECT_EQ(left_arm.rate_hz, 25);
  EXPECT_THAT(left_arm.activities, ElementsAre("walking_in_car_park"));
  EXPECT_THAT(left_arm.placements, ElementsAre("left_arm"));
  ASSERT_EQ(left_arm.samples.size(), 250U);
  EXPECT_EQ(left_arm.samples[0].time, milliseconds{0});
  EXPECT_EQ(left_arm.samples[125].time, milliseconds{5000}) << "segments follow each other without a pause";
  EXPECT_THAT(left_arm.samples[126].accel_mps2, ElementsAre(1.18F, 1.19F, 1.20F));
  EXPECT_EQ(data_set.report.gaps, 0U);
}

TEST(DsadsReader, ListsTheLabelsThatOccurInThePublishersOrder) {
  TemporarySet set;
  set.write("data/a19/p1/s01.txt", segment());
  set.write("data/a02/p8/s01.txt", segment());
  const DataSet data_set = read(set.folder());
  EXPECT_THAT(data_set.activities, ElementsAre("standing", "playing_basketball"));
  EXPECT_THAT(data_set.placements, ElementsAre("torso", "right_arm", "left_arm", "right_leg", "left_leg"));
  EXPECT_EQ(data_set.recordings.front().subject, "p8");
}

TEST(DsadsReader, StartsNewRecordingsAfterAMissingSegment) {
  TemporarySet set;
  set.write("a01/p1/s01.txt", segment());
  set.write("a01/p1/s03.txt", segment());
  set.write("a01/p1/s04.txt", segment());
  const DataSet data_set = read(set.folder());
  ASSERT_EQ(data_set.recordings.size(), 10U);
  EXPECT_EQ(data_set.report.gaps, 5U) << "in every unit";
  EXPECT_EQ(data_set.recordings[0].samples.size(), 125U);
  EXPECT_EQ(data_set.recordings[5].name, "a01/p1/s03 torso");
  EXPECT_EQ(data_set.recordings[5].samples.size(), 250U);
  EXPECT_EQ(data_set.recordings[5].samples[0].time, milliseconds{0});
}

TEST(DsadsReader, LeavesThePlaceOfAMalformedLineEmpty) {
  TemporarySet set;
  set.write("a01/p1/s01.txt",
            line_of(0) + line_of(1, 44) + line_of(2, 46) + "\n" + "1,x" + line_of(4, 43) + line_of(5));
  set.write("a01/p1/s02.txt", segment());
  const DataSet data_set = read(set.folder());
  EXPECT_EQ(data_set.report.malformed, 4U);
  const auto& samples = data_set.recordings.at(0).samples;
  ASSERT_EQ(samples.size(), 2U + 125U);
  EXPECT_EQ(samples[1].time, milliseconds{200});
  EXPECT_EQ(samples[2].time, milliseconds{5000}) << "what the short segment lacks is missing, not moved";
  EXPECT_EQ(data_set.report.gaps, 5U * 2U) << "in every unit: the malformed lines, and the missing rest";
}

TEST(DsadsReader, CountsLinesBeyondTheSegmentsEnd) {
  TemporarySet set;
  set.write("a01/p1/s01.txt", segment(127));
  set.write("a01/p1/s02.txt", segment());
  const DataSet data_set = read(set.folder());
  EXPECT_EQ(data_set.report.malformed, 2U);
  EXPECT_EQ(data_set.recordings.at(0).samples.size(), 250U);
}

TEST(DsadsReader, ReadsGzipToTheSameDataSet) {
  TemporarySet plain;
  plain.write("a01/p1/s01.txt", segment());
  TemporarySet compressed;
  compressed.write_gzip("data/a01/p1/s01.txt.gz", segment());
  EXPECT_EQ(fingerprint(read(compressed.folder())), fingerprint(read(plain.folder())));
}

TEST(DsadsReader, JoinsSegmentsThatAnArchiveHoldsInAnyOrder) {
  TemporarySet set;
  TemporarySet packed;
  const auto path = packed.folder() / "dsads.tar.gz";
  ArchiveWriter archive(path);
  for (const auto* name : {"a02/p1/s04.txt", "a01/p2/s02.txt", "a01/p1/s01.txt", "a02/p1/s01.txt", "a01/p2/s01.txt"}) {
    set.write(name, segment(100));
    archive.add(std::string("data/") + name, segment(100));
  }
  archive.finish();
  const DataSet data_set = read(path);
  EXPECT_EQ(fingerprint(data_set), fingerprint(read(set.folder())));
  EXPECT_EQ(data_set.report.gaps, 5U * 2U) << "in every unit: segments 2 and 3, and the end of a short one";
}

TEST(DsadsReader, PassesOverForeignNames) {
  TemporarySet set;
  set.write("a01/p1/s01.txt", segment());
  set.write("a00/p1/s01.txt", "junk");
  set.write("a20/p1/s01.txt", "junk");
  set.write("a01/p0/s01.txt", "junk");
  set.write("a01/p1/s00.txt", "junk");
  set.write("a01/p1/s01.csv", "junk");
  set.write("a01/s01.txt", "junk");
  EXPECT_EQ(read(set.folder()).report.files, 1U);
}

TEST(DsadsReader, NamesAFileWithNothingUsable) {
  TemporarySet set;
  set.write("a01/p1/s01.txt", segment());
  set.write("a01/p1/s02.txt", "1 2 3\n4 5 6\n");
  EXPECT_THAT([&] { (void)read(set.folder()); },
              ThrowsMessage<DataSetError>(HasSubstr("a01/p1/s02.txt: none of its 2 lines is usable")));
}

TEST(DsadsReader, RefusesASetWithoutARecordingOfTwoSamples) {
  TemporarySet set;
  set.write("a01/p1/s01.txt", segment(1));
  EXPECT_THAT([&] { (void)read(set.folder()); },
              ThrowsMessage<DataSetError>(HasSubstr("no recording has more than one usable sample")));
}

TEST(DsadsReader, RefusesOneSegmentFoundTwice) {
  TemporarySet set;
  set.write("a01/p1/s01.txt", segment());
  set.write("data/a01/p1/s01.txt", segment());
  EXPECT_THAT([&] { (void)read(set.folder()); }, ThrowsMessage<DataSetError>(HasSubstr("remove one")));
}

TEST(DsadsReader, SaysWhichLayoutItExpectsWhereItFindsNoFile) {
  TemporarySet set;
  EXPECT_THAT([&] { (void)read(set.folder()); }, ThrowsMessage<DataSetError>(HasSubstr("aNN/pN/sNN.txt")));
}

TEST(DsadsReader, ReadsThePublishedFilesWhole) {
  const char* data = std::getenv("PROPRIOD_DATA");
  if (data == nullptr) GTEST_SKIP() << "PROPRIOD_DATA is not set: no dsads to read";
  const auto packed = std::filesystem::path(data) / "dsads" / "dsads.tar.xz";
  const DataSet data_set = read(std::filesystem::exists(packed) ? packed : packed.parent_path());
  EXPECT_EQ(data_set.report.files, 3'648U);
  EXPECT_EQ(data_set.report.lines, 456'000U);
  EXPECT_EQ(data_set.report.malformed, 0U);
  EXPECT_EQ(data_set.report.gaps, 0U);
  EXPECT_EQ(data_set.recordings.size(), 19U * 8U * 5U);
  EXPECT_EQ(data_set.activities.size(), 19U);
  EXPECT_EQ(data_set.placements.size(), 5U);
  std::set<std::string> people;
  for (const auto& recording : data_set.recordings) {
    people.insert(recording.subject);
    EXPECT_EQ(recording.samples.size(), 24U * 125U) << recording.name;
  }
  EXPECT_EQ(people.size(), 8U);
}

}  // namespace
}  // namespace propriod::train
