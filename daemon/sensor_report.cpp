#include "daemon/sensor_report.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <vector>

#include "daemon/sensor_device.hpp"
#include "drivers/device_access.hpp"

namespace propriod::daemon {
namespace {

using drivers::Discovery;
using drivers::FoundChip;
using drivers::FoundIio;
using drivers::FoundPort;
using nlohmann::json;
using Link = FoundPort::Link;

constexpr std::string_view kNoSensorFound =
    "No sensor was found. What to do:\n"
    "  an ADXL345 on I2C      switch the bus on (Raspberry Pi: sudo raspi-config, Interface Options, I2C), wire SDA, "
    "SCL,\n"
    "                         3.3 V, GND, and CS to 3.3 V; then /dev/i2c-1 is there\n"
    "  a microcontroller      plug it in; `sudo dmesg | tail` shows what the kernel makes of it\n"
    "  a Shimmer              switch it on, pair it (bluetoothctl; the PIN is 1234), then sudo rfcomm bind 0 ADDRESS\n";

/// The sensor of the configuration that uses a device; empty when none does.
std::string user_of(const config::Config* config, const std::filesystem::path& device,
                    std::optional<std::uint8_t> address = {}) {
  if (config == nullptr) return {};
  for (const auto& sensor : config->sensors) {
    const auto used = device_of(sensor);
    if (used.address == address && !used.path.empty() &&
        drivers::behind_links(used.path) == drivers::behind_links(device))
      return sensor.name;
  }
  return {};
}

/// Text as a plain or single-quoted YAML scalar.
std::string yaml_text(const std::string& text) {
  const auto harmless = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '/' || c == '.' || c == '_' || c == '-';
  };
  if (std::ranges::all_of(text, harmless)) return text;
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c;
    if (c == '\'') quoted += c;
  }
  return quoted + "'";
}

/// Items of `sensors:`, with names that nobody has.
class Items {
 public:
  explicit Items(const config::Config* config) {
    if (config == nullptr) return;
    for (const auto& sensor : config->sensors) names_.insert(sensor.name);
  }

  [[nodiscard]] std::string item(const FoundChip& chip) {
    std::string item = head("i2c", "adxl345-i2c", chip.bus);
    if (chip.address != config::Adxl345I2cSensor{}.address)
      item += fmt::format("    address: 0x{:02x}\n", chip.address);
    return item;
  }
  [[nodiscard]] std::string item(const FoundIio& iio) { return head("iio", "adxl345-iio", iio.device); }
  [[nodiscard]] std::string item(const FoundPort& port) {
    const auto& device = port.by_id.empty() ? port.device : port.by_id;
    if (port.link == Link::kBluetooth) return head("shimmer", "shimmer", device);
    return head("usb", "adxl345-serial", device) + "    baud: 115200\n    format: csv\n    unit: m/s2\n";
  }

 private:
  std::string head(const std::string& kind, std::string_view driver, const std::filesystem::path& device) {
    std::string name = kind;
    for (int n = 2; !names_.insert(name).second; ++n) name = fmt::format("{}-{}", kind, n);
    return fmt::format("  - name: {}\n    driver: {}\n    device: {}\n", name, driver, yaml_text(device.string()));
  }

  std::set<std::string> names_;
};

/// What may become a sensor: not a foreign chip, not a chip in the kernel's hands, not a port that just belongs to the
/// board.
bool is_candidate(const FoundChip& chip) { return chip.is_adxl345(); }
bool is_candidate(const FoundPort& port) { return port.link != Link::kNative; }
bool is_candidate(const FoundIio&) { return true; }

std::string user_of(const config::Config* config, const FoundChip& chip) {
  return user_of(config, chip.bus, chip.address);
}
std::string user_of(const config::Config* config, const FoundPort& port) { return user_of(config, port.device); }
std::string user_of(const config::Config* config, const FoundIio& iio) { return user_of(config, iio.device); }

std::string describe(const FoundChip& chip) {
  if (!chip.held_by.empty()) {
    return fmt::format("held by {} of the kernel; use it as adxl345-iio if it is listed below", chip.held_by);
  }
  if (chip.is_adxl345()) return "ADXL345";
  return fmt::format("something else: its device id is {:02x}, an ADXL345's is e5", chip.device_id.value_or(0));
}

std::string describe(const FoundPort& port) {
  if (port.link == Link::kNative) return "of the board";
  if (port.link == Link::kBluetooth) {
    return fmt::format("Bluetooth{}{}{}{}", port.bluetooth_address.empty() ? "" : " ", port.bluetooth_address,
                       port.rfcomm_channel.empty() ? "" : ", channel ", port.rfcomm_channel);
  }
  std::string text = "USB";
  if (port.usb_id) text += fmt::format(" {:04x}:{:04x}", port.usb_id->vendor, port.usb_id->product);
  for (const auto& part : {port.manufacturer, port.product}) {
    if (!part.empty()) text += " " + part;
  }
  if (!port.serial.empty()) text += ", serial number " + port.serial;
  return text;
}

std::string describe(const FoundIio& iio) { return iio.name + " of the kernel"; }

std::string place(const FoundChip& chip) { return fmt::format("{} 0x{:02x}", chip.bus.string(), chip.address); }
std::string place(const FoundPort& port) { return port.device.string(); }
std::string place(const FoundIio& iio) { return iio.device.string(); }

