#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "train/experiment.hpp"
#include "train/experiment_results.hpp"

namespace propriod::train {

/// What a report is made of.
struct ExperimentReport {
  ExperimentPlan plan;
  std::vector<ExperimentRun> runs;                  ///< of the plan; results of other runs are not reported
  std::map<std::string, ExperimentResult> results;  ///< by run
  std::string command;                              ///< as a reader can repeat it
  std::string overrides;                            ///< what the command line changed of the file; may be empty
  std::map<std::string, std::string> absent;        ///< by data set that is not here: why
  std::filesystem::path folder;                     ///< of the experiment: predictions are read from its `runs/`
  std::string gnuplot = "gnuplot";                  ///< the program that draws
};

struct WrittenReport {
  std::string plots_missing;  ///< why there are no plots; empty when there are
};

/// Writes one self-contained page to `file`, replacing it whole: tables and plots with their protocol, nothing from
/// elsewhere. Throws std::runtime_error when a result has the wrong form or the file cannot be written.
[[nodiscard]] WrittenReport write_report(ExperimentReport report, const std::filesystem::path& file);

}  // namespace propriod::train
