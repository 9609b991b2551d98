#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/value.hpp"

namespace propriod::config {

/// Reads the whole file's mapping into `into`, which is worth something only when that added no problem.
void read_root(const Value& root, Config& into);

/// Every key the reader knows: "node", "model.name", "sensors[].mount", "sensors[replay].file" for a driver's own, and
/// "sensors[device].placement" for those of every device.
[[nodiscard]] std::vector<std::string> known_keys();

}  // namespace propriod::config
