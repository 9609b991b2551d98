#include "tests/simulators/adxl345_umockdev.hpp"

#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <umockdev.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace propriod::tests {
namespace {

struct Unref {
  void operator()(gpointer object) const { g_object_unref(object); }
};
using Data = std::unique_ptr<UMockdevIoctlData, Unref>;

Data resolve(UMockdevIoctlData* data, std::size_t offset, std::size_t length) {
  return Data{umockdev_ioctl_data_resolve(data, offset, length, nullptr)};
}

}  // namespace

struct Adxl345Umockdev::Server {
  explicit Server(Bus the_bus)
      : bus(std::move(the_bus)),
        node("/dev/i2c-" + std::to_string(bus.number)),
        testbed(umockdev_testbed_new()),
        handler(umockdev_ioctl_base_new()) {
    const std::string name = "i2c-" + std::to_string(bus.number);
    const std::string description =
        "P: /devices/" + name + "/i2c-dev/" + name + "\nN: " + name + "\nE: DEVNAME=" + node +
        "\nE: SUBSYSTEM=i2c-dev\nA: name=simulated\nA: dev=89:" + std::to_string(bus.number) + "\n\n";
    g_signal_connect(handler.get(), "handle-ioctl", G_CALLBACK(&Server::on_ioctl), this);
    // The testbed serves the device from the context that is this thread's default now.
    if (umockdev_testbed_add_from_string(testbed.get(), description.c_str(), nullptr) == FALSE ||
        umockdev_testbed_attach_ioctl(testbed.get(), node.c_str(), handler.get(), nullptr) == FALSE) {
      throw std::runtime_error("umockdev: no " + node);
    }
  }
  ~Server() { umockdev_testbed_detach_ioctl(testbed.get(), node.c_str(), nullptr); }

  static gboolean on_ioctl(UMockdevIoctlBase*, UMockdevIoctlClient* client, gpointer self) {
    const auto result = static_cast<Server*>(self)->answer(client);
    umockdev_ioctl_client_complete(client, result < 0 ? -1 : result, result < 0 ? -result : 0);
    return TRUE;
  }

  /// What the kernel would return: a negative errno for a failure.
  int answer(UMockdevIoctlClient* client) {
    UMockdevIoctlData* argument = umockdev_ioctl_client_get_arg(client);
    switch (umockdev_ioctl_client_get_request(client)) {
      case I2C_FUNCS: {
        const Data functions = resolve(argument, 0, sizeof(unsigned long));
        *reinterpret_cast<unsigned long*>(functions->data) = I2C_FUNC_I2C | I2C_FUNC_SMBUS_EMUL;
        return 0;
      }
      case I2C_SLAVE: {  // the argument is the address itself, not a pointer to it
        const auto address = *reinterpret_cast<const std::uintptr_t*>(argument->data);
        return bus.held_by_kernel != 0 && address == bus.held_by_kernel ? -EBUSY : 0;
      }
      case I2C_RDWR:
        return transfer(argument);
      default:
        return -ENOTTY;
    }
  }

  int transfer(UMockdevIoctlData* argument) {
    const Data request = resolve(argument, 0, sizeof(i2c_rdwr_ioctl_data));
    const auto count = reinterpret_cast<const i2c_rdwr_ioctl_data*>(request->data)->nmsgs;
    if (count > I2C_RDWR_IOCTL_MAX_MSGS) return -EINVAL;
    const Data list = resolve(request.get(), offsetof(i2c_rdwr_ioctl_data, msgs), count * sizeof(i2c_msg));
    const auto* messages = reinterpret_cast<const i2c_msg*>(list->data);
    if (bus.one_read_per_transfer) {
      for (std::size_t i = 0; i + 1 < count; ++i) {
        if ((messages[i].flags & I2C_M_RD) != 0) return -EOPNOTSUPP;
      }
    }
    std::uint8_t start = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto chip = bus.chips.find(static_cast<std::uint8_t>(messages[i].addr));
      if (chip == bus.chips.end()) return -EREMOTEIO;
      const std::size_t length = messages[i].len;
      const Data bytes = resolve(list.get(), i * sizeof(i2c_msg) + offsetof(i2c_msg, buf), length);
      std::error_code error;
      if ((messages[i].flags & I2C_M_RD) != 0) {
        error = chip->second->read(start, {bytes->data, length});
      } else if (length == 1) {
        start = bytes->data[0];
      } else if (length == 2) {
        error = chip->second->write(bytes->data[0], bytes->data[1]);
      }
      if (error) return -error.value();
    }
    return static_cast<int>(count);
  }

  const Bus bus;
  const std::string node;
  const std::unique_ptr<UMockdevTestbed, Unref> testbed;
  const std::unique_ptr<UMockdevIoctlBase, Unref> handler;
};

Adxl345Umockdev::Adxl345Umockdev(Bus bus) : server_(std::make_unique<Server>(std::move(bus))) {}

Adxl345Umockdev::~Adxl345Umockdev() = default;

bool Adxl345Umockdev::is_preloaded() {  // umockdev_in_mock_environment() asks whether there is a testbed already
  const char* preloaded = std::getenv("LD_PRELOAD");
  return preloaded != nullptr && std::string_view{preloaded}.find("libumockdev-preload") != std::string_view::npos;
}

}  // namespace propriod::tests
