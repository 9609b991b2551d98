#include "config/keys.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <regex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

#include "config/foreign_text.hpp"
#include "config/mqtt_url.hpp"
#include "config/section.hpp"

namespace propriod::config {
namespace {

using namespace std::chrono_literals;

constexpr bool kRequired = true;
constexpr bool kOptional = false;

constexpr std::size_t kMaxLabelBytes = 64;
constexpr std::size_t kMaxCredentialBytes = 256;

constexpr std::array<std::string_view, 3> kSleeperPlacements{"chest", "neck", "abdomen"};

void read_url(const Value& value, Mqtt& mqtt) {
  auto address = parse_mqtt_url(value.text());
  if (!address) return value.refuse(fmt::format("mqtt://host[:port]; {}", address.error()));
  mqtt.host = std::move(address->host);
  mqtt.port = address->port;
}

void read_speed(const Value& value, double& speed) {
  const auto number = value.number();
  if (!number || (*number != 0 && (*number < 0.01 || *number > 1000))) {
    return value.refuse("0, or a number from 0.01 to 1000");
  }
  speed = *number;
}

void read_existing_file(const Value& value, std::filesystem::path& file) {
  value.read_path(file);
  std::error_code error;
  if (!file.empty() && !std::filesystem::is_regular_file(file, error)) {
    value.refuse(fmt::format("a file that exists; there is none at {}", file.string()));
  }
}

/// `[x, y, -z]`: every axis once, each with or without a minus.
void read_mount(const Value& value, Mount& mount) {
  constexpr std::string_view kAllowed = "x, y and z in any order, each with or without -, e.g. [x, y, -z]";
  const auto axes = value.items(kAllowed);
  if (!axes) return;
  if (axes->size() != mount.axes.size()) {
    return value.fail(fmt::format("found {} axes; allowed: {}", axes->size(), kAllowed));
  }
  Mount read;
  std::set<char> seen;
  for (std::size_t i = 0; i < axes->size(); ++i) {
    std::string_view axis = (*axes)[i].text();
    const bool negated = axis.starts_with('-');
    if (negated) axis.remove_prefix(1);
    if ((axis != "x" && axis != "y" && axis != "z") || !seen.insert(axis.front()).second) {
      return (*axes)[i].refuse(kAllowed);
    }
    read.axes[i] = {.source = static_cast<std::uint8_t>(axis.front() - 'x'), .negated = negated};
  }
  mount = read;
}

/// Any of `allowed` numbers, as they are written.
template <typename T, std::size_t N>
void read_one_of_numbers(const Value& value, T& into, const std::array<T, N>& allowed) {
  const auto number = value.number();
  const auto* const found = number ? std::ranges::find(allowed, static_cast<T>(*number)) : allowed.end();
  if (found == allowed.end() || static_cast<double>(*found) != *number) {
    return value.refuse(fmt::format("{}", fmt::join(allowed, ", ")));
  }
  into = *found;
}

constexpr std::array kChipRatesHz{12.5, 25., 50., 100., 200., 400.};
constexpr std::array kRangesG{2, 4, 8, 16};
constexpr std::array kShimmerRangesG{1.5, 2., 4., 6., 8., 16.};
constexpr std::array kBaudRates{1200U,    2400U,    4800U,    9600U,    19'200U,  38'400U,    57'600U,
                                115'200U, 230'400U, 460'800U, 500'000U, 921'600U, 1'000'000U, 2'000'000U};
constexpr std::array<std::string_view, 2> kFormats{"csv", "cobs"};
constexpr std::array<std::string_view, 4> kUnits{"raw", "mg", "g", "m/s2"};
constexpr std::array<std::string_view, 3> kTimeUnits{"s", "ms", "us"};
constexpr std::array<std::string_view, 2> kShimmerAccelerometers{"low-noise", "wide-range"};

void read_address(const Value& value, std::uint8_t& address) {
  const std::string_view text = value.text();
  if (text == "0x53" || text == "83") {
    address = 0x53;
  } else if (text == "0x1d" || text == "0x1D" || text == "29") {
    address = 0x1d;
  } else {
    value.refuse("0x53, 0x1d");
  }
}

/// `gpiochip0:17`, with or without /dev/ before it.
void read_interrupt(const Value& value, std::optional<std::string>& line) {
  static const std::regex kLine{"(/dev/)?gpiochip[0-9]{1,3}:[0-9]{1,4}"};
  const std::string text{value.text()};
  if (!std::regex_match(text, kLine)) return value.refuse("a chip and a line of it, e.g. gpiochip0:17");
  line = text;
}

/// `[x, y, z]`, each within `min` … `max`.
void read_axes(const Value& value, std::array<double, 3>& axes, double min, double max) {
  const auto items = value.items("a list of three numbers");
  if (!items) return;
  if (items->size() != axes.size()) {
    return value.fail(fmt::format("found {} numbers; allowed: one for each of x, y and z", items->size()));
  }
  for (std::size_t axis = 0; axis < axes.size(); ++axis) (*items)[axis].read_number(axes[axis], min, max);
}

constexpr std::array<Key<Calibration>, 2> kCalibrationKeys{{
    {"offset", kOptional, [](const Value& v, Calibration& c) { read_axes(v, c.offset_mps2, -50, 50); }},
    {"scale", kOptional, [](const Value& v, Calibration& c) { read_axes(v, c.scale, 0.5, 2); }},
}};

constexpr std::array<Key<Model>, 4> kModelKeys{{
    {"directory", kRequired, [](const Value& v, Model& m) { v.read_path(m.directory); }},
    {"name", kRequired, [](const Value& v, Model& m) { v.read_name(m.name); }},
    {"unknown_below", kOptional, [](const Value& v, Model& m) { v.read_number(m.unknown_below.emplace(), 0, 1); }},
    {"threads", kOptional, [](const Value& v, Model& m) { v.read_whole_number(m.threads, 1, 64); }},
}};

constexpr std::array<Key<Mqtt>, 6> kMqttKeys{{
    {"url", kOptional, read_url},
    {"user", kOptional, [](const Value& v, Mqtt& m) { v.read_text(m.user, kMaxCredentialBytes); }},
    {"password_file", kOptional, [](const Value& v, Mqtt& m) { v.read_path(m.password_file); }},
    {"client_id", kOptional, [](const Value& v, Mqtt& m) { v.read_text(m.client_id, kMaxCredentialBytes); }},
    {"keep_alive", kOptional, [](const Value& v, Mqtt& m) { v.read_seconds(m.keep_alive, 5s, 3600s); }},
    {"queue_messages", kOptional,
     [](const Value& v, Mqtt& m) { v.read_whole_number<std::size_t>(m.queue_messages, 1'000, 10'000'000); }},
}};

ReplaySensor& replay(Sensor& sensor) { return std::get<ReplaySensor>(sensor.driver); }

void read_known_placement(const Value& value, Sensor& sensor) {
  value.read_text(sensor.placement.emplace(), kMaxLabelBytes);
}

constexpr std::array<Key<Sensor>, 4> kReplayKeys{{
    {"file", kRequired, [](const Value& v, Sensor& s) { read_existing_file(v, replay(s).file); }},
    {"speed", kOptional, [](const Value& v, Sensor& s) { read_speed(v, replay(s).speed); }},
    {"loop", kOptional, [](const Value& v, Sensor& s) { v.read_boolean(replay(s).loop); }},
    {"placement", kOptional, read_known_placement},
}};

SimulatedSensor& simulated(Sensor& sensor) { return std::get<SimulatedSensor>(sensor.driver); }

constexpr std::array<Key<Sensor>, 5> kSimulatedKeys{{
    {"seed", kOptional,
     [](const Value& v, Sensor& s) {
       v.read_whole_number<std::uint64_t>(simulated(s).seed, 0, std::numeric_limits<std::uint64_t>::max());
     }},
    {"speed", kOptional, [](const Value& v, Sensor& s) { read_speed(v, simulated(s).speed); }},
    {"rate", kOptional, [](const Value& v, Sensor& s) { v.read_number(simulated(s).rate_hz, 1, 3200); }},
    {"placement", kOptional,
     [](const Value& v, Sensor& s) { v.read_one_of(simulated(s).placement, kSleeperPlacements); }},
    {"bout", kOptional, [](const Value& v, Sensor& s) { v.read_seconds(simulated(s).bout, 1s, 86'400s); }},
}};

void read_calibration(const Value& value, Sensor& sensor) {
  read_section<Calibration>(value, kCalibrationKeys, sensor.calibration);
}

/// What every device may have beside its driver's own keys.
constexpr std::array<Key<Sensor>, 2> kDeviceKeys{{
    {"placement", kOptional, read_known_placement},
    {"calibration", kOptional, read_calibration},
}};

Adxl345I2cSensor& i2c(Sensor& sensor) { return std::get<Adxl345I2cSensor>(sensor.driver); }

constexpr std::array<Key<Sensor>, 5> kI2cKeys{{
    {"device", kOptional, [](const Value& v, Sensor& s) { v.read_path(i2c(s).device); }},
    {"address", kOptional, [](const Value& v, Sensor& s) { read_address(v, i2c(s).address); }},
    {"rate", kOptional, [](const Value& v, Sensor& s) { read_one_of_numbers(v, i2c(s).rate_hz, kChipRatesHz); }},
    {"range", kOptional, [](const Value& v, Sensor& s) { read_one_of_numbers(v, i2c(s).range_g, kRangesG); }},
    {"interrupt", kOptional, [](const Value& v, Sensor& s) { read_interrupt(v, i2c(s).interrupt); }},
}};

Adxl345IioSensor& iio(Sensor& sensor) { return std::get<Adxl345IioSensor>(sensor.driver); }

constexpr std::array<Key<Sensor>, 2> kIioKeys{{
    {"device", kOptional, [](const Value& v, Sensor& s) { v.read_path(iio(s).device); }},
    {"rate", kOptional, [](const Value& v, Sensor& s) { read_one_of_numbers(v, iio(s).rate_hz, kChipRatesHz); }},
}};

Adxl345SerialSensor& serial(Sensor& sensor) { return std::get<Adxl345SerialSensor>(sensor.driver); }

constexpr std::array<Key<Sensor>, 7> kSerialKeys{{
    {"device", kRequired, [](const Value& v, Sensor& s) { v.read_path(serial(s).device); }},
    {"baud", kOptional, [](const Value& v, Sensor& s) { read_one_of_numbers(v, serial(s).baud, kBaudRates); }},
    {"format", kOptional, [](const Value& v, Sensor& s) { v.read_one_of(serial(s).format, kFormats); }},
    {"unit", kOptional, [](const Value& v, Sensor& s) { v.read_one_of(serial(s).unit, kUnits); }},
    {"time_unit", kOptional, [](const Value& v, Sensor& s) { v.read_one_of(serial(s).time_unit, kTimeUnits); }},
    {"rate", kOptional, [](const Value& v, Sensor& s) { v.read_number(serial(s).rate_hz, 1, 3200); }},
    {"range", kOptional, [](const Value& v, Sensor& s) { read_one_of_numbers(v, serial(s).range_g, kRangesG); }},
}};

ShimmerSensor& shimmer(Sensor& sensor) { return std::get<ShimmerSensor>(sensor.driver); }

constexpr std::array<Key<Sensor>, 4> kShimmerKeys{{
    {"device", kRequired, [](const Value& v, Sensor& s) { v.read_path(shimmer(s).device); }},
    {"rate", kOptional, [](const Value& v, Sensor& s) { v.read_number(shimmer(s).rate_hz, 10, 1024); }},
    {"accelerometer", kOptional,
     [](const Value& v, Sensor& s) { v.read_one_of(shimmer(s).accelerometer, kShimmerAccelerometers); }},
    {"range", kOptional,
     [](const Value& v, Sensor& s) { read_one_of_numbers(v, shimmer(s).range_g.emplace(), kShimmerRangesG); }},
}};

struct Driver {
  std::string_view name;
  void (*choose)(Sensor& sensor);  // gives the sensor this driver's defaults
  std::span<const Key<Sensor>> own_keys;
  std::span<const Key<Sensor>> device_keys;

  [[nodiscard]] std::vector<Key<Sensor>> keys() const {
    std::vector<Key<Sensor>> all{own_keys.begin(), own_keys.end()};
    all.insert(all.end(), device_keys.begin(), device_keys.end());
    return all;
  }
};
constexpr std::array<Driver, 6> kDrivers{{
    {"adxl345-i2c", [](Sensor& s) { s.driver.emplace<Adxl345I2cSensor>(); }, kI2cKeys, kDeviceKeys},
    {"adxl345-iio", [](Sensor& s) { s.driver.emplace<Adxl345IioSensor>(); }, kIioKeys, kDeviceKeys},
    {"adxl345-serial", [](Sensor& s) { s.driver.emplace<Adxl345SerialSensor>(); }, kSerialKeys, kDeviceKeys},
    {"shimmer", [](Sensor& s) { s.driver.emplace<ShimmerSensor>(); }, kShimmerKeys, kDeviceKeys},
    {"replay", [](Sensor& s) { s.driver.emplace<ReplaySensor>(); }, kReplayKeys, {}},
    {"simulated", [](Sensor& s) { s.driver.emplace<SimulatedSensor>(); }, kSimulatedKeys, {}},
}};

const Driver* find_driver(std::string_view name) {
  const auto* const found = std::ranges::find(kDrivers, name, &Driver::name);
  return found == kDrivers.end() ? nullptr : found;
}

/// The drivers that have a key of this name.
std::vector<std::string_view> drivers_with(std::string_view key) {
  std::vector<std::string_view> names;
  for (const Driver& driver : kDrivers) {
    const auto keys = driver.keys();
    if (std::ranges::find(keys, key, &Key<Sensor>::name) != keys.end()) names.push_back(driver.name);
  }
  return names;
}

constexpr std::array<Key<Sensor>, 3> kSensorKeys{{
    {"name", kRequired, [](const Value& v, Sensor& s) { v.read_name(s.name); }},
    {"driver", kRequired,
     [](const Value& v, Sensor&) {  // `read_sensor` has looked at it before all other keys
       std::string checked;
       std::array<std::string_view, kDrivers.size()> names{};
       std::ranges::transform(kDrivers, names.begin(), &Driver::name);
       v.read_one_of(checked, names);
     }},
    {"mount", kOptional, [](const Value& v, Sensor& s) { read_mount(v, s.mount); }},
}};

void read_sensor(const Value& value, Sensor& sensor) {
  const auto driver_value = value.member("driver");
  const Driver* const driver = driver_value ? find_driver(driver_value->text()) : nullptr;
  std::vector<Key<Sensor>> keys{kSensorKeys.begin(), kSensorKeys.end()};
  if (driver != nullptr) {
    driver->choose(sensor);
    const auto drivers_keys = driver->keys();
    keys.insert(keys.end(), drivers_keys.begin(), drivers_keys.end());
  }
  const std::span<const Key<Sensor>> allowed{keys};
  for (const auto& member : read_known(value, allowed, sensor)) {
    const auto others = drivers_with(member.name);
    if (others.empty()) {
      refuse_unknown(member, names_of(allowed));
    } else if (driver != nullptr) {  // else there is nothing to hold the key against
      member.value.fail_key(fmt::format("a key of driver {}, not of {}; allowed: {}", fmt::join(others, ", "),
                                        driver->name, fmt::join(names_of(allowed), ", ")));
    }
  }
}

/// What only one sensor can have: its port, or its address on a bus. Empty for what is no device.
std::string hardware_of(const Sensor& sensor) {
  struct Hardware {
    std::string operator()(const ReplaySensor&) const { return {}; }
    std::string operator()(const SimulatedSensor&) const { return {}; }
    std::string operator()(const Adxl345I2cSensor& chip) const {
      return fmt::format("{} at {:#x}", chip.device.string(), chip.address);
    }
    std::string operator()(const Adxl345IioSensor& chip) const { return chip.device.string(); }
    std::string operator()(const Adxl345SerialSensor& port) const { return port.device.string(); }
    std::string operator()(const ShimmerSensor& port) const { return port.device.string(); }
  };
  return std::visit(Hardware{}, sensor.driver);
}

void read_sensors(const Value& value, Config& config) {
  const auto items = value.items("a list of sensors");
  if (!items) return;
  std::set<std::string_view> names;
  std::set<std::string> hardware;
  for (const Value& item : *items) {
    Sensor& sensor = config.sensors.emplace_back();
    read_sensor(item, sensor);
    if (const auto device = hardware_of(sensor); !device.empty() && !hardware.insert(device).second) {
      item.fail(fmt::format("another sensor uses {}; allowed: a device of its own", shown(device)));
    }
    const auto name = item.member("name");
    if (name && !name->text().empty() && !names.insert(name->text()).second) {
      name->fail(fmt::format("another sensor is called '{}'; allowed: a name of its own", shown(name->text())));
    }
  }
}

void read_mqtt(const Value& value, Config& config) {
  read_section<Mqtt>(value, kMqttKeys, config.mqtt.emplace());
  if (value.member("password_file") && !value.member("user")) {  // MQTT 3.1.1 knows no password without a user
    value.fail_missing("user", "missing; it is needed with password_file");
  }
}

constexpr std::array<Key<Config>, 4> kRootKeys{{
    {"node", kOptional, [](const Value& v, Config& c) { v.read_name(c.node.emplace()); }},
    {"model", kOptional, [](const Value& v, Config& c) { read_section<Model>(v, kModelKeys, c.model.emplace()); }},
    {"mqtt", kOptional, read_mqtt},
    {"sensors", kOptional, read_sensors},
}};

}  // namespace

void read_root(const Value& root, Config& into) { read_section<Config>(root, kRootKeys, into); }

std::vector<std::string> known_keys() {
  std::vector<std::string> result;
  const auto add = [&result](std::string_view prefix, const auto& keys) {
    for (const auto& key : keys) result.push_back(fmt::format("{}{}", prefix, key.name));
  };
  add("", kRootKeys);
  add("model.", kModelKeys);
  add("mqtt.", kMqttKeys);
  add("sensors[].", kSensorKeys);
  for (const Driver& driver : kDrivers) add(fmt::format("sensors[{}].", driver.name), driver.own_keys);
  add("sensors[device].", kDeviceKeys);
  add("sensors[device].calibration.", kCalibrationKeys);
  return result;
}

}  // namespace propriod::config
