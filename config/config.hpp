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
/// Paths are absolute: the reader resolves relative ones against the configuration's folder.
namespace propriod::config {

struct Model {
  std::filesystem::path directory;
  std::string name;            ///< `<directory>/<name>/current` is served
  double unknown_below = 0.6;  ///< 0 … 1: confidence below which a label becomes "unknown"; 0 turns that off
  int threads = 1;             ///< 1 … 64: LibTorch threads for inference
  friend bool operator==(const Model&, const Model&) = default;
};

struct Mqtt {
  std::string host = "localhost";       ///< a name or an address; IPv6 without brackets (key `url`)
  std::uint16_t port = 1883;            ///< 1 … 65535 (key `url`)
  std::string user;                     ///< up to 256 bytes; empty: nobody logs in
  std::filesystem::path password_file;  ///< empty: no password; only with `user`
  std::string client_id;                ///< up to 256 bytes; empty: "propriod-<node>"
  std::chrono::seconds keep_alive{30};  ///< 5 … 3600
  std::size_t queue_messages = 65'536;  ///< 1,000 … 10,000,000: predictions kept in memory while the broker is away
  friend bool operator==(const Mqtt&, const Mqtt&) = default;
};

/// Which axis of the sensor, and with which sign, each axis of the wearer is: `mount: [x, y, -z]`. A reflection is
/// allowed: some devices have a left-handed frame.
struct Mount {
  struct Axis {
    std::uint8_t source;  ///< 0 x, 1 y, 2 z; each occurs once
    bool negated;
    friend bool operator==(const Axis&, const Axis&) = default;
  };
  std::array<Axis, 3> axes{{{0, false}, {1, false}, {2, false}}};
  friend bool operator==(const Mount&, const Mount&) = default;
};

/// A recording played back as if a device sent it.
struct ReplaySensor {
  std::filesystem::path file;  ///< exists, or did when the configuration was read
  double speed = 1;  ///< 0, or 0.01 … 1000 times real time; 0: as fast as the pipeline takes it, losing nothing
  bool loop = false;
  friend bool operator==(const ReplaySensor&, const ReplaySensor&) = default;
};

/// The simulated sleeper.
struct SimulatedSensor {
  std::uint64_t seed = 1;
  double speed = 1;                 ///< as for replay
  double rate_hz = 50;              ///< 1 … 3200 (key `rate`)
  std::string placement = "chest";  ///< where the sleeper wears it: chest, neck or abdomen
  std::chrono::seconds bout{60};    ///< 1 … 86,400: how long a posture is held
  friend bool operator==(const SimulatedSensor&, const SimulatedSensor&) = default;
};

struct Sensor {
  std::string name;
  std::variant<ReplaySensor, SimulatedSensor> driver;
  Mount mount;
  std::optional<std::string> placement;  ///< known, so the model's own answer is only reported; not of a simulated one
  friend bool operator==(const Sensor&, const Sensor&) = default;
};

struct Config {
  std::filesystem::path file;       ///< as it was named
  std::optional<std::string> node;  ///< base topic propriod/<node>; needed by `run`
  std::optional<Model> model;       ///< needed by `run`
  std::optional<Mqtt> mqtt;         ///< without it nothing is published
  std::vector<Sensor> sensors;      ///< names are unique
  friend bool operator==(const Config&, const Config&) = default;
};

}  // namespace propriod::config
