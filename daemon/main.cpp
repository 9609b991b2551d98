#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include "daemon/commands.hpp"
#include "model/torch_runtime.hpp"

int main(int argc, char** argv) try {
  using namespace propriod;
  constexpr std::array<std::string_view, 3> kBusyCommands{"train", "audit", "evaluate"};
  if (argc > 1 && std::ranges::find(kBusyCommands, argv[1]) != kBusyCommands.end())
    model::wait_without_much_spinning(argv);
  spdlog::set_default_logger(spdlog::stderr_color_mt("propriod"));  // standard output is for data
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");

  CLI::App app{"Recognises live how a body lies or moves, and where on it each accelerometer is worn."};
  app.name("propriod");
  app.footer(
      "Every command has a --help of its own. Exit codes: 0 success, 1 failure, 2 wrong usage or configuration.");
  app.set_version_flag("--version",
                       [] { return "propriod " PROPRIOD_VERSION " (" + model::torch_description() + ")"; });
  app.require_subcommand(1);
  auto result = daemon::kSuccess;
#ifdef PROPRIOD_DAEMON
  daemon::add_run_command(app, result);
  daemon::add_check_config_command(app, result);
  daemon::add_sensors_command(app, result);
  daemon::add_record_command(app, result);
#endif
  daemon::add_train_command(app, result);
  daemon::add_evaluate_command(app, result);
  daemon::add_audit_command(app, result);
  daemon::add_experiment_command(app, result);
  daemon::add_models_command(app, result);
  const auto is_asked_for = [&](const CLI::App* command) { return command->check_name(argv[1]); };
  if (argc > 1 && argv[1][0] != '-' && app.get_subcommands(is_asked_for).empty()) {
    std::fprintf(stderr, "propriod: there is no command \"%s\"; propriod --help lists them\n", argv[1]);
    return daemon::kUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? daemon::kSuccess : daemon::kUsage;
  }
  return result;
} catch (const std::exception& error) {
  std::fprintf(stderr, "propriod: %s\n", error.what());
  return propriod::daemon::kFailure;
}
