#include "train/sleep_reader.hpp"

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
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;
using ::testing::ThrowsMessage;

/// `count` lines of somebody who lies still, in units of which gravity has `g`.
std::string timed(int count, double g = 1) {
  std::string text;
  for (int k = 0; k < count; ++k) text += fmt::format("{},{},{},{};\n", 20 * k, 0, 0.6 * g, -0.8 * g);
  return text;
}
std::string headed(int count, double g = 1) {
  std::string text = "ax,ay,az\n";
  for (int k = 0; k < count; ++k) text += fmt::format("{},{},{}\n", 0, 0.6 * g, -0.8 * g);
  return text;
}

DataSet read(const std::filesystem::path& path) { return read_data_set("sleep", path); }

TEST(SleepReader, ReadsBothLayoutsAndTheNamesOfPostureAndPlacement) {
  TemporarySet set;
  set.write("01_An_UpLEFT_nguc.txt", timed(5));
  set.write("01_An_down_co.txt", headed(4));
  set.write_gzip("02_Binh_Right-Up_Bung.txt.gz", timed(3));
  set.write("readme.txt", "nothing");
  const DataSet data_set = read(set.folder());

  EXPECT_EQ(data_set.format, "sleep");
  EXPECT_EQ(data_set.native_rate_hz, 50);
  EXPECT_EQ(data_set.report.files, 3U);
  EXPECT_EQ(data_set.report.malformed, 0U);
  EXPECT_THAT(data_set.activities, ElementsAre("right_up", "down", "up_left")) << "in the paper's label order";
  EXPECT_THAT(data_set.placements, ElementsAre("chest", "neck", "abdomen"));
  ASSERT_EQ(data_set.recordings.size(), 3U);
  const auto& down = data_set.recordings[0];
  EXPECT_EQ(down.name, "01_An_down_co.txt");
  EXPECT_EQ(down.subject, "01_An");
  EXPECT_THAT(down.activities, ElementsAre("down"));
  EXPECT_THAT(down.placements, ElementsAre("neck"));
  ASSERT_EQ(down.samples.size(), 4U);
  EXPECT_EQ(down.samples[0].time, milliseconds{0}) << "the header is no sample";
  EXPECT_EQ(down.samples[3].time, milliseconds{60});
  EXPECT_EQ(data_set.recordings[1].samples.size(), 5U);
  EXPECT_THAT(data_set.recordings[1].activities, ElementsAre("up_left"));
  EXPECT_EQ(data_set.recordings[2].subject, "02_Binh");
}

TEST(SleepReader, TellsTheUnitByTheSizeOfGravity) {
  struct Case {
    double g;
    const char* unit;
  };
  for (const auto& [g, unit] : {Case{1, " g,"}, Case{9.80665, "m/s²"}, Case{256, "counts of 1/256 g"}}) {
    TemporarySet set;
    set.write("1_up_nguc.txt", timed(5, g));
    const auto recording = read(set.folder()).recordings.at(0);
    EXPECT_THAT(recording.samples[0].accel_mps2,
                Pointwise(FloatNear(1e-4F), {0.0F, 0.6F * 9.80665F, -0.8F * 9.80665F}));
    EXPECT_THAT(recording.notes, HasSubstr(unit));
  }
  TemporarySet set;
  set.write("1_up_nguc.txt", timed(5, 40));
  EXPECT_THAT([&] { (void)read(set.folder()); },
              ThrowsMessage<DataSetError>(AllOf(HasSubstr("1_up_nguc.txt"), HasSubstr("median magnitude of 40"))));
}

TEST(SleepReader, TakesThePersonFromTheFolderWhereTheNameHasNone) {
  TemporarySet set;
  set.write("data/An/up_nguc.txt", timed(5));
  set.write("data/Binh/up_nguc.txt", timed(5));
  set.write("left_co.txt", timed(5));
  const DataSet data_set = read(set.folder());
  std::vector<std::string> subjects;
  for (const auto& recording : data_set.recordings) subjects.push_back(recording.subject);
  EXPECT_THAT(subjects, ElementsAre("", "An", "Binh"));
}

/// "subject/posture" of each recording.
std::vector<std::string> people_and_postures(const DataSet& data_set) {
  std::vector<std::string> found;
  for (const auto& each : data_set.recordings) found.push_back(each.subject + "/" + each.activities.at(0));
  return found;
}

