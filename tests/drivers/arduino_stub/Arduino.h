#pragma once

// As much of Arduino as the example sketches use, for a test on the host.

#include <cstddef>
#include <cstdint>
#include <vector>

#define HIGH 1  // NOLINT: Arduino's own names
#define LOW 0
#define OUTPUT 1
#define LED_BUILTIN 13

using std::size_t;
using std::uint16_t;
using std::uint32_t;
using std::uint8_t;

uint32_t micros();
uint32_t millis();
inline void pinMode(int pin, int mode) { static_cast<void>(pin), static_cast<void>(mode); }
inline void digitalWrite(int pin, int level) { static_cast<void>(pin), static_cast<void>(level); }

class HardwareSerial {
 public:
  void begin(uint32_t baud) { static_cast<void>(baud); }
  size_t write(uint8_t byte) {
    sent.push_back(static_cast<std::byte>(byte));
    return 1;
  }
  size_t write(const uint8_t* bytes, size_t count) {
    for (size_t i = 0; i < count; ++i) write(bytes[i]);
    return count;
  }

  std::vector<std::byte> sent;
};

inline HardwareSerial Serial;
