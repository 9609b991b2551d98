#include "train/label_audit.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace propriod::train {
namespace {

/// Recordings whose windows all say the same.
class Audit : public testing::Test {
 protected:
  void record(const std::string& name, std::int64_t label, const std::vector<float>& probabilities, int windows = 20) {
    for (int k = 0; k < windows; ++k) {
      truth_.push_back(label);
      probabilities_.insert(probabilities_.end(), probabilities.begin(), probabilities.end());
      recording_.push_back(recordings_.size());
    }
    recordings_.push_back(name);
  }

  [[nodiscard]] std::vector<AuditEntry> entries() const {
    return audit_labels({.labels = labels_,
                         .truth = truth_,
                         .probabilities = probabilities_,
                         .recording = recording_,
                         .recordings = recordings_});
  }

  const std::vector<std::string> labels_{"walking", "eating soup", "eating pasta"};
  std::vector<std::int64_t> truth_;
  std::vector<float> probabilities_;
  std::vector<std::size_t> recording_;
  std::vector<std::string> recordings_;
};

TEST_F(Audit, PutsAContradictedLabelAboveAClassThatIsAlwaysConfused) {
  for (int k = 0; k < 5; ++k) record("walk" + std::to_string(k), 0, {0.9F, 0.05F, 0.05F});
  for (int k = 0; k < 5; ++k) record("soup" + std::to_string(k), 1, {0.04F, 0.16F, 0.8F});  // always taken for pasta
  for (int k = 0; k < 5; ++k) record("pasta" + std::to_string(k), 2, {0.04F, 0.16F, 0.8F});
  record("wrong", 0, {0.18F, 0.1F, 0.72F});
  const auto ranked = entries();
  ASSERT_EQ(ranked.size(), 16U);
  EXPECT_EQ(ranked[0].recording, "wrong");
  EXPECT_EQ(ranked[0].label, "walking");
  EXPECT_EQ(ranked[0].suggested, "eating pasta");
  EXPECT_EQ(ranked[0].suggested_share, 100);
  EXPECT_NEAR(ranked[0].suggested_percent, 72, 1e-4);
  EXPECT_NEAR(ranked[0].label_percent, 18, 1e-4);
  EXPECT_EQ(ranked[0].windows, 20);
  EXPECT_EQ(ranked[1].label, "eating soup");
}

TEST_F(Audit, TrustsManyWindowsMoreThanFew) {
  for (int k = 0; k < 3; ++k) record("walk", 0, {0.9F, 0.05F, 0.05F});
  record("short", 0, {0.05F, 0.9F, 0.05F}, 1);
  record("long", 0, {0.1F, 0.8F, 0.1F}, 50);
  EXPECT_EQ(entries()[0].recording, "long");
  EXPECT_EQ(entries()[1].recording, "short");
}

TEST_F(Audit, IsNotDecidedByASingleSureWindow) {
  record("walk", 0, {0.9F, 0.05F, 0.05F}, 30);
  probabilities_[0] = 0;  // of its first window: impossible, says the model
  probabilities_[1] = 1;
  EXPECT_LT(entries()[0].score, 0);
}

TEST_F(Audit, LooksAtEachLabelOfARecordingAndLeavesOutWhatHasNone) {
  record("both", 0, {0.9F, 0.05F, 0.05F}, 10);
  for (std::size_t k = 5; k < 10; ++k) truth_[k] = k < 8 ? 1 : -1;
  const auto ranked = entries();
  ASSERT_EQ(ranked.size(), 2U);
  EXPECT_EQ(ranked[0].label, "eating soup");
  EXPECT_EQ(ranked[0].windows, 3);
  EXPECT_EQ(ranked[1].windows, 5);
}

TEST_F(Audit, RefusesSizesThatDoNotFit) {
  record("walk", 0, {0.9F, 0.1F});
  EXPECT_THROW((void)entries(), std::invalid_argument);
}

TEST_F(Audit, IsToldToScriptsAndToPeople) {
  record("\x1b[2Jwalk", 0, {0.1F, 0.8F, 0.1F});
  const auto ranked = entries();
  const auto json = nlohmann::json::parse(audit_json(ranked, {}, {}));
  EXPECT_EQ(json.at("activity").at(0).at("suggested"), "eating soup");
  EXPECT_TRUE(json.at("placement").empty());
  EXPECT_TRUE(json.at("planted").is_null());
  const auto text = audit_text(ranked, {}, 10);
  EXPECT_THAT(text, testing::HasSubstr("walk: labelled walking, looks like eating soup (100 % of 20 windows)"));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("\x1b")));
  EXPECT_THAT(audit_text(ranked, {}, 0), testing::Not(testing::HasSubstr("labelled")));
}

TEST_F(Audit, TellsScriptsHowManyPlantedLabelsItFound) {
  const PlantedCounts planted{.activity = {.planted = 5, .found = 4, .looked_at = 9},
                              .placement = {.planted = 3, .found = 2, .looked_at = 7}};
  const auto json = nlohmann::json::parse(audit_json({}, {}, planted)).at("planted");
  EXPECT_EQ(json.at("activity"), (nlohmann::json{{"planted", 5}, {"found", 4}, {"looked_at", 9}}));
  EXPECT_EQ(json.at("placement"), (nlohmann::json{{"planted", 3}, {"found", 2}, {"looked_at", 7}}));
}

TEST(FileOfRecording, LeavesOutTheLineWhereItBegins) {
  EXPECT_EQ(file_of_recording("raw/data_1637_accel_phone.txt.gz:412"), "raw/data_1637_accel_phone.txt.gz");
  EXPECT_EQ(file_of_recording("a01/p1/s01 torso"), "a01/p1/s01 torso");
  EXPECT_EQ(file_of_recording("odd:name"), "odd:name");
  EXPECT_EQ(file_of_recording("odd:"), "odd:");
}

}  // namespace
}  // namespace propriod::train
