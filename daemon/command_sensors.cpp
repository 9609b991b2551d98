#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "config/reader.hpp"
#include "daemon/calibrator.hpp"
#include "daemon/commands.hpp"
#include "daemon/sensor_report.hpp"

namespace propriod::daemon {
namespace {

constexpr int kFaceSeconds = 3;
constexpr int kSphereSeconds = 120;
constexpr int kMaxSeconds = 3600;

ExitCode list_sensors(const std::filesystem::path& file, bool as_json) {
  std::optional<config::Config> config;
  if (!file.empty()) {
    auto read = config::read_config(file);
    if (!read) {
      for (const auto& problem : read.error()) std::fprintf(stderr, "%s\n", problem.to_string().c_str());
      return kUsage;
    }
    config = std::move(*read);
  }
  const auto* known = config ? &*config : nullptr;
  const auto found = drivers::discover();
  std::fputs((as_json ? sensors_as_json(found, known) : sensors_as_text(found, known)).c_str(), stdout);
  return kSuccess;
}

void add_calibrate_command(CLI::App& sensors, ExitCode& result) {
  struct Options {
    CalibrateOptions calibrate;
    std::string method = "faces";
    int seconds = 0;
  };
  auto options = std::make_shared<Options>();
  auto* command = sensors.add_subcommand("calibrate", "Find a sensor's offsets and scales, from 1 g in many positions");
  command->footer(
      "Stop the service first: a device has one reader. Shows what it found and asks before it writes it into the "
      "configuration, whose old text stays beside it as FILE.bak.");
  command->add_option("name", options->calibrate.sensor, "sensor of the configuration")->required();
  command->add_option("--config", options->calibrate.config, "configuration file")->required();
  command
      ->add_option("--method", options->method,
                   "faces: on a level table, each of its six sides up; sphere: held still in many positions")
      ->check(CLI::IsMember({"faces", "sphere"}))
      ->capture_default_str();
  auto* seconds = command
                      ->add_option("--seconds", options->seconds,
                                   "faces: how long each side is held (3); sphere: time for all positions (120)")
                      ->check(CLI::Range(1, kMaxSeconds));
  command->add_flag("--yes", options->calibrate.yes, "write without asking");
  command->callback([options, seconds, &result] {
    const bool faces = options->method == "faces";
    options->calibrate.method = faces ? CalibrationDialogue::Method::kFaces : CalibrationDialogue::Method::kSphere;
    const int chosen = seconds->count() > 0 ? options->seconds : (faces ? kFaceSeconds : kSphereSeconds);
    options->calibrate.seconds = std::chrono::seconds{chosen};
    result = calibrate(options->calibrate);
  });
}

}  // namespace

void add_sensors_command(CLI::App& app, ExitCode& result) {
  auto* command = app.add_subcommand("sensors", "List what is plugged in, wired and paired; calibrate it");
  command->footer(
      "Lists I2C addresses that answer, serial ports with their USB ids, Bluetooth bindings and kernel (IIO) devices, "
      "and prints the YAML for what the configuration does not use yet.");
  struct Options {
    std::filesystem::path config;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  command->add_option("--config", options->config, "mark what this configuration uses");
  command->add_flag("--json", options->json, "one JSON object");
  command->require_subcommand(0, 1);
  add_calibrate_command(*command, result);
  command->callback([options, command, &result] {
    if (command->get_subcommands().empty()) result = list_sensors(options->config, options->json);
  });
}

}  // namespace propriod::daemon
