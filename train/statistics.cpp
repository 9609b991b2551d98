#include "train/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <stdexcept>

#include "train/random.hpp"

namespace propriod::train {
namespace {

constexpr std::int64_t kExactBelow = 25;  // discordant windows; from there on χ² is close enough
constexpr std::uint64_t kBootstrapSeed = 0x9e3779b97f4a7c15;

/// The continued fraction of the incomplete beta function, DLMF 8.17.22, by Lentz' method as Thompson and Barnett
/// (1986) changed it. Converges fast for x < (a + 1) / (a + b + 2).
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;  // in place of a 0 that would be divided by
  constexpr double kPrecision = 1e-15;
  constexpr int kMostTerms = 10'000;
  const auto not_zero = [](double value) { return std::abs(value) < kTiny ? kTiny : value; };
  double numerator = 1;
  double denominator = 1 / not_zero(1 - (a + b) * x / (a + 1));
  double fraction = denominator;
  for (int m = 1; m <= kMostTerms; ++m) {
    const auto extend = [&](double coefficient) {
      denominator = 1 / not_zero(1 + coefficient * denominator);
      numerator = not_zero(1 + coefficient / numerator);
      fraction *= denominator * numerator;
    };
    extend(m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)));
    extend(-(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)));
    if (std::abs(denominator * numerator - 1) < kPrecision) break;
  }
  return fraction;
}

/// The regularised incomplete beta function I_x(a, b) for a, b > 0 and x from 0 to 1.
double incomplete_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double two_sided_p(double t, double degrees_of_freedom) {
  return incomplete_beta(degrees_of_freedom / 2, 0.5, degrees_of_freedom / (degrees_of_freedom + t * t));
}

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double sample_variance(std::span<const double> values, double mean) {
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return sum / static_cast<double>(values.size() - 1);
}

/// The variance of the mean difference is taken to be 1/k + `surplus_share` of that of a single one.
TTest t_test(std::span<const double> first, std::span<const double> second, double surplus_share) {
  if (first.size() != second.size() || first.size() < 2) {
    throw std::invalid_argument("a paired t-test needs at least two pairs of figures");
  }
  std::vector<double> differences;
  for (std::size_t k = 0; k < first.size(); ++k) differences.push_back(first[k] - second[k]);
  if (!std::ranges::all_of(differences, [](double value) { return std::isfinite(value); })) {
    throw std::invalid_argument("a paired t-test needs finite figures");
  }
  TTest test;
  test.degrees_of_freedom = differences.size() - 1;
  test.mean_difference = mean_of(differences);
  const bool all_equal = std::ranges::all_of(differences, [&](double value) { return value == differences.front(); });
  if (all_equal && differences.front() == 0) return test;
  if (all_equal) {
    test.t = std::copysign(std::numeric_limits<double>::infinity(), test.mean_difference);
    test.p = 0;
    return test;
  }
  const double share = 1 / static_cast<double>(differences.size()) + surplus_share;
  test.t = test.mean_difference / std::sqrt(share * sample_variance(differences, test.mean_difference));
  test.p = two_sided_p(test.t, static_cast<double>(test.degrees_of_freedom));
  return test;
}

/// Twice the probability of at most `fewer` heads in `tosses` of a fair coin, at most 1.
double exact_binomial_p(std::int64_t fewer, std::int64_t tosses) {
  double ways = 1;  // tosses over k; below 25 tosses all of them are exact
  double sum = 0;
  for (std::int64_t k = 0; k <= fewer; ++k) {
    sum += ways;
    ways = ways * static_cast<double>(tosses - k) / static_cast<double>(k + 1);
  }
  return std::min(1.0, 2 * sum * std::pow(0.5, static_cast<double>(tosses)));
}

}  // namespace

TTest paired_t_test(std::span<const double> first, std::span<const double> second) { return t_test(first, second, 0); }

TTest corrected_t_test(std::span<const double> first, std::span<const double> second, double test_to_training) {
  if (!(test_to_training >= 0) || !std::isfinite(test_to_training)) {
    throw std::invalid_argument("the ratio of test to training windows must be a number of at least 0");
  }
  return t_test(first, second, test_to_training);
}

std::vector<double> holm_corrected(std::span<const double> p_values) {
  if (!std::ranges::all_of(p_values, [](double p) { return p >= 0 && p <= 1; })) {
    throw std::invalid_argument("a p value must lie within 0 … 1");
  }
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t k) { return p_values[k]; });
  std::vector<double> corrected(p_values.size());
  double largest = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const double p = static_cast<double>(order.size() - rank) * p_values[order[rank]];
    largest = std::max(largest, std::min(1.0, p));  // a larger p never becomes more certain than a smaller one
    corrected[order[rank]] = largest;
  }
  return corrected;
}

McNemarTest mcnemar_test(std::int64_t only_first_right, std::int64_t only_second_right) {
  if (only_first_right < 0 || only_second_right < 0) throw std::invalid_argument("a count of windows is negative");
  const auto discordant = only_first_right + only_second_right;
  if (discordant < kExactBelow) {
    return {.chi_square = {}, .p = exact_binomial_p(std::min(only_first_right, only_second_right), discordant)};
  }
  const auto difference = static_cast<double>(std::abs(only_first_right - only_second_right));
  const double excess = std::max(0.0, difference - 1);
  const double chi_square = excess * excess / static_cast<double>(discordant);
  return {.chi_square = chi_square, .p = std::erfc(std::sqrt(chi_square / 2))};
}

double quantile_of(std::span<const double> sorted, double quantile) {
  const double place = quantile * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

std::optional<Spread> spread_of(std::span<const double> values) {
  if (values.size() < 2) return std::nullopt;
  std::mt19937_64 engine(kBootstrapSeed);
  std::vector<double> means(kBootstrapResamples);
  for (auto& mean : means) {
    double sum = 0;
    for (std::size_t k = 0; k < values.size(); ++k) sum += values[draw_below(values.size(), engine)];
    mean = sum / static_cast<double>(values.size());
  }
  std::ranges::sort(means);
  const double mean = mean_of(values);
  return Spread{.count = values.size(),
                .mean = mean,
                .sd = std::sqrt(sample_variance(values, mean)),
                .low = quantile_of(means, 0.025),
                .high = quantile_of(means, 0.975)};
}

}  // namespace propriod::train
