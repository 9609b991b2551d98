#include "train/evaluation.hpp"

#include <gmock/gmock.h>
#include <torch/torch.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "model/network.hpp"
#include "train/report.hpp"

namespace propriod::train {
namespace {

/// A network with random weights, and windows of noise that it can say nothing true of: far too sure of itself.
class Evaluated : public testing::Test {
 protected:
  Evaluated() {
    torch::manual_seed(1);
    manifest_.activities = {"lying", "sitting", "walking"};
    manifest_.placements = {"chest", "wrist"};
    const auto network = model::make_network(manifest_.architecture, manifest_.input.window, 3, 2);
    weights_ = model::weights_of(*network);
    for (auto& weight : weights_) {
      if (weight.name != "activity.weight" && weight.name != "placement.weight") continue;
      for (auto& value : weight.values) value *= 300;
    }
    const auto noise = torch::randn({kWindows, 3, 100});
    windows_.accel.assign(noise.data_ptr<float>(), noise.data_ptr<float>() + noise.numel());
    windows_.subjects = {"ann", "bob"};
    for (int n = 0; n < kWindows; ++n) {
      windows_.activity.push_back(n % 3);
      windows_.placement.push_back(n % 2);
      windows_.subject.push_back(n % 2);
      windows_.origin.push_back({0, std::chrono::milliseconds{n * 1200}});
      all_.push_back(static_cast<std::size_t>(n));
    }
  }

  [[nodiscard]] model::Recognizer recognizer(const model::Manifest::Calibration& calibration = {}) const {
    auto manifest = manifest_;
    manifest.calibration = calibration;
    return model::Recognizer({.directory = "noise", .manifest = manifest, .weights = weights_});
  }

