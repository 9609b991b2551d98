#include "train/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <vector>

namespace propriod::train {
namespace {

/// float32 has no smaller one; a softmax that gives 0 meant at most this.
constexpr float kSmallest = std::numeric_limits<float>::denorm_min();

void require_labelled(const CalibrationData& data) {
  if (data.classes == 0 || data.probabilities.size() != data.truth.size() * data.classes) {
    throw std::invalid_argument("calibration needs a probability for each window and class");
  }
  if (std::ranges::all_of(data.truth, [](auto label) { return label < 0; })) {
    throw std::invalid_argument("no window has a label of this task: nothing to calibrate on");
  }
}

/// log p, less the largest of its window, of the windows that have a label.
struct Scores {
  std::vector<double> rows;        ///< (N, classes)
  std::vector<std::size_t> truth;  ///< (N)
  std::size_t classes;

  explicit Scores(const CalibrationData& data) : classes(data.classes) {
    for (std::size_t n = 0; n < data.truth.size(); ++n) {
      if (data.truth[n] < 0) continue;
      const auto row = data.probabilities.subspan(n * classes, classes);
      const double largest = std::log(static_cast<double>(std::max(*std::ranges::max_element(row), kSmallest)));
      for (const float p : row) rows.push_back(std::log(static_cast<double>(std::max(p, kSmallest))) - largest);
      truth.push_back(static_cast<std::size_t>(data.truth[n]));
    }
  }

  /// Mean over the windows.
  [[nodiscard]] double negative_log_likelihood(double temperature) const {
    double sum = 0;
    for (std::size_t n = 0; n < truth.size(); ++n) {
      double normaliser = 0;
      for (std::size_t k = 0; k < classes; ++k) normaliser += std::exp(rows[n * classes + k] / temperature);
      sum += std::log(normaliser) - rows[n * classes + truth[n]] / temperature;
    }
    return sum / static_cast<double>(truth.size());
  }
};

}  // namespace

double fit_temperature(const CalibrationData& data) {
  require_labelled(data);
  const Scores scores(data);
  const auto cost = [&](double log_temperature) { return scores.negative_log_likelihood(std::exp(log_temperature)); };
  constexpr double kRatio = 1 / std::numbers::phi;
  constexpr double kPrecision = 1e-4;  // of log T
  double low = std::log(kLowestTemperature);
  double high = std::log(kHighestTemperature);
  double left = high - kRatio * (high - low);
  double right = low + kRatio * (high - low);
  double left_cost = cost(left);
  double right_cost = cost(right);
  while (high - low > kPrecision) {
    // On a tie to the middle: where every window is right beyond doubt, the far end of low temperatures is flat.
    if (left_cost < right_cost || (left_cost == right_cost && left + right > 0)) {
      high = right;
      right = left;
      right_cost = left_cost;
      left = high - kRatio * (high - low);
      left_cost = cost(left);
    } else {
      low = left;
      left = right;
      left_cost = right_cost;
      right = low + kRatio * (high - low);
      right_cost = cost(right);
    }
  }
  return std::exp((low + high) / 2);
}

double confidence_at(std::span<const float> probabilities, double temperature) {
  const double largest = std::log(static_cast<double>(std::max(*std::ranges::max_element(probabilities), kSmallest)));
  double normaliser = 0;
  for (const float p : probabilities) {
    normaliser += std::exp((std::log(static_cast<double>(std::max(p, kSmallest))) - largest) / temperature);
  }
  return 1 / normaliser;
}

double choose_unknown_threshold(const CalibrationData& data, double temperature, const UnknownRule& rule) {
  require_labelled(data);
  struct Answer {
    double confidence;
    bool right;
  };
  std::vector<Answer> answers;
  for (std::size_t n = 0; n < data.truth.size(); ++n) {
    if (data.truth[n] < 0) continue;
    const auto row = data.probabilities.subspan(n * data.classes, data.classes);
    answers.push_back({.confidence = confidence_at(row, temperature),
                       .right = std::ranges::max_element(row) - row.begin() == data.truth[n]});
  }
  std::ranges::sort(answers, {}, &Answer::confidence);
  const auto all_right = static_cast<double>(std::ranges::count(answers, true, &Answer::right));
  double threshold = 0;
  double right = 0;
  for (std::size_t rejected = 1; rejected <= answers.size(); ++rejected) {
    if (answers[rejected - 1].right) ++right;
    const bool last = rejected == answers.size();
    if (!last && answers[rejected].confidence == answers[rejected - 1].confidence) continue;  // only together
    const double wrong = static_cast<double>(rejected) - right;
    if (right > rule.most_right_lost * all_right) break;
    if (wrong < rule.wrong_among_rejected * static_cast<double>(rejected)) continue;
    threshold = last ? 1 : (answers[rejected - 1].confidence + answers[rejected].confidence) / 2;
  }
  return threshold;
}

}  // namespace propriod::train
