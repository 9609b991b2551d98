#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "train/experiment.hpp"
#include "train/experiment_results.hpp"

/// The results of an experiment, sorted and pooled for its report. Every figure follows from confusion matrices and
/// counts, so that parts can be added up before they are rated.
namespace propriod::train {

/// Figures of one class against all others, percent.
struct ClassFigures {
  std::string label;
  std::int64_t windows = 0;
  double accuracy = 0, sensitivity = 0, ppv = 0, npv = 0, f1 = 0;
};

/// The confusion matrix of one task, perhaps of several test parts together.
struct Confusion {
  std::vector<std::string> labels;
  std::vector<std::vector<std::int64_t>> windows;  ///< rows truth, columns predicted

  /// Adds another; labels it lacks are appended.
  void add(const Confusion& other);
  [[nodiscard]] double accuracy() const;  ///< percent; 0 without windows, as for the next
  [[nodiscard]] double macro_f1() const;  ///< percent, over the classes that occur or were predicted
  [[nodiscard]] std::vector<ClassFigures> classes() const;
};

inline constexpr std::array<std::string_view, 2> kTasks{"activity", "placement"};

/// Windows of some people and placements, and how many of them were called right.
struct GroupFigures {
  std::array<std::int64_t, 2> windows{};  ///< by task
  std::array<std::int64_t, 2> correct{};
  [[nodiscard]] std::optional<double> accuracy(std::size_t task) const;  ///< percent
};

/// One seed and one validation fold. With test folds it has as many results, which are pooled: every person or window
/// is tested once.
struct Repetition {
  std::uint64_t seed = 0;
  int fold = 0;
  std::vector<const ExperimentResult*> results;  ///< by test fold
  std::array<std::optional<Confusion>, 2> tasks;
  std::map<std::string, Confusion> activity_at;  ///< by true placement; empty where a result does not tell

  /// Of the windows whose person and placement `wanted` wants. A run that tells no groups adds nothing.
  [[nodiscard]] GroupFigures groups(
      const std::function<bool(const std::string& subject, const std::string& placement)>& wanted) const;

  /// The placements that its groups tell, and the people.
  [[nodiscard]] std::set<std::string> placements() const;
  [[nodiscard]] std::set<std::string> people() const;
};

/// What is repeated: all that a configuration says but seed and folds.
struct Variant {
  ExperimentRun run;                    ///< one of its runs
  std::string method, architecture;     ///< as the results say, which know what the recipe chose
  std::vector<Repetition> repetitions;  ///< complete ones: with all test folds
  std::string label;                    ///< what tells it from the others of its data set

  [[nodiscard]] const nlohmann::ordered_json& first() const { return repetitions.front().results.front()->result; }
};

/// One task of all repetitions together. None without results of that task.
[[nodiscard]] std::optional<Confusion> pooled(const Variant& variant, std::size_t task);

/// The placements that any of them tells.
[[nodiscard]] std::set<std::string> placements_of(std::span<const Variant> variants);

struct MeanSd {
  double mean = 0;
  double sd = 0;  ///< of a sample; 0 for a single value
  std::size_t count = 0;

  /// "68.59 ± 0.41", or the mean alone when there is nothing to spread; "–" of nothing.
  [[nodiscard]] std::string text(int decimals = 2) const;
};
[[nodiscard]] MeanSd mean_sd(std::span<const double> values);

/// The number at a JSON pointer such as "/tasks/activity/ece"; none when it is missing or no number.
[[nodiscard]] std::optional<double> number_at(const nlohmann::ordered_json& json, const std::string& pointer);

/// What every repetition says at a pointer, averaged over its results; those that say nothing are left out.
[[nodiscard]] std::vector<double> values_at(const Variant& variant, const std::string& pointer);

/// The variants of `runs` that have a complete repetition, in the order of the runs. Throws std::runtime_error naming
/// the run whose result has not the form that `train --json` gives it.
[[nodiscard]] std::vector<Variant> summarise(std::span<const ExperimentRun> runs,
                                             const std::map<std::string, ExperimentResult>& results);

}  // namespace propriod::train
