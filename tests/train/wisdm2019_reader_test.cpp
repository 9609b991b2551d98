#include "train/wisdm2019_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/fmt/fmt.h>

#include <chrono>
#include <cstdlib>
#include <set>
#include <string>

#include "tests/train/temporary_set.hpp"
#include "train/errors.hpp"

namespace propriod::train {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const std::filesystem::path kDefects = std::filesystem::path(PROPRIOD_TEST_DEFECTS) / "data_sets";

/// `count` lines of one activity from `start_ms` on, one every `period_ms`.
std::string block(char code, int count, int start_ms, int period_ms = 50, int subject = 1600) {
  std::string lines;
  for (int i = 0; i < count; ++i) {
    lines +=
        fmt::format("{},{},{},{},9.8,-0.5;\n", subject, code, std::int64_t{start_ms + i * period_ms} * 1'000'000, i);
  }
  return lines;
}

DataSet read(const std::filesystem::path& folder) { return read_data_set("wisdm2019", folder); }

TEST(Wisdm2019Reader, MakesOneRecordingOfEachBlockOfOneActivity) {
  TemporarySet set;
  set.write("raw/phone/accel/data_1600_accel_phone.txt",
            "1600,A,252207666810782,-0.36476135,8.793503,1.0550842;\n"
            "1600,A,252207717164786,-6.1035156E-5,9.768784,1.0169983;\n"
            "1600,S,252207767518790,2.0014954,11.10907,2.619156;\n"
            "1600,S,252207817872794,2.5,11,2;\n");
  const DataSet data_set = read(set.folder());

  EXPECT_EQ(data_set.format, "wisdm2019");
  EXPECT_EQ(data_set.native_rate_hz, 20);
  ASSERT_EQ(data_set.recordings.size(), 2U);
  const auto& walking = data_set.recordings[0];
  EXPECT_EQ(walking.name, "raw/phone/accel/data_1600_accel_phone.txt:1");
  EXPECT_EQ(walking.subject, "1600");
  EXPECT_NEAR(walking.rate_hz, 19.859, 0.001);
  EXPECT_THAT(walking.activities, ElementsAre("walking"));
  EXPECT_THAT(walking.placements, ElementsAre("phone"));
  ASSERT_EQ(walking.samples.size(), 2U);
  EXPECT_EQ(walking.samples[0].time.count(), 0);
  EXPECT_EQ(walking.samples[1].time.count(), 50'354'004);
  EXPECT_THAT(walking.samples[1].accel_mps2, ElementsAre(-6.1035156e-5F, 9.768784F, 1.0169983F));
  EXPECT_EQ(walking.samples[1].activity, 0);
  EXPECT_EQ(walking.samples[1].placement, 0);
  const auto& folding = data_set.recordings[1];
  EXPECT_EQ(folding.name, "raw/phone/accel/data_1600_accel_phone.txt:3");
  EXPECT_THAT(folding.activities, ElementsAre("folding_clothes"));
  EXPECT_EQ(folding.samples[0].time.count(), 0);
}

TEST(Wisdm2019Reader, KeepsBlocksThatStartBeforeTheOneBeforeEnded) {
  TemporarySet set;
  set.write("data_1600_accel_watch.txt", block('A', 10, 5000) + block('B', 10, 0) + block('A', 10, 100));
  const DataSet data_set = read(set.folder());
  EXPECT_EQ(data_set.recordings.size(), 3U);
  EXPECT_EQ(data_set.report.not_ascending, 0U);
}

TEST(Wisdm2019Reader, ListsTheLabelsThatOccurInThePublishersOrder) {
  TemporarySet set;
  set.write("b/data_1650_accel_phone.txt", block('S', 5, 0, 50, 1650) + block('O', 5, 0, 50, 1650));
  set.write("a/data_1601_accel_watch.txt", block('B', 5, 0, 50, 1601) + block('K', 5, 0, 50, 1601));
  const DataSet data_set = read(set.folder());
  EXPECT_THAT(data_set.activities, ElementsAre("jogging", "drinking", "catch", "folding_clothes"));
  EXPECT_THAT(data_set.placements, ElementsAre("phone", "watch"));
  EXPECT_EQ(data_set.recordings.front().subject, "1650") << "phones come first";
}

TEST(Wisdm2019Reader, PassesOverGyroscopesHiddenFilesAndForeignNames) {
  TemporarySet set;
  set.write("phone/accel/data_1600_accel_phone.txt", block('A', 5, 0));
  set.write("phone/gyro/data_1600_gyro_phone.txt", block('B', 5, 0));
  set.write("phone/accel/._data_1600_accel_phone.txt", "junk");
  set.write(".trash/data_1601_accel_phone.txt", "junk");
  set.write("arff_files/phone/accel/data_1600_accel_phone.arff", "junk");
  set.write("data_1600_accel_phone.txt.orig", "junk");
  const DataSet data_set = read(set.folder());
  EXPECT_EQ(data_set.report.files, 1U);
  EXPECT_THAT(data_set.activities, ElementsAre("walking"));
}

TEST(Wisdm2019Reader, ReadsGzipToTheSameDataSet) {
  const std::string text = block('A', 50, 0) + block('C', 50, 7000);
  TemporarySet plain;
  plain.write("data_1600_accel_phone.txt", text);
  TemporarySet compressed;
  compressed.write_gzip("deeper/data_1600_accel_phone.txt.gz", text);
  const DataSet data_set = read(compressed.folder());
  EXPECT_EQ(data_set.report.lines, 100U);
  EXPECT_EQ(fingerprint(data_set), fingerprint(read(plain.folder())));
}

TEST(Wisdm2019Reader, CountsMalformedLinesAndKeepsTheOthers) {
  const DataSet data_set = read(kDefects / "wisdm2019_malformed_lines");
  EXPECT_EQ(data_set.report.lines, 16U);
  EXPECT_EQ(data_set.report.malformed, 14U);
  ASSERT_EQ(data_set.recordings.size(), 1U) << "a malformed line ends no block";
  EXPECT_EQ(data_set.recordings[0].samples.size(), 2U);
  EXPECT_THAT(data_set.report.summary(), HasSubstr("14 malformed"));
}

TEST(Wisdm2019Reader, LeavesOutSamplesWhoseTimeDoesNotAscend) {
  const DataSet data_set = read(kDefects / "wisdm2019_time_goes_back");
  EXPECT_EQ(data_set.report.not_ascending, 2U);
  std::vector<float> kept;
  for (const auto& sample : data_set.recordings.at(0).samples) kept.push_back(sample.accel_mps2[0]);
  EXPECT_THAT(kept, ElementsAre(1, 2, 5));
}

TEST(Wisdm2019Reader, CountsLinesThatAreTooLong) {
  TemporarySet set;
  set.write("data_1600_accel_phone.txt", block('A', 5, 0) + std::string(100'000, '7') + "\n" + block('A', 5, 1000));
  const DataSet data_set = read(set.folder());
  EXPECT_EQ(data_set.report.too_long, 1U);
  EXPECT_EQ(data_set.report.lines, 11U);
  EXPECT_EQ(data_set.recordings.at(0).samples.size(), 10U);
}

TEST(Wisdm2019Reader, TakesTheRateFromTheMedianInterval) {
  TemporarySet set;
  set.write("data_1600_accel_phone.txt", block('B', 99, 0, 20) + block('B', 20, 60'000, 50));
  EXPECT_DOUBLE_EQ(read(set.folder()).recordings.at(0).rate_hz, 50);
}

TEST(Wisdm2019Reader, CountsGapsButNotTheUsualRateBetweenBursts) {
  TemporarySet set;
  set.write("data_1600_accel_watch.txt",
            block('A', 90, 0, 10) + block('A', 20, 1000, 50) + block('A', 5, 30'000, 50) + block('A', 5, 60'000, 50));
  const DataSet data_set = read(set.folder());
  EXPECT_DOUBLE_EQ(data_set.recordings.at(0).rate_hz, 100);
  EXPECT_EQ(data_set.report.gaps, 2U);
}

TEST(Wisdm2019Reader, LeavesOutBlocksOfOneSample) {
  TemporarySet set;
  set.write("data_1600_accel_watch.txt", block('A', 5, 0) + block('B', 1, 500) + block('A', 5, 600));
  const DataSet data_set = read(set.folder());
  EXPECT_EQ(data_set.report.short_recordings, 1U);
  EXPECT_EQ(data_set.recordings.size(), 2U);
  EXPECT_THAT(data_set.activities, ElementsAre("walking"));
}

TEST(Wisdm2019Reader, NamesEveryFileWithNothingUsable) {
  EXPECT_THAT([] { (void)read(kDefects / "wisdm2019_nothing_usable"); },
              ThrowsMessage<DataSetError>(HasSubstr("data_1600_accel_phone.txt: none of its 2 lines is usable")));

  TemporarySet set;
  set.write("data_1600_accel_phone.txt", "");
  set.write("data_1601_accel_phone.txt", block('A', 1, 0, 50, 1601));
  set.write("data_1602_accel_phone.txt", block('A', 5, 0, 50, 1602));
  EXPECT_THAT(
      [&] { (void)read(set.folder()); },
      ThrowsMessage<DataSetError>(AllOf(HasSubstr("2 of"), HasSubstr("data_1600_accel_phone.txt: none of its 0"),
                                        HasSubstr("data_1601_accel_phone.txt: none of its 1"))));
}

TEST(Wisdm2019Reader, NamesADamagedGzipFile) {
  EXPECT_THAT([] { (void)read(kDefects / "wisdm2019_truncated_gzip"); },
              ThrowsMessage<DataSetError>(HasSubstr("data_1600_accel_phone.txt.gz: damaged gzip")));
}

TEST(Wisdm2019Reader, RefusesOneRecordingFoundTwice) {
  TemporarySet set;
  set.write("data_1600_accel_phone.txt", block('A', 5, 0));
  set.write_gzip("copy/data_1600_accel_phone.txt.gz", block('A', 5, 0));
  EXPECT_THAT(
      [&] { (void)read(set.folder()); },
      ThrowsMessage<DataSetError>(AllOf(HasSubstr("copy/data_1600_accel_phone.txt.gz"), HasSubstr("remove one"))));
}

TEST(Wisdm2019Reader, SaysWhichLayoutItExpectsWhereItFindsNoFile) {
  TemporarySet set;
  EXPECT_THAT([&] { (void)read(set.folder()); },
              ThrowsMessage<DataSetError>(
                  AllOf(HasSubstr(set.folder().string()), HasSubstr("data_<subject>_accel_<phone|watch>.txt"))));
  EXPECT_THAT([&] { (void)read(set.folder() / "absent"); },
              ThrowsMessage<DataSetError>(AllOf(HasSubstr("absent"), HasSubstr("No such file"))));
}

TEST(ReadDataSet, ListsTheKnownFormatsWhenAskedForAnother) {
  EXPECT_THAT([] { (void)read_data_set("mhealth2", "."); },
              ThrowsMessage<DataSetError>(AllOf(HasSubstr("mhealth2"), HasSubstr("propriod, wisdm2019, dsads"))));
}

TEST(Fingerprint, ChangesWithEveryValueTimeLabelAndSubject) {
  TemporarySet set;
  set.write("data_1600_accel_phone.txt", block('A', 5, 0));
  const DataSet original = read(set.folder());
  EXPECT_EQ(fingerprint(original).size(), 64U);
  std::set<std::string> seen{fingerprint(original)};

  const auto is_new = [&](auto change) {
    DataSet changed = original;
    change(changed.recordings[0]);
    return seen.insert(fingerprint(changed)).second;
  };
  EXPECT_TRUE(is_new([](auto& recording) { recording.samples[3].accel_mps2[2] += 1e-6F; }));
  EXPECT_TRUE(is_new([](auto& recording) { recording.samples[3].time += std::chrono::nanoseconds{1}; }));
  EXPECT_TRUE(is_new([](auto& recording) { recording.samples[3].placement = drivers::kNoLabel; }));
  EXPECT_TRUE(is_new([](auto& recording) { recording.samples[3].activity = drivers::kNoLabel; }));
  EXPECT_TRUE(is_new([](auto& recording) { recording.activities[0] = "jogging"; }));
  EXPECT_TRUE(is_new([](auto& recording) { recording.subject = "1601"; }));
  EXPECT_TRUE(is_new([](auto& recording) { recording.samples.pop_back(); }));
  EXPECT_FALSE(is_new([](auto& recording) { recording.name = "elsewhere"; }));
}

TEST(Wisdm2019Reader, ReadsThePublishedFilesWhole) {
  const char* data = std::getenv("PROPRIOD_DATA");
  if (data == nullptr) GTEST_SKIP() << "PROPRIOD_DATA is not set: no wisdm2019 to read";
  const DataSet data_set = read(std::filesystem::path(data) / "wisdm2019");
  EXPECT_EQ(data_set.report.files, 47U);
  EXPECT_EQ(data_set.report.lines, 3'089'230U);
  EXPECT_EQ(data_set.report.malformed, 0U);
  EXPECT_EQ(data_set.report.not_ascending, 0U);
  EXPECT_EQ(data_set.report.too_long, 0U);
  EXPECT_EQ(data_set.report.short_recordings, 0U);
  EXPECT_EQ(data_set.recordings.size(), 842U);
  EXPECT_EQ(data_set.activities.size(), 18U);
  EXPECT_EQ(data_set.placements.size(), 2U);
  std::size_t samples = 0;
  std::size_t usual_rate = 0;
  std::set<std::string> people;
  for (const auto& recording : data_set.recordings) {
    samples += recording.samples.size();
    people.insert(recording.subject);
    if (recording.rate_hz > 19.5 && recording.rate_hz < 20.5) ++usual_rate;
  }
  EXPECT_EQ(samples, 3'089'230U);
  EXPECT_EQ(people.size(), 33U);
  EXPECT_GE(usual_rate, 812U);
  RecordProperty("summary", data_set.report.summary());
}

}  // namespace
}  // namespace propriod::train
