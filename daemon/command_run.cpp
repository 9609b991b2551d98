#include <cstdio>
#include <memory>
#include <string>

#include "config/reader.hpp"
#include "daemon/commands.hpp"
#include "daemon/service.hpp"

namespace propriod::daemon {
namespace {

bool report(const std::vector<config::Problem>& problems) {
  for (const auto& problem : problems) std::fprintf(stderr, "%s\n", problem.to_string().c_str());
  return !problems.empty();
}

ExitCode run_command(const std::filesystem::path& file, bool to_stdout) {
  const auto config = config::read_config(file);
  if (!config) {
    report(config.error());
    return kUsage;
  }
  if (report(config::missing_for_run(*config))) return kUsage;
  return run_service(*config, to_stdout);
}

ExitCode check_config_command(const std::filesystem::path& file) {
  const auto config = config::read_config(file);
  if (!config) {
    report(config.error());
    return kUsage;
  }
  std::printf("%s: fine; %zu sensors\n", file.c_str(), config->sensors.size());
  for (const auto& missing : config::missing_for_run(*config)) {  // enough to record with, but not to serve
    std::printf("note: propriod run would refuse it: %s\n", missing.to_string().c_str());
  }
  return kSuccess;
}

}  // namespace

void add_run_command(CLI::App& app, ExitCode& result) {
  auto* command = app.add_subcommand("run", "Serve: sensors in, predictions out");
  command->footer(
      "Ends on SIGTERM or Ctrl-C (predictions that the broker has not acknowledged 5 s later are lost, and counted), "
      "or when every sensor was a recording that has ended and all predictions are delivered (60 s later with exit "
      "code "
      "1 when they are not). Exit codes: 0 success, 1 failure, 2 wrong usage or configuration.");
  struct Options {
    std::filesystem::path config;
    bool to_stdout = false;
  };
  auto options = std::make_shared<Options>();
  command->add_option("--config", options->config, "configuration file")->required();
  command->add_flag("--stdout", options->to_stdout, "also print one JSON prediction a line, as on MQTT");
  command->callback([options, &result] { result = run_command(options->config, options->to_stdout); });
}

void add_check_config_command(CLI::App& app, ExitCode& result) {
  auto* command = app.add_subcommand("check-config", "Say everything that is wrong with a configuration");
  auto file = std::make_shared<std::filesystem::path>();
  command->add_option("file", *file, "configuration file")->required();
  command->callback([file, &result] { result = check_config_command(*file); });
}

}  // namespace propriod::daemon
