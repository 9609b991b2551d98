#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "config/problem.hpp"
#include "train/experiment.hpp"

namespace propriod::daemon {

/// Where data sets lie, by their name in the file: what `--data NAME=PATH` says.
using DataPaths = std::map<std::string, std::filesystem::path>;

struct ExperimentFile {
  train::ExperimentPlan plan;
  std::map<std::string, std::string> absent;  ///< by data set without a path: why, in words without a full stop
};

/// Reads and checks an experiment's YAML as strictly as a configuration: the error is everything that is wrong with it,
/// in the order of the file. A path may be relative to the file and hold `${VARIABLE}`s of the environment; a data set
/// whose path is missing, holds an unset variable or names nothing is there without a path. Any thread that leaves the
/// environment alone.
[[nodiscard]] tl::expected<ExperimentFile, std::vector<config::Problem>> read_experiment(
    const std::filesystem::path& file, const DataPaths& paths);

/// The same of the text of `file`, which is not opened.
[[nodiscard]] tl::expected<ExperimentFile, std::vector<config::Problem>> parse_experiment(
    std::string_view text, const std::filesystem::path& file, const DataPaths& paths);

}  // namespace propriod::daemon
