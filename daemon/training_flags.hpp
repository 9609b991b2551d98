#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "train/recipe.hpp"

namespace propriod::daemon {

/// How to train, on the command line: a recipe, and what is to differ from it. Used by every command that trains.
class TrainingFlags {
 public:
  TrainingFlags();
  /// The object must outlive `command`.
  void add_to(CLI::App& command);

  /// The recipe with the differences; valid after the command line was parsed.
  [[nodiscard]] train::Recipe recipe() const;

 private:
  std::string recipe_ = "paper";
  std::string method_ = "smooth-distill";
  std::uint64_t seed_ = 0;
  std::optional<std::string> architecture_;
  std::optional<int> epochs_, batch_;
  std::vector<std::optional<double>> settings_;  ///< beside train::recipe_settings()
};

/// Which recordings, on the command line.
struct DataFlags {
  /// The object must outlive `command`.
  void add_to(CLI::App& command);

  std::filesystem::path path;  ///< a folder or an archive
  std::string format;
  std::vector<std::string> only, exclude;  ///< see train::filter_recordings
};

/// Where and how fast, on the command line.
struct MachineFlags {
  MachineFlags();
  /// The object must outlive `command`.
  void add_to(CLI::App& command);
  [[nodiscard]] std::optional<double> rate_hz() const;  ///< none: the data set's own

  std::string rate = "native";
  std::string device = "auto";
  bool no_cuda_graph = false;  ///< see train::TrainerOptions::cuda_graph
  int threads;                 ///< all processors by default
};

/// As CLI::Range, which lets NaN pass.
[[nodiscard]] CLI::Validator finite_range(double low, double high);

}  // namespace propriod::daemon
