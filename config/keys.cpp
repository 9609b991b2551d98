#include "config/keys.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <set>
#include <span>
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

constexpr std::array<Key<Model>, 4> kModelKeys{{
    {"directory", kRequired, [](const Value& v, Model& m) { v.read_path(m.directory); }},
    {"name", kRequired, [](const Value& v, Model& m) { v.read_name(m.name); }},
    {"unknown_below", kOptional, [](const Value& v, Model& m) { v.read_number(m.unknown_below, 0, 1); }},
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

constexpr std::array<Key<Sensor>, 4> kReplayKeys{{
    {"file", kRequired, [](const Value& v, Sensor& s) { read_existing_file(v, replay(s).file); }},
    {"speed", kOptional, [](const Value& v, Sensor& s) { read_speed(v, replay(s).speed); }},
    {"loop", kOptional, [](const Value& v, Sensor& s) { v.read_boolean(replay(s).loop); }},
    {"placement", kOptional, [](const Value& v, Sensor& s) { v.read_text(s.placement.emplace(), kMaxLabelBytes); }},
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

struct Driver {
  std::string_view name;
  void (*choose)(Sensor& sensor);  // gives the sensor this driver's defaults
  std::span<const Key<Sensor>> keys;
};
constexpr std::array<Driver, 2> kDrivers{{
    {"replay", [](Sensor& s) { s.driver.emplace<ReplaySensor>(); }, kReplayKeys},
    {"simulated", [](Sensor& s) { s.driver.emplace<SimulatedSensor>(); }, kSimulatedKeys},
}};

const Driver* find_driver(std::string_view name) {
  const auto* const found = std::ranges::find(kDrivers, name, &Driver::name);
  return found == kDrivers.end() ? nullptr : found;
}

/// The drivers that have a key of this name.
std::vector<std::string_view> drivers_with(std::string_view key) {
  std::vector<std::string_view> names;
  for (const Driver& driver : kDrivers) {
    if (std::ranges::find(driver.keys, key, &Key<Sensor>::name) != driver.keys.end()) names.push_back(driver.name);
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
    keys.insert(keys.end(), driver->keys.begin(), driver->keys.end());
  }
  const std::span<const Key<Sensor>> allowed{keys};
  for (const auto& member : read_known(value, allowed, sensor)) {
    const auto others = drivers_with(member.name);
    if (others.empty()) {
      refuse_unknown(member, names_of(allowed));
    } else if (driver != nullptr) {  // else there is nothing to hold the key against
      member.value.fail_key(fmt::format("a key of driver {}, not of {}; allowed: {}", fmt::join(others, " and "),
                                        driver->name, fmt::join(names_of(allowed), ", ")));
    }
  }
}

void read_sensors(const Value& value, Config& config) {
  const auto items = value.items("a list of sensors");
  if (!items) return;
  std::set<std::string_view> names;
  for (const Value& item : *items) {
    read_sensor(item, config.sensors.emplace_back());
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
  for (const Driver& driver : kDrivers) add(fmt::format("sensors[{}].", driver.name), driver.keys);
  return result;
}

}  // namespace propriod::config
