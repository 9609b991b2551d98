#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace propriod::train {

/// Probabilities of one task for windows that took no part in training, beside the truth. Borrowed.
struct CalibrationData {
  std::span<const float> probabilities;  ///< (N, classes) at temperature 1, row by row
  std::span<const std::int64_t> truth;   ///< (N) class, or −1 without a label: such a window does not count
  std::size_t classes = 0;               ///< at least 1
};

inline constexpr double kLowestTemperature = 0.01;
inline constexpr double kHighestTemperature = 100;

/// The temperature T of this task (Guo et al. 2017, "On calibration of modern neural networks"): softmax(logits / T)
/// has the least negative log-likelihood on `data`. Above 1 the model was too sure of itself, below 1 not sure enough.
/// Which class wins never changes. Found by golden-section search over log T, where that likelihood has one valley,
/// within `kLowestTemperature` … `kHighestTemperature`; precise to 0.001 of itself. Throws std::invalid_argument when
/// no window has a label or the sizes do not fit together.
[[nodiscard]] double fit_temperature(const CalibrationData& data);

/// How the threshold for `unknown` is chosen; fractions.
struct UnknownRule {
  double wrong_among_rejected = 0.5;  ///< at least so many of the windows that become unknown would have been wrong
  double most_right_lost = 0.1;       ///< and at most so many of all right windows may become unknown
};

/// The confidence at `temperature` below which a window of this task is called unknown: the highest for which at least
/// half of the windows that it turns into `unknown` are wrong, and which costs at most a tenth of the windows that are
/// right. 0 (never unknown) where there is none, as for a model that is nearly always right. Throws as
/// `fit_temperature`.
[[nodiscard]] double choose_unknown_threshold(const CalibrationData& data, double temperature,
                                              const UnknownRule& rule = {});

/// The confidence of the most probable class of `probabilities` after softmax(log p / temperature). With 1/T it takes
/// back what the temperature T did. `probabilities`: at least one.
[[nodiscard]] double confidence_at(std::span<const float> probabilities, double temperature);

}  // namespace propriod::train
