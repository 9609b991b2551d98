#pragma once

#include "config/config.hpp"
#include "daemon/exit_code.hpp"

namespace propriod::daemon {

/// Runs the service as `config` says until SIGTERM or SIGINT, or until every sensor was a recording that has ended.
/// `to_stdout`: predictions also go to standard output, one JSON object a line. What `missing_for_run` finds must be
/// there. Reports to the log; throws nothing.
[[nodiscard]] ExitCode run_service(const config::Config& config, bool to_stdout) noexcept;

}  // namespace propriod::daemon
