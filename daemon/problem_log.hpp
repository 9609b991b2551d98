#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace propriod::daemon {

/// Says in the log what a device's driver finds wrong with it, once for as long as it stays so: figures that change are
/// no news. Of one sensor; one thread.
class ProblemLog {
 public:
  /// `problems` are what is wrong right now. Of a device that is not connected nothing is said: its driver has said
  /// why.
  void tell(std::string_view sensor, bool connected, const std::vector<std::string>& problems);

 private:
  std::vector<std::string> told_;  // without their figures
};

}  // namespace propriod::daemon
