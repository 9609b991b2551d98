#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "train/recipe_settings.hpp"

/// What `propriod experiment` is asked for, and the runs that this comes down to. Plain data, no LibTorch.
namespace propriod::train {

/// The methods whose loss has a λ to vary.
[[nodiscard]] bool has_lambda(std::string_view method) noexcept;

/// The parts that a report can have, in its order. A part without results is left out of the report.
inline constexpr std::array<std::string_view, 12> kReportSections{"table5", "recipes", "variants",  "placements",
                                                                  "people", "table6",  "confusion", "table7",
                                                                  "table8", "lambda",  "ratio",     "curves"};

/// One data set of an experiment, and how it is cut and split.
struct ExperimentData {
  std::string name;            ///< what the report calls it; a valid name
  std::filesystem::path path;  ///< absolute; empty: it is not here
  std::string format;
  std::optional<double> rate_hz{};  ///< none: the data set's own
  std::string protocol = "honest";
  std::string split = "random";
  double test_fraction = 0.2;
  int test_folds = 0;  ///< 0: one test part. Else every fold is the test part once; leave-one-subject-out: people
  std::vector<std::string> only{}, exclude{};  ///< globs over the names of recordings
  std::vector<std::string> chosen_on{};        ///< globs over the people that a recipe was chosen on
};

/// A named way to differ from the recipe.
struct ExperimentVariant {
  std::string name;                           ///< what the report calls it
  std::optional<std::string> architecture{};  ///< none: that of the run
  std::vector<RecipeChange> changes{};        ///< by the name of the setting, each once
};

/// The file. An empty list of methods, architectures, λ, ratios or variants: what the recipe and the data say.
struct ExperimentPlan {
  std::string title;
  std::string notes;
  std::vector<ExperimentData> data;
  std::vector<std::string> methods, architectures;
  std::vector<std::string> recipes{"paper"};
  std::vector<std::uint64_t> seeds{0};
  int folds = 0;                        ///< 0: one validation part, a fifth of the training part
  std::vector<double> lambdas;          ///< of the methods that have one; the others run once
  std::vector<double> training_ratios;  ///< 0 … 1: 1 − the test fraction
  std::vector<ExperimentVariant> variants;
  std::optional<int> epochs, batch;  ///< none: the recipe's
  std::string device = "auto";
  std::vector<int> devices;         ///< GPUs that the runs take turns on; empty: whatever `device` finds
  int jobs = 1;                     ///< runs at a time
  int threads = 0;                  ///< of each run; 0: the processors shared among the jobs
  std::vector<std::string> report;  ///< of `kReportSections`; empty: all
};

/// One training of an experiment: everything that its result depends on, and where the data lie. How many threads or
/// which GPU is not.
struct ExperimentRun {
  ExperimentData data;  ///< with the test fraction that a training ratio comes down to; `chosen_on` plays no part
  std::string recipe;
  std::optional<std::string> method, architecture;
  std::optional<double> lambda;
  ExperimentVariant variant;  ///< its name plays no part; without one: the recipe as it is
  std::optional<int> epochs, batch;
  std::string device;
  std::uint64_t seed = 0;
  int folds = 0;
  int fold = 0;
  int test_fold = 0;

  /// As one line of JSON with a fixed order of keys. Two runs are the same exactly when these are. Where the data lie
  /// is not in it: a folder may be moved, and results be reported where the data are not.
  [[nodiscard]] std::string configuration() const;

  /// Readable and unique: names a folder, e.g. `dsads-smooth-distill-paper-s0-9f2c41aa03b7`.
  [[nodiscard]] std::string id() const;

  /// What `propriod` is called with to do this run: `train` and its options, `out` being MODELS/NAME.
  [[nodiscard]] std::vector<std::string> arguments(const std::filesystem::path& out,
                                                   const std::filesystem::path& predictions, int threads) const;
};

inline constexpr std::size_t kMostRuns = 100'000;
inline constexpr std::uint64_t kMostSeed = 1ULL << 53U;  ///< what JSON numbers hold exactly

/// The grid, each run once, data sets outermost and folds innermost, those of data sets that are not here too. Throws
/// std::runtime_error when these are more than `kMostRuns`.
[[nodiscard]] std::vector<ExperimentRun> expand(const ExperimentPlan& plan);

}  // namespace propriod::train
