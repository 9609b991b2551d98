// Sends the readings of an ADXL345 as frames with number, time and checksum: drivers/cobs_protocol.md.
//
// Wiring: VCC and CS to 3.3 V, GND, SDA, SCL, and SDO to GND for address 0x53 or to 3.3 V for 0x1D. A 5 V board needs a breakout
// with level shifters. In propriod.yaml:
//   - {name: waist, driver: adxl345-serial, device: /dev/serial/by-id/…, baud: 115200, format: cobs, rate: 50}
//
// Until the sensor answers, nothing is sent and the LED blinks.

#include <Arduino.h>
#include <EEPROM.h>
#include <Wire.h>

const uint8_t kAddress = 0x53;
const uint32_t kBaud = 115200;
const uint32_t kPeriodUs = 20000;  // 1000000 / rate
const uint8_t kRateCode = 0x09;    // 25 Hz: 0x08, 50: 0x09, 100: 0x0A, 200: 0x0B, 400: 0x0C
const uint8_t kFrameSamples = 10;  // 1 … 32

// Registers: ADXL345 data sheet rev. G, "Register Map".
const uint8_t kDeviceId = 0x00;
const uint8_t kBandwidthAndRate = 0x2C;
const uint8_t kPowerControl = 0x2D;
const uint8_t kInterruptSource = 0x30;
const uint8_t kDataFormat = 0x31;
const uint8_t kData = 0x32;
const uint8_t kFifoControl = 0x38;
const uint8_t kFifoStatus = 0x39;
const uint8_t kFifoDepth = 32;

const uint8_t kHeaderBytes = 13;
uint8_t frame[kHeaderBytes + 6 * kFifoDepth + 2];
uint16_t boot = 0;
uint32_t nextNumber = 0;
uint32_t lastTimeUs = 0;  // of sample nextNumber - 1
bool measuring = false;

bool writeRegister(uint8_t address, uint8_t value) {
  Wire.beginTransmission(kAddress);
  Wire.write(address);
  Wire.write(value);
  return Wire.endTransmission() == 0;
}

// One burst: the chip must not measure between two bytes of a sample.
bool readRegisters(uint8_t first, uint8_t* into, uint8_t count) {
  Wire.beginTransmission(kAddress);
  Wire.write(first);
  if (Wire.endTransmission(false) != 0) return false;
  if (Wire.requestFrom(kAddress, count) != count) return false;
  for (uint8_t i = 0; i < count; ++i) into[i] = (uint8_t)Wire.read();
  return true;
}

bool startSensor() {
  uint8_t id = 0;
  return readRegisters(kDeviceId, &id, 1) && id == 0xE5 &&  //
         writeRegister(kPowerControl, 0x00) &&              // stand by
         writeRegister(kDataFormat, 0x0B) &&                // full resolution, 16 g
         writeRegister(kBandwidthAndRate, kRateCode) &&     //
         writeRegister(kFifoControl, 0x00) &&               // empties the FIFO
         writeRegister(kFifoControl, 0x80) &&               // stream: the newest 32 samples are kept
         writeRegister(kPowerControl, 0x08);                // measure
}

// A number that no start before had, as long as the EEPROM lasts: 100,000 starts.
uint16_t countBoot() {
#if defined(ESP8266) || defined(ESP32)
  EEPROM.begin(2);
#endif
  uint16_t count = (uint16_t)(EEPROM.read(0) | EEPROM.read(1) << 8);
  ++count;
  EEPROM.write(0, (uint8_t)(count & 0xFF));
  EEPROM.write(1, (uint8_t)(count >> 8));
#if defined(ESP8266) || defined(ESP32)
  EEPROM.commit();
#endif
  return count;
}

void putLittleEndian(uint8_t* at, uint32_t value, uint8_t bytes) {
  for (uint8_t i = 0; i < bytes; ++i) at[i] = (uint8_t)(value >> (8 * i));
}

uint16_t crc16(const uint8_t* bytes, size_t count) {
  uint16_t crc = 0xFFFF;
  for (size_t i = 0; i < count; ++i) {
    crc = (uint16_t)(crc ^ bytes[i] << 8);
    for (uint8_t bit = 0; bit < 8; ++bit) crc = (uint16_t)((crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1);
  }
  return crc;
}

// A frame is shorter than 254 bytes, so each block ends at a 00 or at its end.
void sendCobs(const uint8_t* bytes, size_t count) {
  size_t begin = 0;
  for (size_t i = 0; i <= count; ++i) {
    if (i < count && bytes[i] != 0) continue;
    Serial.write((uint8_t)(i - begin + 1));
    Serial.write(bytes + begin, i - begin);
    begin = i + 1;
  }
  Serial.write((uint8_t)0);
}

void sendFrame(uint8_t samples, uint32_t timeUs) {
  frame[0] = 1;
  frame[1] = 1;
  putLittleEndian(frame + 2, boot, 2);
  putLittleEndian(frame + 4, nextNumber, 4);
  putLittleEndian(frame + 8, timeUs, 4);
  frame[12] = samples;
  const size_t covered = kHeaderBytes + 6U * samples;
  putLittleEndian(frame + covered, crc16(frame, covered), 2);
  sendCobs(frame, covered + 2);
  nextNumber += samples;
  lastTimeUs = timeUs;
}

// How many samples the chip threw away because nobody took them: as many as the time since the last one had room for.
uint32_t overwritten(uint8_t entries, uint32_t nowUs) {
  const uint32_t made = (nowUs - lastTimeUs + kPeriodUs / 2) / kPeriodUs;
  return made > entries ? made - entries : 0;
}

void setup() {
  pinMode(LED_BUILTIN, OUTPUT);
  Serial.begin(kBaud);
  Serial.write((uint8_t)0);
  Wire.begin();
  Wire.setClock(400000);
}

void loop() {
  if (!measuring) {
    measuring = startSensor();
    lastTimeUs = micros();
    nextNumber = 0;  // what the sensor missed while a wire was off is nobody's to count
    if (measuring) boot = countBoot();
    digitalWrite(LED_BUILTIN, measuring || millis() / 250 % 2 == 0 ? HIGH : LOW);
    return;
  }

  uint8_t entries = 0;
  if (!readRegisters(kFifoStatus, &entries, 1)) {
    measuring = false;
    return;
  }
  entries &= 0x3F;
  if (entries < kFrameSamples) return;
  // This loop comes here many times within a period, so the newest sample was measured just now.
  const uint32_t nowUs = micros();
  uint8_t interrupts = 0;
  measuring = readRegisters(kInterruptSource, &interrupts, 1);
  const bool overrun = (interrupts & 0x01) != 0;
  if (overrun) nextNumber += overwritten(entries, nowUs);
  const uint8_t samples = entries < kFifoDepth ? entries : kFifoDepth;
  for (uint8_t i = 0; i < samples && measuring; ++i) {
    measuring = readRegisters(kData, frame + kHeaderBytes + 6 * i, 6);
  }
  if (measuring) sendFrame(samples, nowUs);
}
