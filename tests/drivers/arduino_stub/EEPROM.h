#pragma once

#include "Arduino.h"

class EEPROMClass {
 public:
  uint8_t read(int address) const { return bytes[static_cast<size_t>(address)]; }
  void write(int address, uint8_t value) { bytes[static_cast<size_t>(address)] = value; }

  std::vector<uint8_t> bytes = std::vector<uint8_t>(1024, 0xff);  // as new
};

inline EEPROMClass EEPROM;
