#pragma once

#include <string>

#include "config/config.hpp"
#include "drivers/discovery.hpp"

namespace propriod::daemon {

/// What `propriod sensors` prints for people: what is there, who uses it, what stands in the way, and the YAML to paste
/// for what nobody uses. `config` may be null: then nobody uses anything.
[[nodiscard]] std::string sensors_as_text(const drivers::Discovery& found, const config::Config* config);

/// The same for programs: one JSON object.
[[nodiscard]] std::string sensors_as_json(const drivers::Discovery& found, const config::Config* config);

/// A configuration with a sensor for everything that `config` does not use yet: `sensors:` and its items. Empty when
/// there is nothing.
[[nodiscard]] std::string yaml_for_unused(const drivers::Discovery& found, const config::Config* config);

}  // namespace propriod::daemon
