#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "daemon/exit_code.hpp"

namespace propriod::daemon {

struct RecordOptions {
  std::filesystem::path out;                       ///< folder; made when it is missing
  std::vector<std::string> sensors{};              ///< their names; empty: all
  std::optional<std::chrono::seconds> duration{};  ///< of each sensor's recording; nothing: until told to stop
  std::string subject{};                           ///< who wears the sensors; empty: unknown
  std::string activity{};                          ///< label of every sample; empty: none
  std::string placement{};                         ///< the same; empty: the one that the configuration knows
};

/// Records sensors until `duration`, SIGINT, SIGTERM or SIGHUP, or the last replay's end: `out/SENSOR_UTCSTART.csv` and
/// its sidecar for each, from its own first sample on, in the axes as worn. What is wrong is logged; kFailure when a
/// sensor gave no sample or a recording could not be written whole. Takes over the process' signals; the main
/// thread.
[[nodiscard]] ExitCode record(const config::Config& config, const RecordOptions& options);

}  // namespace propriod::daemon
