#include "train/recording_filter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/label.hpp"
#include "train/errors.hpp"

namespace propriod::train {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;

drivers::Recording recording(const std::string& subject, const std::string& placement, const std::string& activity) {
  drivers::Recording made;
  made.name = "raw/" + placement + "/data_" + subject + ".txt:1";
  made.subject = subject;
  made.rate_hz = 20;
  made.activities = {activity};
  made.placements = {placement};
  made.samples = {{.time = {}, .accel_mps2 = {}, .activity = 0, .placement = 0}};
  return made;
}

DataSet wisdm() {
  DataSet data;
  data.activities = {"walking", "typing"};
  data.placements = {"phone", "watch"};
  data.recordings = {recording("1600", "phone", "walking"), recording("1637", "phone", "typing"),
                     recording("1640", "phone", "walking"), recording("1600", "watch", "walking")};
  return data;
}

std::vector<std::string> names(const DataSet& data) {
  std::vector<std::string> names;
  for (const auto& each : data.recordings) names.push_back(each.subject + "/" + each.placements.at(0));
  return names;
}

TEST(FilterRecordings, LeavesOutWhatAPatternOfSubjectAndPlacementMatches) {
  auto data = wisdm();
  const auto note = filter_recordings(data, {}, {"163[7-9]/phone", "1640/*"});
  EXPECT_THAT(names(data), ElementsAre("1600/phone", "1600/watch"));
  EXPECT_EQ(note, "2 of 4 recordings left out: --exclude 163[7-9]/phone --exclude 1640/*");
  EXPECT_THAT(data.activities, ElementsAre("walking")) << "nobody types any more";
}

TEST(FilterRecordings, KeepsOnlyWhatIsWantedAndOfThatLeavesOut) {
  auto data = wisdm();
  EXPECT_THAT(filter_recordings(data, {"*/phone"}, {"1600/*"}), HasSubstr("2 of 4"));
  EXPECT_THAT(names(data), ElementsAre("1637/phone", "1640/phone"));
  EXPECT_THAT(data.placements, ElementsAre("phone"));
}

TEST(FilterRecordings, MatchesNamesToo) {
  auto data = wisdm();
  (void)filter_recordings(data, {"raw/watch/*"}, {});
  EXPECT_THAT(names(data), ElementsAre("1600/watch"));
}

TEST(FilterRecordings, HasNothingToSayWhereNothingIsLeftOut) {
  auto data = wisdm();
  EXPECT_EQ(filter_recordings(data, {}, {}), "");
  EXPECT_EQ(filter_recordings(data, {"16*"}, {}), "");
  EXPECT_THAT(data.recordings, SizeIs(4));
}

TEST(FilterRecordings, RefusesAPatternThatMatchesNothing) {
  auto data = wisdm();
  EXPECT_THAT(
      [&] {
        (void)filter_recordings(data, {}, {"1637/phone", "1637/watch\n"});
      },
      ThrowsMessage<DataSetError>(AllOf(HasSubstr("--exclude 1637/watch\\x0a matches none"), HasSubstr("1600/phone"))));
  EXPECT_THAT([&] { (void)filter_recordings(data, {"p1/*"}, {}); },
              ThrowsMessage<DataSetError>(HasSubstr("--only p1/*")));
}

TEST(FilterRecordings, RefusesToLeaveNothing) {
  auto data = wisdm();
  EXPECT_THAT([&] { (void)filter_recordings(data, {"1637/*"}, {"*"}); },
              ThrowsMessage<DataSetError>(HasSubstr("none of the 4 recordings is left")));
}

TEST(FilterRecordings, KeepsItsNoteShort) {
  auto data = wisdm();
  EXPECT_LE(filter_recordings(data, {}, std::vector<std::string>(500, "1637/phone")).size(), 4096U);
}

TEST(FilterRecordings, KeepsItsNotePlainTextWhateverThePatternsAre) {
  for (const std::string offset : {"", "x", "xx"}) {
    auto data = wisdm();
    data.recordings[1].subject = offset + "Ngọc";
    const auto note = filter_recordings(data, {}, std::vector<std::string>(500, offset + "Ngọc/*"));
    EXPECT_TRUE(drivers::is_plain_text(note, 4096)) << note;
  }
}

}  // namespace
}  // namespace propriod::train