template <typename Found>
void add_lines(std::string& text, const std::vector<Found>& devices, const config::Config* config) {
  for (const auto& device : devices) {
    const auto user = user_of(config, device);
    text += fmt::format("  {:<18} {}{}\n", place(device), describe(device),
                        user.empty() ? (is_candidate(device) ? "  (not configured)" : "") : "  (sensor " + user + ")");
    if constexpr (std::is_same_v<Found, FoundPort>) {
      if (!device.by_id.empty()) text += fmt::format("  {:<18} {}\n", "", device.by_id.string());
    }
  }
}

/// The configured sensors whose devices are none of those found: links, pseudo-terminals, names that are wrong.
void add_others(std::string& text, const Discovery& found, const config::Config* config) {
  if (config == nullptr) return;
  std::string lines;
  for (const auto& sensor : config->sensors) {
    const auto device = device_of(sensor);
    const auto is_it = [&](const auto& one) { return user_of(config, one) == sensor.name; };
    const bool is_listed = std::ranges::any_of(found.chips, is_it) || std::ranges::any_of(found.iio, is_it) ||
                           std::ranges::any_of(found.ports, is_it);
    std::error_code error;
    if (device.path.empty() || is_listed || !std::filesystem::exists(device.path, error)) continue;
    lines += fmt::format("  {:<18} {}  (sensor {})\n", device.path.string(), device.driver, sensor.name);
  }
  if (!lines.empty()) text += "Configured, and found by name alone\n" + lines;
}

/// A line for each sensor of the configuration whose device is nowhere.
void add_missing(std::vector<std::string>& lines, const config::Config* config) {
  if (config == nullptr) return;
  for (const auto& sensor : config->sensors) {
    const auto device = device_of(sensor);
    std::error_code error;
    if (device.path.empty() || std::filesystem::exists(device.path, error)) continue;
    lines.push_back(fmt::format("sensor {}: {} is not there", sensor.name, device.path.string()));
  }
}

json as_json(const FoundChip& chip) {
  return {{"bus", chip.bus.string()}, {"adapter", chip.adapter},
          {"address", chip.address},  {"device_id", chip.device_id ? json(*chip.device_id) : json()},
          {"held_by", chip.held_by},  {"adxl345", chip.is_adxl345()}};
}

json as_json(const FoundPort& port) {
  const auto* link = port.link == Link::kUsb ? "usb" : port.link == Link::kBluetooth ? "bluetooth" : "native";
  return {
      {"device", port.device.string()},
      {"by_id", port.by_id.string()},
      {"link", link},
      {"usb_id", port.usb_id ? json(fmt::format("{:04x}:{:04x}", port.usb_id->vendor, port.usb_id->product)) : json()},
      {"manufacturer", port.manufacturer},
      {"product", port.product},
      {"serial_number", port.serial},
      {"bluetooth_address", port.bluetooth_address},
      {"rfcomm_channel", port.rfcomm_channel}};
}

json as_json(const FoundIio& iio) { return {{"device", iio.device.string()}, {"name", iio.name}}; }

template <typename Found>
json list_as_json(const std::vector<Found>& devices, const config::Config* config) {
  json list = json::array();
  for (const auto& device : devices) {
    json entry = as_json(device);
    const auto user = user_of(config, device);
    entry["sensor"] = user.empty() ? json() : json(user);
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace

std::string yaml_for_unused(const Discovery& found, const config::Config* config) {
  Items items{config};
  std::string yaml;
  const auto add = [&](const auto& devices) {
    for (const auto& device : devices) {
      if (is_candidate(device) && user_of(config, device).empty()) yaml += items.item(device);
    }
  };
  add(found.chips);
  add(found.iio);
  add(found.ports);
  return yaml.empty() ? yaml : "sensors:\n" + yaml;
}

std::string sensors_as_text(const Discovery& found, const config::Config* config) {
  std::string text;
  const auto add = [&](std::string_view title, const auto& devices) {
    if (devices.empty()) return;
    text += fmt::format("{}\n", title);
    add_lines(text, devices, config);
  };
  add("I2C", found.chips);
  add("Kernel (IIO)", found.iio);
  add("Serial ports", found.ports);
  for (const auto& bus : found.buses) {
    if (std::ranges::find(found.chips, bus, &FoundChip::bus) != found.chips.end()) continue;
    text += fmt::format("{}: nothing answers at 0x53 or 0x1d\n", bus.string());
  }
  const std::size_t before = text.size();
  add_others(text, found, config);
  const bool any_configured = text.size() > before;
  const bool any_port = std::ranges::any_of(found.ports, [](const FoundPort& port) { return is_candidate(port); });
  if (found.chips.empty() && found.iio.empty() && !any_port && !any_configured) text += kNoSensorFound;

  std::vector<std::string> obstacles = found.obstacles;
  add_missing(obstacles, config);
  if (!obstacles.empty()) text += "\nIn the way\n";
  for (const auto& obstacle : obstacles) text += "  " + obstacle + "\n";

  if (const auto yaml = yaml_for_unused(found, config); !yaml.empty()) {
    text += "\nFor the configuration (choose names that say where each is worn; for a serial port, what it prints):\n";
    text += yaml;
  }
  return text;
}

std::string sensors_as_json(const Discovery& found, const config::Config* config) {
  std::vector<std::string> obstacles = found.obstacles;
  add_missing(obstacles, config);
  const json all{{"i2c", list_as_json(found.chips, config)},
                 {"iio", list_as_json(found.iio, config)},
                 {"serial", list_as_json(found.ports, config)},
                 {"obstacles", obstacles},
                 {"yaml", yaml_for_unused(found, config)}};
  return all.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace propriod::daemon
