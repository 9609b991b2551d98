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
  std::string name;  ///< `<directory>/<name>/current` is served
  /// 0 … 1: confidence below which a label becomes "unknown"; 0 turns that off. None: the model's own, or 0.6.
  std::optional<double> unknown_below{};
  int threads = 1;  ///< 1 … 64: LibTorch threads for inference
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

/// An ADXL345 on an I2C bus.
struct Adxl345I2cSensor {
  std::filesystem::path device = "/dev/i2c-1";
  std::uint8_t address = 0x53;           ///< 0x53, or 0x1d with ALT ADDRESS tied high
  double rate_hz = 100;                  ///< 12.5, 25, 50, 100, 200 or 400 (key `rate`)
  int range_g = 16;                      ///< 2, 4, 8 or 16: the resolution is 3.9 mg at every one (key `range`)
  std::optional<std::string> interrupt;  ///< "gpiochip0:17": the line that INT1 is wired to; polled without
  friend bool operator==(const Adxl345I2cSensor&, const Adxl345I2cSensor&) = default;
};

/// An ADXL345 that the kernel's own IIO driver holds.
struct Adxl345IioSensor {
  std::filesystem::path device = "/dev/iio:device0";
  double rate_hz = 100;  ///< 12.5, 25, 50, 100, 200 or 400 (key `rate`)
  friend bool operator==(const Adxl345IioSensor&, const Adxl345IioSensor&) = default;
};

/// A microcontroller that passes on the readings of an ADXL345 over a serial line.
struct Adxl345SerialSensor {
  std::filesystem::path device;
  unsigned baud = 115'200;       ///< one of the usual rates, 1200 … 4,000,000
  std::string format = "csv";    ///< csv: lines of text; cobs: frames with a checksum
  std::string unit = "m/s2";     ///< of csv: raw (3.9 mg a count), mg, g or m/s2
  std::string time_unit = "ms";  ///< of the time in csv lines of four numbers: s, ms or us
  double rate_hz = 50;           ///< 1 … 3200, nominal (key `rate`)
  int range_g = 16;              ///< 2, 4, 8 or 16: where its readings clip (key `range`)
  friend bool operator==(const Adxl345SerialSensor&, const Adxl345SerialSensor&) = default;
};

/// A Shimmer2, 2r, 3 or 3R on Bluetooth serial.
struct ShimmerSensor {
  std::filesystem::path device;
  double rate_hz = 51.2;                    ///< 10 … 1024; the device takes the nearest it can (key `rate`)
  std::string accelerometer = "low-noise";  ///< or wide-range
  std::optional<double> range_g;            ///< of the wide-range one, or of a Shimmer2; as the device is set without
  friend bool operator==(const ShimmerSensor&, const ShimmerSensor&) = default;
};

/// What the readings of a device lack to be true, per axis: true = (reading − offset) · scale. Before `mount`.
struct Calibration {
  std::array<double, 3> offset_mps2{0, 0, 0};  ///< −50 … 50 (key `offset`)
  std::array<double, 3> scale{1, 1, 1};        ///< 0.5 … 2
  friend bool operator==(const Calibration&, const Calibration&) = default;
};

struct Sensor {
  std::string name;
  std::variant<ReplaySensor, SimulatedSensor, Adxl345I2cSensor, Adxl345IioSensor, Adxl345SerialSensor, ShimmerSensor>
      driver;
  Mount mount;
  std::optional<std::string> placement;  ///< known, so the model's own answer is only reported; not of a simulated one
  Calibration calibration{};             ///< of devices alone
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
