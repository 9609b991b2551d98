#include <algorithm>
#include <cstdio>
#include <memory>

#include "config/reader.hpp"
#include "daemon/commands.hpp"
#include "daemon/recorder.hpp"
#include "drivers/label.hpp"

namespace propriod::daemon {
namespace {

constexpr int kMaxSeconds = 365 * 24 * 3600;

std::string check_subject(const std::string& text) {
  if (!text.empty() && drivers::is_plain_text(text, drivers::kMaxLabelBytes)) return {};
  return "a subject is 1 to 64 bytes without control characters";
}

std::string check_label(const std::string& text) {
  if (drivers::is_label(text)) return {};
  return "a label is 1 to 64 bytes without comma, double quote, control character and blanks around it";
}

ExitCode record_command(const std::filesystem::path& file, const RecordOptions& options) {
  const auto config = config::read_config(file);
  if (!config) {
    for (const auto& problem : config.error()) std::fprintf(stderr, "%s\n", problem.to_string().c_str());
    return kUsage;
  }
  if (config->sensors.empty()) {
    std::fprintf(stderr, "%s: sensors: missing; record needs at least one sensor\n", file.c_str());
    return kUsage;
  }
  for (const auto& name : options.sensors) {
    if (std::ranges::find(config->sensors, name, &config::Sensor::name) == config->sensors.end()) {
      std::string known;
      for (const auto& sensor : config->sensors) known += (known.empty() ? "" : ", ") + sensor.name;
      throw CLI::ValidationError("--sensor", "\"" + name + "\" is no sensor of " + file.string() + "; it has " + known);
    }
  }
  return record(*config, options);
}

}  // namespace

void add_record_command(CLI::App& app, ExitCode& result) {
  auto* command = app.add_subcommand("record", "Write what sensors measure to recordings, for training and replay");
  command->footer(
      "Each sensor gets DIR/SENSOR_UTCSTART.csv and its sidecar .yaml. A recording begins with its sensor's first "
      "sample and holds the axes as worn: `mount` and `calibration` of the configuration are applied, so replay it "
      "without them. Only `sensors:` is needed in the configuration. Ends after --seconds (10 s later at most, when a "
      "sensor answers late), with the last replay, on Ctrl-C, SIGTERM or SIGHUP; killed, it loses the last second at "
      "most.");
  struct Options {
    std::filesystem::path config;
    RecordOptions record;
    int seconds = 0;
  };
  auto options = std::make_shared<Options>();
  command->add_option("--config", options->config, "configuration file")->required();
  command->add_option("--out", options->record.out, "folder for the recordings; made when it is missing")
      ->required()
      ->check([](const std::string& text) { return std::string(text.empty() ? "needs the name of a folder" : ""); });
  command->add_option("--sensor", options->record.sensors, "record this sensor, not all; may be given several times")
      ->allow_extra_args(false);
  auto* seconds =
      command->add_option("--seconds", options->seconds, "length of each recording, by its sensor's own time")
          ->check(CLI::Range(1, kMaxSeconds));
  command
      ->add_option("--subject", options->record.subject,
                   "who wears the sensors: training by person, the default, needs it")
      ->check(check_subject);
  command->add_option("--activity", options->record.activity, "label of all samples: what the wearer does")
      ->check(check_label);
  command->add_option("--placement", options->record.placement, "label of all samples: where the sensor is worn")
      ->check(check_label);
  command->callback([options, seconds, &result] {
    if (seconds->count() > 0) options->record.duration = std::chrono::seconds{options->seconds};
    result = record_command(options->config, options->record);
  });
}

}  // namespace propriod::daemon
