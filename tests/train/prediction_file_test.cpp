#include "train/prediction_file.hpp"

#include <gmock/gmock.h>

#include "tests/train/temporary_set.hpp"
#include "train/errors.hpp"

namespace propriod::train {
namespace {

using testing::HasSubstr;

const std::string kHeader =
    "recording,start_s,activity,activity_predicted,activity_confidence,placement,placement_predicted,"
    "placement_confidence\n";
const PredictionRow kRow{
    .recording = "a01/p1/s01 torso",
    .start_s = 7.2,
    .activity = {.truth = "treadmill, 4 km/h, \"flat\"", .predicted = "sitting", .confidence = 0.25},
    .placement = {.truth = "", .predicted = "torso", .confidence = 1}};

class PredictionFile : public testing::Test {
 protected:
  [[nodiscard]] std::string refusal(const std::string& text) {
    set_.write("p.csv", text);
    try {
      (void)read_predictions(set_.folder() / "p.csv");
    } catch (const DataSetError& error) {
      return error.what();
    }
    return "accepted";
  }

  TemporarySet set_;
};

TEST_F(PredictionFile, ReadsBackWhatItWrote) {
  const std::vector<PredictionRow> rows{kRow, kRow};
  write_predictions(set_.folder() / "p.csv", rows);
  EXPECT_EQ(read_predictions(set_.folder() / "p.csv"), rows);
  write_predictions(set_.folder() / "p.csv", {});
  EXPECT_TRUE(read_predictions(set_.folder() / "p.csv").empty());
}

TEST_F(PredictionFile, KeepsAWindowOnOneLine) {
  auto row = kRow;
  row.recording = "two\nlines";
  write_predictions(set_.folder() / "p.csv", std::span(&row, 1));
  EXPECT_EQ(read_predictions(set_.folder() / "p.csv").at(0).recording, "two?lines");
}

TEST_F(PredictionFile, RefusesInOneLineWhatIsNotOne) {
  EXPECT_EQ(refusal(kHeader + "r,0,a,a,1,p,p,0.5\n"), "accepted");
  EXPECT_THAT(refusal(""), HasSubstr("p.csv:1: the first line must be recording,start_s"));
  EXPECT_THAT(refusal("recording\n"), HasSubstr("p.csv:1: the first line must be"));
  EXPECT_THAT(refusal(kHeader + "r,0,a,a,1,p,p\n"), HasSubstr("p.csv:2: must have 8 fields"));
  EXPECT_THAT(refusal(kHeader + "r,0,a,a,1,p,p,1,1\n"), HasSubstr(":2: must have 8 fields"));
  EXPECT_THAT(refusal(kHeader + "\"r,0,a,a,1,p,p,1\n"), HasSubstr(":2: must have 8 fields"));
  EXPECT_THAT(refusal(kHeader + "\"r\"x,0,a,a,1,p,p,1\n"), HasSubstr(":2: must have 8 fields"));
  EXPECT_THAT(refusal(kHeader + "r,0,a,a,1.5,p,p,1\n"), HasSubstr(":2: activity_confidence: must be a number within"));
  EXPECT_THAT(refusal(kHeader + "r,1e30,a,a,1,p,p,1\n"), HasSubstr(":2: start_s: must be a number within"));
  EXPECT_THAT(refusal(kHeader + "r,0,a,a,1,p,p,nan\n"), HasSubstr("not 'nan'"));
  EXPECT_THAT(refusal(kHeader + "r\x1b,0,a,a,1,p,p,1\n"), HasSubstr(":2: not UTF-8 without control characters"));
  EXPECT_THAT(refusal(kHeader + "r,0,a,a,1,p,p,1"), HasSubstr(":2: the last line is torn"));
  EXPECT_THAT(refusal(kHeader + std::string(5000, 'r') + ",0,a,a,1,p,p,1\n"), HasSubstr("a line of more than 4096"));
  EXPECT_THROW((void)read_predictions(set_.folder() / "none.csv"), DataSetError);
}

TEST_F(PredictionFile, SaysBeforehandThatItCannotBeWritten) {
  EXPECT_THROW(refuse_unwritable_predictions(set_.folder() / "none" / "p.csv"), std::runtime_error);
  EXPECT_THROW(write_predictions(set_.folder() / "none" / "p.csv", {}), std::runtime_error);
  EXPECT_NO_THROW(refuse_unwritable_predictions(set_.folder() / "p.csv"));
}

TEST(Discordance, CountsWhereTwoModelsDiffer) {
  const auto row = [](const char* truth, const char* predicted) {
    return PredictionRow{.recording = "r", .start_s = 0, .activity = {truth, predicted, 1}, .placement = {}};
  };
  const std::vector<PredictionRow> first{row("a", "a"), row("a", "a"), row("a", "b"), row("b", "a"), row("", "a")};
  auto second = std::vector<PredictionRow>{row("a", "a"), row("a", "b"), row("a", "b"), row("b", "b"), row("", "b")};
  const auto counts = discordance(first, second, &PredictionRow::activity);
  EXPECT_EQ(counts.both_right, 1);
  EXPECT_EQ(counts.only_first_right, 1);
  EXPECT_EQ(counts.only_second_right, 1);
  EXPECT_EQ(counts.both_wrong, 1);
  second[0].start_s = 1;
  EXPECT_THROW((void)discordance(first, second, &PredictionRow::activity), DataSetError);
  second.pop_back();
  EXPECT_THROW((void)discordance(first, second, &PredictionRow::activity), DataSetError);
}

}  // namespace
}  // namespace propriod::train
