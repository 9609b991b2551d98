#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace propriod::train {

/// A two-sided paired t-test of the hypothesis that two methods do equally well.
struct TTest {
  double mean_difference = 0;  ///< of first − second
  double t = 0;                ///< ± infinity where all differences are equal and not 0, 0 where all are 0
  std::size_t degrees_of_freedom = 0;
  double p = 1;  ///< 0 … 1
};

/// Student's paired t-test, as the paper's Table 8 has it. `first` and `second` are figures of the same folds in the
/// same order. Folds share training windows, so its p is too small: give `corrected_t_test` beside it. Throws
/// std::invalid_argument unless there are at least two pairs, all finite.
[[nodiscard]] TTest paired_t_test(std::span<const double> first, std::span<const double> second);

/// The same with the variance that Nadeau and Bengio (2003, "Inference for the generalization error", Machine Learning
/// 52) correct for overlapping training parts: 1/k + test/training in place of 1/k. `test_to_training` is the ratio of
/// their sizes, 0.25 for five folds; throws std::invalid_argument unless it is finite and at least 0.
[[nodiscard]] TTest corrected_t_test(std::span<const double> first, std::span<const double> second,
                                     double test_to_training);

/// Holm's step-down correction (1979) of a family of tests: the p values, in the order given, so that comparing each
/// with a level keeps the probability of any false alarm in the family below that level. Throws std::invalid_argument
/// for a p outside 0 … 1.
[[nodiscard]] std::vector<double> holm_corrected(std::span<const double> p_values);

/// McNemar's test of the hypothesis that two models, seen on the same windows, err equally often.
struct McNemarTest {
  std::optional<double> chi_square;  ///< none where the exact test was made
  double p = 1;
};

/// `only_first_right`, `only_second_right`: windows that one model gets right and the other does not. Fewer than 25 of
/// them together: the exact binomial test; otherwise χ² of one degree of freedom with Edwards' continuity correction,
/// max(0, |b − c| − 1)² / (b + c). Overlapping windows of one person are not independent, so p is too small for them.
/// Throws std::invalid_argument for a negative count.
[[nodiscard]] McNemarTest mcnemar_test(std::int64_t only_first_right, std::int64_t only_second_right);

/// A mean over people (or folds), how far they spread, and where the mean may lie.
struct Spread {
  std::size_t count = 0;
  double mean = 0;
  double sd = 0;    ///< of a sample, with count − 1
  double low = 0;   ///< bounds of the 95 % bootstrap interval of the mean
  double high = 0;  ///< likewise
};

inline constexpr std::size_t kBootstrapResamples = 10'000;

/// The interval is the percentile bootstrap's: `kBootstrapResamples` times as many values are drawn with replacement,
/// and the 2.5th and 97.5th percentile of their means (linear between ranks) are its bounds. The seed is fixed, so the
/// same values give the same interval. None for fewer than two values, which have no spread.
[[nodiscard]] std::optional<Spread> spread_of(std::span<const double> values);

/// The value below which the fraction `quantile` (0 … 1) of `sorted` lies, linear between ranks, as NumPy does by
/// default. `sorted` ascends and has at least one value.
[[nodiscard]] double quantile_of(std::span<const double> sorted, double quantile);

}  // namespace propriod::train
