#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "train/experiment.hpp"

namespace propriod::train {

/// A run that has been done, as one line of `results.jsonl` holds it.
struct ExperimentResult {
  std::string run;                       ///< `ExperimentRun::id`
  nlohmann::ordered_json configuration;  ///< `ExperimentRun::configuration`
  nlohmann::ordered_json result;         ///< what `train --json` said
  std::vector<std::string> command;
  std::string program_version;
  std::string machine;   ///< processor and system, for people
  std::string finished;  ///< RFC 3339, UTC
  double seconds = 0;    ///< from start to end of the process: reading and testing included
  int jobs = 1;          ///< how many ran at a time: times are comparable only among equals
  int threads = 1;
};

inline constexpr std::size_t kMostResultBytes = 64U << 20U;  ///< of one line

/// The file `results.jsonl` of an experiment: one result a line, only ever appended to. One owner; `open` keeps a
/// second process out by a lock that ends with this object, whatever happens to the process.
class ExperimentResults {
 public:
  /// Opens or makes `file` to append to. What a killed process left of a last line is cut off. Throws
  /// std::runtime_error naming file and line for what is no result, and when another process has it open.
  explicit ExperimentResults(const std::filesystem::path& file);
  ~ExperimentResults();
  ExperimentResults(const ExperimentResults&) = delete;
  ExperimentResults& operator=(const ExperimentResults&) = delete;

  /// By run; of two results of one run the later.
  [[nodiscard]] const std::map<std::string, ExperimentResult>& all() const noexcept { return all_; }

  /// On the disk when this returns. Throws std::runtime_error when it cannot be written.
  void append(ExperimentResult result);

 private:
  std::filesystem::path file_;
  int descriptor_ = -1;
  std::map<std::string, ExperimentResult> all_;
};

/// Reads the results without opening the file to append: while an experiment runs, too. No file: none.
[[nodiscard]] std::map<std::string, ExperimentResult> read_results(const std::filesystem::path& file);

}  // namespace propriod::train
