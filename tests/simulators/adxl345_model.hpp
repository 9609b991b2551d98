#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <system_error>

#include "drivers/adxl345_registers.hpp"
#include "drivers/i2c_bus.hpp"
#include "tests/simulators/fault_script.hpp"

namespace propriod::tests {

/// An ADXL345 as its data sheet tells it: the register file, a FIFO of 32 entries and one more in the output register,
/// which a burst over the data registers pops, rates with the error of its oscillator, watermark and overrun. Any
/// thread.
class Adxl345Model {
 public:
  static constexpr std::array<FaultKind, 7> kFaults{{
      {"nack", FaultArgument::kSeconds, "2.5", "nothing answers at its address"},
      {"stuck-bus", FaultArgument::kSeconds, "1", "transfers time out"},
      {"late-failure", FaultArgument::kCount, "2", "N reads of data fail after they took the sample"},
      {"garble", FaultArgument::kCount, "3", "a bit is wrong in N reads of data, which none can have"},
      {"wrong-id", FaultArgument::kByte, "e4", "its DEVID is this from now on (right is e5)"},
      {"stick", FaultArgument::kAxis, "2", "x, y or z (0, 1, 2) keeps its value; -1 frees it"},
      {"brown-out", FaultArgument::kNone, "", "its registers are as after power-on"},
  }};

  struct Options {
    double rate_error = 0;                          ///< +0.02: the oscillator is 2 % fast
    std::function<std::chrono::nanoseconds()> now;  ///< ascends
    /// What the chip measures as its `number`th sample, in counts of full resolution.
    std::function<drivers::adxl345::Counts(std::uint64_t number)> signal;
  };

  explicit Adxl345Model(Options options);

  /// One transfer: the register pointer runs on from `start`.
  [[nodiscard]] std::error_code read(std::uint8_t start, std::span<std::uint8_t> into);
  [[nodiscard]] std::error_code write(std::uint8_t address, std::uint8_t value);

  /// False when there is no fault of this name.
  bool fault(const std::string& name, const std::string& argument);

  /// Samples measured so far.
  [[nodiscard]] std::uint64_t samples_made();
  /// Of those, the ones that wait in the FIFO.
  [[nodiscard]] std::uint64_t samples_in_fifo();
  [[nodiscard]] bool is_measuring();
  [[nodiscard]] std::uint8_t peek(std::uint8_t address);
  [[nodiscard]] std::uint64_t transfers() const { return transfers_; }

 private:
  using Counts = drivers::adxl345::Counts;

  void reset();
  void advance();
  void measure();
  void restart_measuring();
  void pop();
  [[nodiscard]] std::uint8_t value_of(std::uint8_t address) const;
  [[nodiscard]] Counts as_formatted(Counts counts) const;
  [[nodiscard]] bool streams() const;
  [[nodiscard]] std::chrono::duration<double, std::nano> period() const;

  std::mutex mutex_;
  const Options options_;
  std::array<std::uint8_t, drivers::adxl345::kRegisters> registers_{};
  std::deque<Counts> fifo_;
  Counts output_{};  // what the data registers repeat when the FIFO is empty
  bool overrun_ = false;
  std::uint64_t made_ = 0;
  std::chrono::nanoseconds since_{0};  // measuring, at this rate
  std::uint64_t made_since_ = 0;
  std::chrono::nanoseconds absent_until_{0};
  std::errc absent_as_{};
  int late_failures_ = 0;
  int garbled_ = 0;
  std::uint8_t id_ = drivers::adxl345::kExpectedDeviceId;
  int stuck_axis_ = -1;
  Counts stuck_at_{};
  std::uint64_t transfers_ = 0;
};

/// The model on the bus of a driver. Several buses may lead to one model, one after the other.
class Adxl345ModelBus final : public drivers::I2cBus {
 public:
  /// `spend` is told how many bytes went over the wire, each time.
  explicit Adxl345ModelBus(Adxl345Model& model, std::function<void(std::size_t bytes)> spend = nullptr)
      : model_(model), spend_(std::move(spend)) {}

  using I2cBus::read;
  /// Where one burst of several fails, the host gets none: so are the combined transfers of Linux.
  [[nodiscard]] Completed read(std::span<const Burst> bursts) noexcept override;
  [[nodiscard]] std::error_code write(std::uint8_t address, std::uint8_t value) noexcept override;

 private:
  Adxl345Model& model_;
  std::function<void(std::size_t bytes)> spend_;
};

}  // namespace propriod::tests
