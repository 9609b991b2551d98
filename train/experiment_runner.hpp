#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "train/experiment.hpp"
#include "train/experiment_results.hpp"

namespace propriod::train {

struct ExperimentRunnerOptions {
  std::filesystem::path program;  ///< `propriod`
  std::filesystem::path out;      ///< every run gets `out/runs/ID/` with its bundle, predictions.csv and run.log
  int jobs = 1;                   ///< runs at a time
  int threads = 1;                ///< of each
  std::vector<int> devices;       ///< the k-th job sees the GPU `devices[k mod size]` alone; empty: all of them
  std::string program_version, machine;
};

/// How far an experiment is.
struct ExperimentProgress {
  std::size_t runs = 0;  ///< all that can be done here, and those of earlier starts
  std::size_t done = 0;
  std::size_t failed = 0;
  std::vector<std::string> running;
  std::optional<std::chrono::duration<double>> remaining;  ///< none before the first run has ended
};

/// Hears of what is going on, from the thread that runs the experiment.
struct ExperimentListener {
  std::function<void(const ExperimentResult&, const ExperimentProgress&)> finished;
  /// `reason`: one sentence; `last_lines`: what it said last, printable, several lines.
  std::function<void(const ExperimentRun&, const std::string& reason, const std::string& last_lines)> failed;
  std::function<void(const ExperimentProgress&)> progress;  ///< several times a second
};

/// Does the runs that `results` lacks and whose data is here, `jobs` at a time, each as a process of its own: one that
/// fails or crashes harms no other. `stop`: the running ones are killed, not asked to end, because a training that is
/// asked to end calls itself complete; with `--resume` the next start goes on from their last checkpoint. Throws
/// std::runtime_error when nothing can be written or started.
[[nodiscard]] ExperimentProgress run_experiment(std::span<const ExperimentRun> runs,
                                                const ExperimentRunnerOptions& options, ExperimentResults& results,
                                                const ExperimentListener& listener, const std::atomic<bool>& stop);

/// How long `runs` may take, judged by the results that are most like each: of the same data, method and architecture,
/// else of the same data, else any. None without results.
[[nodiscard]] std::optional<std::chrono::duration<double>> estimate(
    std::span<const ExperimentRun* const> runs, const std::map<std::string, ExperimentResult>& results, int jobs);

}  // namespace propriod::train