  static constexpr int kWindows = 60;
  model::Manifest manifest_;
  std::vector<model::NamedTensor> weights_;
  WindowSet windows_;
  std::vector<std::size_t> all_;
};

TEST_F(Evaluated, AModelThatIsTooSureOfItselfIsCalibrated) {
  auto plain = recognizer();
  const auto calibration = calibrate(plain, windows_, all_);
  EXPECT_GT(calibration.activity_temperature, 1.5);
  EXPECT_GT(calibration.placement_temperature, 1.5);
  ASSERT_TRUE(calibration.activity_unknown_below);
  const auto before = evaluate(plain, windows_, all_);
  EXPECT_FALSE(before.activity_ece_uncalibrated);
  auto calibrated = recognizer(calibration);
  const auto after = evaluate(calibrated, windows_, all_);
  EXPECT_LT(after.activity->ece, before.activity->ece / 2);
  EXPECT_EQ(after.activity->confusion, before.activity->confusion);
  EXPECT_NEAR(*after.activity_ece_uncalibrated, before.activity->ece, 0.5);
}

TEST_F(Evaluated, TellsWhatItsOwnThresholdCallsUnknown) {
  auto plain = recognizer();
  std::vector<std::pair<double, bool>> answers;  // confidence, right
  const auto before = evaluate(plain, windows_, all_, [&](const EvaluatedWindow& window) {
    const auto best = std::ranges::max_element(window.activity);
    answers.emplace_back(*best, best - window.activity.begin() == windows_.activity[window.window]);
  });
  EXPECT_FALSE(before.activity_unknown) << "it has none";
  std::ranges::sort(answers);
  const double below = answers[20].first;
  const auto right = std::count_if(answers.begin() + 20, answers.end(), [](const auto& a) { return a.second; });
  auto careful = recognizer({.activity_unknown_below = below, .placement_unknown_below = 1.1});
  const auto evaluation = evaluate(careful, windows_, all_);
  ASSERT_TRUE(evaluation.activity_unknown);
  EXPECT_EQ(evaluation.activity_unknown->windows, 20);
  EXPECT_NEAR(evaluation.activity_unknown->share, 100.0 / 3, 1e-9);
  EXPECT_NEAR(*evaluation.activity_unknown->accuracy_known, 100.0 * static_cast<double>(right) / 40, 1e-9);
  EXPECT_EQ(evaluation.activity->accuracy, before.activity->accuracy) << "of what it would have said";
  EXPECT_FALSE(evaluation.placement_unknown->accuracy_known);

  const auto json = nlohmann::json::parse(to_json(evaluation, careful));
  EXPECT_EQ(json.at("tasks").at("activity").at("unknown").at("windows"), 20);
  EXPECT_TRUE(json.at("tasks").at("placement").at("unknown").at("accuracy_known").is_null());
  EXPECT_THAT(to_text(evaluation), testing::HasSubstr(": 33.33 % of the windows; of the others "));
  EXPECT_THAT(to_text(evaluation), testing::HasSubstr(": 100.00 % of the windows; no others are left"));
}

TEST_F(Evaluated, NoTemperatureChangesWhichClassWins) {
  auto plain = recognizer();
  model::Probabilities expected;
  plain.recognize(windows_.accel, expected);
  for (const double temperature : {0.01, 0.5, 3.0, 100.0}) {
    auto calibrated = recognizer({.activity_temperature = temperature, .placement_temperature = temperature});
    model::Probabilities said;
    calibrated.recognize(windows_.accel, said);
    for (std::size_t row = 0; row < expected.activity.size(); row += 3) {
      const auto before = std::span(expected.activity).subspan(row, 3);
      const auto after = std::span(said.activity).subspan(row, 3);
      EXPECT_EQ(std::ranges::max_element(after) - after.begin(), std::ranges::max_element(before) - before.begin());
      EXPECT_NEAR(after[0] + after[1] + after[2], 1, 1e-5);
      if (temperature == 3.0) {
        EXPECT_NEAR(*std::ranges::max_element(after), confidence_at(before, temperature), 1e-3);
      }
    }
  }
}

TEST_F(Evaluated, ATaskWithoutLabelsIsNotCalibrated) {
  windows_.placement.assign(kWindows, -1);
  auto plain = recognizer();
  const auto calibration = calibrate(plain, windows_, all_);
  EXPECT_EQ(calibration.placement_temperature, 1);
  EXPECT_FALSE(calibration.placement_unknown_below);
}

TEST_F(Evaluated, IsTheSameInPredictionsFiguresAndReport) {
  auto plain = recognizer();
  std::vector<drivers::Recording> recordings(1);
  recordings[0].name = "noise.csv";
  std::vector<PredictionRow> rows;
  windows_.placement[0] = -1;
  const auto evaluation = evaluate(plain, windows_, all_, [&](const EvaluatedWindow& window) {
    rows.push_back(prediction_row(window, windows_, recordings, manifest_));
  });
  ASSERT_EQ(rows.size(), all_.size());
  EXPECT_EQ(rows[2].recording, "noise.csv");
  EXPECT_EQ(rows[2].start_s, 2.4);
  EXPECT_EQ(rows[2].activity.truth, "walking");
  EXPECT_EQ(rows[0].placement.truth, "");
  const auto right =
      std::ranges::count_if(rows, [](const auto& row) { return row.activity.truth == row.activity.predicted; });
  EXPECT_NEAR(evaluation.activity->accuracy, 100.0 * static_cast<double>(right) / kWindows, 1e-9);

  const auto json = nlohmann::json::parse(to_json(evaluation, plain));
  EXPECT_EQ(json.at("tasks").at("activity").at("classes").at(2).at("label"), "walking");
  for (const char* key : {"accuracy", "macro_f1", "weighted_f1", "ece"}) {
    EXPECT_TRUE(json.at("tasks").at("placement").at(key).is_number()) << key;
  }
  for (const char* key : {"precision", "recall", "specificity", "npv", "one_vs_rest_accuracy", "f1", "support"}) {
    EXPECT_TRUE(json.at("tasks").at("activity").at("classes").at(0).at(key).is_number()) << key;
  }
  EXPECT_EQ(json.at("per_placement").size(), 2U);
  EXPECT_EQ(json.at("per_placement").at(1).at("activity").at("confusion").size(), 3U);
  EXPECT_EQ(json.at("per_subject").at("activity").at("subjects"), 2);
  EXPECT_EQ(json.at("per_subject").at("subjects").at(1).at("subject"), "bob");
  std::int64_t windows = 0;
  for (const auto& group : json.at("groups")) windows += group.at("windows").get<std::int64_t>();
  EXPECT_EQ(windows, kWindows);
  EXPECT_TRUE(json.at("groups").at(0).at("placement").is_null());  // Ann's first window

  const auto text = to_text(evaluation);
  EXPECT_THAT(text, testing::HasSubstr("by placement\n  chest "));
  EXPECT_THAT(text, testing::HasSubstr("accuracy by person\n  activity "));
}

}  // namespace
}  // namespace propriod::train
