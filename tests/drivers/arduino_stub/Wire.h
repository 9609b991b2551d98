#pragma once

#include "Arduino.h"

/// An I2C device, as a bus sees it.
class WireDevice {
 public:
  virtual ~WireDevice() = default;
  /// False: it does not acknowledge.
  virtual bool write(uint8_t first_register, const std::vector<uint8_t>& values) = 0;
  virtual bool read(uint8_t first_register, uint8_t* into, size_t count) = 0;
};

class TwoWire {
 public:
  void begin() {}
  void setClock(uint32_t hz) { static_cast<void>(hz); }
  void beginTransmission(uint8_t address) {
    addressed_ = address;
    written_.clear();
  }
  void write(uint8_t byte) { written_.push_back(byte); }
  uint8_t endTransmission(bool stop = true) {
    if (device == nullptr || addressed_ != address) return 2;
    if (!stop) return 0;
    return device->write(written_.at(0), {written_.begin() + 1, written_.end()}) ? 0 : 3;
  }
  uint8_t requestFrom(uint8_t from, uint8_t count) {
    read_.assign(count, 0);
    next_ = 0;
    if (device == nullptr || from != address || !device->read(written_.at(0), read_.data(), count)) return 0;
    return count;
  }
  int read() { return next_ < read_.size() ? read_[next_++] : -1; }

  WireDevice* device = nullptr;
  uint8_t address = 0x53;

 private:
  uint8_t addressed_ = 0;
  std::vector<uint8_t> written_;
  std::vector<uint8_t> read_;
  size_t next_ = 0;
};

inline TwoWire Wire;
