#pragma once

#include <CLI/CLI.hpp>

#include "daemon/exit_code.hpp"

/// The subcommands. Each `add_` gives `app` one, which leaves its outcome in `result`, owned by `main`. What a command
/// throws is said by `main`.
namespace propriod::daemon {

void add_train_command(CLI::App& app, ExitCode& result);
void add_audit_command(CLI::App& app, ExitCode& result);
void add_evaluate_command(CLI::App& app, ExitCode& result);
void add_experiment_command(CLI::App& app, ExitCode& result);
void add_models_command(CLI::App& app, ExitCode& result);
#ifdef PROPRIOD_DAEMON
void add_run_command(CLI::App& app, ExitCode& result);
void add_check_config_command(CLI::App& app, ExitCode& result);
void add_record_command(CLI::App& app, ExitCode& result);
void add_sensors_command(CLI::App& app, ExitCode& result);
#endif

}  // namespace propriod::daemon
