#pragma once

namespace propriod::daemon {

/// Exit codes of the program.
enum ExitCode : int {
  kSuccess = 0,
  kFailure = 1,
  kUsage = 2,  ///< wrong usage or configuration: starting again changes nothing
};

}  // namespace propriod::daemon
