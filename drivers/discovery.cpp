#include "drivers/discovery.hpp"

#include <fmt/format.h>
#include <libserialport.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include "drivers/adxl345_registers.hpp"
#include "drivers/device_access.hpp"
#include "drivers/errors.hpp"
#include "drivers/label.hpp"

namespace propriod::drivers {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::uint8_t, 2> kAddresses{0x53, 0x1d};
constexpr std::size_t kMostEntries = 256;   // of one folder: more devices than any machine has
constexpr std::size_t kMaxNameBytes = 255;  // a file's

std::string shown_if_any(const char* text) { return text == nullptr ? std::string{} : shown(text); }

/// Names in `folder` that begin with `prefix`: numbers in their order, not 1, 10, 2.
std::vector<std::string> names_in(const fs::path& folder, std::string_view prefix) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error)) {
    std::string name = entry->path().filename().string();
    const bool wanted = name.starts_with(prefix) && is_plain_text(name, kMaxNameBytes);
    if (wanted && names.size() < kMostEntries) names.push_back(std::move(name));
  }
  std::ranges::sort(names, {}, [](const std::string& name) { return std::pair{name.size(), name}; });
  return names;
}

/// The first line of a file in /sys; empty when there is none.
std::string first_line(const fs::path& file) {
  std::array<char, kMaxShownBytes + 2> text{};
  std::ifstream(file).getline(text.data(), text.size());
  return shown(text.data());
}

std::string kernel_driver_of(const fs::path& sys, std::string_view bus_number, std::uint8_t address) {
  const fs::path device = sys / "bus/i2c/devices" / fmt::format("{}-{:04x}", bus_number, address);
  std::error_code error;
  const fs::path driver = fs::read_symlink(device / "driver", error);
  const std::string name = error ? first_line(device / "name") : shown(driver.filename().string());
  return name.empty() ? "a kernel driver" : name;
}

/// Asks whoever is at the address for its id. A chip that is not there does not acknowledge.
void probe(const DiscoveryOptions& options, const fs::path& bus, std::uint8_t address, Discovery& found) {
  const std::string number = bus.filename().string().substr(std::string_view{"i2c-"}.size());
  FoundChip chip{.bus = bus,
                 .adapter = first_line(options.sys / "class/i2c-dev" / bus.filename() / "name"),
                 .address = address,
                 .device_id = {},
                 .held_by = {}};
  try {
    const auto connection = options.open_bus(bus, address);
    std::array<std::uint8_t, 1> id{};
    const std::error_code error = connection->read(adxl345::kDeviceId, id);
    if (error == std::errc::timed_out) {
      throw DeviceError(fmt::format(
          "{}: does not answer in time; a chip that holds the bus is freed by switching its power off and on again",
          bus.string()));
    }
    if (error) return;
    chip.device_id = id[0];
  } catch (const HeldByKernel&) {
    chip.held_by = kernel_driver_of(options.sys, number, address);
  }
  found.chips.push_back(std::move(chip));
}

void find_chips(const DiscoveryOptions& options, Discovery& found) {
  for (const auto& name : names_in(options.dev, "i2c-")) {
    const fs::path bus = options.dev / name;
    try {
      for (const std::uint8_t address : kAddresses) probe(options, bus, address, found);
    } catch (const NoPlainI2c&) {
      continue;
    } catch (const DeviceError& error) {
      found.obstacles.emplace_back(error.what());
    }
    found.buses.push_back(bus);
  }
}

/// The name in /dev/serial/by-id that leads to the port; empty when there is none.
fs::path by_id_of(const fs::path& folder, const fs::path& device) {
  for (const auto& name : names_in(folder, "")) {
    std::error_code error;
    if (fs::read_symlink(folder / name, error).filename() == device.filename() && !error) return folder / name;
  }
  return {};
}

void check_access(const fs::path& device, Discovery& found) {
  if (access(device.c_str(), R_OK | W_OK) != 0) found.obstacles.push_back(cannot_open(device, errno));
}

void find_ports(const DiscoveryOptions& options, Discovery& found) {
  if (options.list_ports) found.ports = options.list_ports();
  std::erase_if(found.ports,
                [](const FoundPort& port) { return port.device.filename().string().starts_with("rfcomm"); });
  for (const auto& name : names_in(options.dev, "rfcomm")) {  // what `rfcomm bind` made, connected or not
    FoundPort port{.device = options.dev / name, .link = FoundPort::Link::kBluetooth};
    port.bluetooth_address = first_line(options.sys / "class/tty" / name / "address");
    port.rfcomm_channel = first_line(options.sys / "class/tty" / name / "channel");
    found.ports.push_back(std::move(port));
  }
  std::ranges::stable_sort(found.ports, {}, [](const FoundPort& port) {  // what a sensor is likely to be on comes first
    const std::string name = port.device.string();
    return std::tuple{port.link == FoundPort::Link::kNative, name.size(), name};
  });
  for (auto& port : found.ports) {
    port.by_id = by_id_of(options.dev / "serial/by-id", port.device);
    if (port.link != FoundPort::Link::kNative) check_access(port.device, found);
  }
}

void find_iio(const DiscoveryOptions& options, Discovery& found) {
  const fs::path folder = options.sys / "bus/iio/devices";
  for (const auto& entry : names_in(folder, "iio:device")) {
    std::string name = first_line(folder / entry / "name");
    if (!name.starts_with("adxl345")) continue;
    const fs::path device = options.dev / entry;
    std::error_code error;
    if (fs::exists(device, error)) check_access(device, found);
    found.iio.push_back({.device = device, .name = std::move(name)});
  }
}

}  // namespace

std::vector<FoundPort> list_serial_ports() {
  std::vector<FoundPort> found;
  sp_port** ports = nullptr;
  if (sp_list_ports(&ports) != SP_OK) return found;
  const std::unique_ptr<sp_port*, decltype(&sp_free_port_list)> owner(ports, &sp_free_port_list);
  for (; *ports != nullptr && found.size() < kMostEntries; ++ports) {
    FoundPort port{.device = sp_get_port_name(*ports)};
    int vendor = 0;
    int product = 0;
    switch (sp_get_port_transport(*ports)) {
      case SP_TRANSPORT_USB:
        port.link = FoundPort::Link::kUsb;
        if (sp_get_port_usb_vid_pid(*ports, &vendor, &product) == SP_OK) {
          port.usb_id = {static_cast<std::uint16_t>(vendor), static_cast<std::uint16_t>(product)};
        }
        port.manufacturer = shown_if_any(sp_get_port_usb_manufacturer(*ports));
        port.product = shown_if_any(sp_get_port_usb_product(*ports));
        port.serial = shown_if_any(sp_get_port_usb_serial(*ports));
        break;
      case SP_TRANSPORT_BLUETOOTH:
        port.link = FoundPort::Link::kBluetooth;
        port.bluetooth_address = shown_if_any(sp_get_port_bluetooth_address(*ports));
        break;
      case SP_TRANSPORT_NATIVE:
        break;
    }
    found.push_back(std::move(port));
  }
  return found;
}

Discovery discover(const DiscoveryOptions& options) {
  Discovery found;
  find_chips(options, found);
  find_ports(options, found);
  find_iio(options, found);
  return found;
}

}  // namespace propriod::drivers