TEST(SleepReader, ReadsAPostureOfTwoWordsAsOneAndSaysSo) {
  TemporarySet set;
  set.write("01_An_up_right_nguc.txt", timed(5));
  set.write("01_An_right_up_nguc.txt", timed(5));
  set.write("01_An_right_nguc.txt", timed(5));
  set.write_gzip("02_Left_Down_Co.txt.gz", timed(5));
  set.write("data/Binh/down_left_bung.txt", timed(5));
  set.write("data/03_up/up_right_bung.txt", timed(5));
  const DataSet data_set = read(set.folder());
  EXPECT_THAT(people_and_postures(data_set),
              testing::UnorderedElementsAre("01_An/up_right", "01_An/right_up", "01_An/right", "02/left_down",
                                            "Binh/down_left", "03_up/up_right"));
  for (const auto& recording : data_set.recordings) {
    const bool two_words = recording.activities.at(0) != "right";
    EXPECT_EQ(recording.notes.find("last two words") != std::string::npos, two_words) << recording.name;
    EXPECT_THAT(recording.notes, HasSubstr("states no unit"));
  }
}

TEST(SleepReader, ReadsWordsThatMakeNoPostureTogetherAsPartOfTheName) {
  TemporarySet set;
  set.write("04_Up_down_nguc.txt", timed(5));
  set.write("05__right_nguc.txt", timed(5));
  EXPECT_THAT(people_and_postures(read(set.folder())), ElementsAre("04_Up/down", "05_/right"));
}

TEST(SleepReader, LeavesThePlaceOfAMalformedLineEmpty) {
  TemporarySet set;
  set.write("1_up_nguc.txt", "0,0,0,1;\n20,0,0,1\n40,0,1;\n60,0,0,1e30;\n\n100,0,0,nan;\n12:30:01.2,0,0,1; \n");
  const DataSet data_set = read(set.folder());
  EXPECT_EQ(data_set.report.malformed, 5U);
  const auto& samples = data_set.recordings.at(0).samples;
  ASSERT_EQ(samples.size(), 2U) << "whatever the time is written in, it is not read";
  EXPECT_EQ(samples[1].time, milliseconds{120});
}

TEST(SleepReader, GivesTheSameDataSetFromAFolderAndAnArchive) {
  TemporarySet set;
  set.write("1_up_nguc.txt", timed(5));
  set.write("2_left_co.txt", headed(5));
  TemporarySet packed;
  const auto path = packed.folder() / "sleep.tar.xz";
  ArchiveWriter archive(path);
  archive.add("Sleep/2_left_co.txt", headed(5));
  archive.add("Sleep/1_up_nguc.txt", timed(5));
  archive.finish();
  EXPECT_EQ(fingerprint(read(path)), fingerprint(read(set.folder())));
}

TEST(SleepReader, NamesAPostureThatIsNone) {
  TemporarySet set;
  set.write("1_up_nguc.txt", timed(5));
  set.write("1_sideways_nguc.txt", timed(5));
  EXPECT_THAT([&] { (void)read(set.folder()); },
              ThrowsMessage<DataSetError>(
                  AllOf(HasSubstr("1_sideways_nguc.txt: \"sideways\" is no posture"), HasSubstr("right_down"))));
}

TEST(SleepReader, NamesAFileWithNothingUsable) {
  TemporarySet set;
  set.write("1_up_nguc.txt", timed(5));
  set.write("1_up_co.txt", "ax,ay,az\n");
  EXPECT_THAT([&] { (void)read(set.folder()); },
              ThrowsMessage<DataSetError>(HasSubstr("1_up_co.txt: fewer than two of its 1 lines are usable")));
}

TEST(SleepReader, RefusesOneRecordingFoundTwice) {
  TemporarySet set;
  set.write("1_up_nguc.txt", timed(5));
  set.write_gzip("more/1_Up_nguc.txt.gz", timed(5));
  EXPECT_THAT([&] { (void)read(set.folder()); }, ThrowsMessage<DataSetError>(HasSubstr("remove one")));
}

TEST(SleepReader, RefusesOneRecordingUnderTwoSpellingsOfItsPosture) {
  TemporarySet set;
  set.write("1_upright_nguc.txt", timed(5));
  set.write("1_up_right_nguc.txt", timed(5));
  EXPECT_THAT([&] { (void)read(set.folder()); }, ThrowsMessage<DataSetError>(HasSubstr("remove one")));
}

}  // namespace
}  // namespace propriod::train
