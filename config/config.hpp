#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The configuration file as plain structs: defaults stand here, everything is validated once, by the reader.
namespace propriod::config {

struct Model {
  std::filesystem::path directory;
  std::string name;             ///< `<directory>/<name>/current` is served
  double unknown_below = 0.6;   ///< 0 … 1: confidence below which a label becomes "unknown"; 0 turns that off
  int threads = 1;              ///< 1 … 64: LibTorch threads for inference
};

struct Mqtt {
  std::string url = "mqtt://localhost:1883";
  std::string user;
  std::filesystem::path password_file;
  std::string client_id;                    ///< empty: "propriod-<node>"
  std::chrono::seconds keep_alive{30};      ///< 5 … 3600
  std::size_t queue_messages = 65536;       ///< 1 … 10,000,000: predictions kept in memory while the broker is away
};

/// Which axis of the sensor, and with which sign, each axis of the wearer is: `mount: [x, y, -z]`.
struct Mount {
  struct Axis {
    std::uint8_t source;  ///< 0 x, 1 y, 2 z
    bool negated;
    friend bool operator==(const Axis&, const Axis&) = default;
  };
  std::array<Axis, 3> axes{{{0, false}, {1, false}, {2, false}}};
  friend bool operator==(const Mount&, const Mount&) = default;
};

/// A recording played back as if a device sent it.
struct ReplaySensor {
  std::filesystem::path file;  ///< absolute: the reader resolves it against the configuration's folder
  double speed = 1;            ///< 0, or 0.01 … 1000 times real time; 0: as fast as the pipeline takes it, losing nothing
  bool loop = false;
};

/// The simulated sleeper.
struct SimulatedSensor {
  std::uint64_t seed = 1;
  double speed = 1;                  ///< as for replay
  double rate_hz = 50;               ///< 1 … 3200
  std::string worn = "chest";        ///< chest, neck or abdomen (key `worn_at`)
  std::chrono::seconds bout{60};     ///< 1 … 86400: how long a posture is held
};

struct Sensor {
  std::string name;
  std::variant<ReplaySensor, SimulatedSensor> driver;
  Mount mount;
  std::optional<std::string> placement;  ///< known, so the model's own answer is only reported
};

struct Config {
  std::filesystem::path file;
  std::optional<std::string> node;   ///< base topic propriod/<node>; needed by `run`
  std::optional<Model> model;        ///< needed by `run`
  std::optional<Mqtt> mqtt;          ///< without it nothing is published
  std::vector<Sensor> sensors;
};

}  // namespace propriod::config
