#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>

#include "tests/simulators/adxl345_model.hpp"

namespace propriod::tests {

/// I2C buses with simulated chips on them, as `/dev/i2c-N` for a process under umockdev's preload library: this one, or
/// a child that inherits the environment. Answers I2C_FUNCS, I2C_SLAVE and I2C_RDWR, on a thread of its own.
class Adxl345Umockdev {
 public:
  struct Bus {
    int number = 7;
    std::map<std::uint8_t, Adxl345Model*> chips{};  ///< by address; they outlive this
    std::uint8_t held_by_kernel = 0;                ///< an address for which I2C_SLAVE says EBUSY
    bool one_read_per_transfer = false;             ///< as a Raspberry Pi's controller before the 5
  };

  explicit Adxl345Umockdev(Bus bus);
  Adxl345Umockdev(const Adxl345Umockdev&) = delete;
  Adxl345Umockdev& operator=(const Adxl345Umockdev&) = delete;
  ~Adxl345Umockdev();

  /// This process sees the simulated devices.
  [[nodiscard]] static bool is_preloaded();

 private:
  struct Server;
  std::unique_ptr<Server> server_;
};

}  // namespace propriod::tests
