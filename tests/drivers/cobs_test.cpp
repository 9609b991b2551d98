#include "drivers/cobs.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "drivers/adxl345_registers.hpp"
#include "drivers/cobs_frame_decoder.hpp"
#include "drivers/crc16.hpp"
#include "tests/drivers/serial_stream.hpp"
#include "tests/simulators/adxl345_serial_simulator.hpp"
#include "tests/support/byte_faults.hpp"

namespace propriod::drivers {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;
using tests::AccelCounts;
using tests::Bytes;
using tests::cobs_encode;
using tests::cobs_frame;
using tests::sway;

constexpr double kRateHz = 50;

std::optional<Bytes> decoded(Bytes frame) {
  const auto length = cobs_decode(frame);
  if (!length) return std::nullopt;
  frame.resize(*length);
  return frame;
}

TEST(Crc16, IsTheOneThatOthersCompute) {
  EXPECT_EQ(crc16_ccitt(bytes_of("123456789"), 0xffff), 0x29b1);  // CRC-16/CCITT-FALSE's check value
  EXPECT_EQ(crc16_ccitt(bytes_of("123456789"), 0x0000), 0x31c3);  // XMODEM's
  EXPECT_EQ(crc16_ccitt({}, 0xb0ca), 0xb0ca);
  EXPECT_EQ(crc16_ccitt(bytes_of("6789"), crc16_ccitt(bytes_of("12345"), 0xffff)), 0x29b1);
}

TEST(Cobs, DecodesWhatItsAuthorsGiveAsExamples) {
  EXPECT_THAT(decoded(bytes_of_hex("02 11 02 22 01")), Optional(bytes_of_hex("11 00 22 00")));
  EXPECT_THAT(decoded(bytes_of_hex("03 11 22 02 33")), Optional(bytes_of_hex("11 22 00 33")));
  EXPECT_THAT(decoded(bytes_of_hex("01")), Optional(Bytes{}));
  EXPECT_THAT(decoded(bytes_of_hex("01 01")), Optional(bytes_of_hex("00")));
}

TEST(Cobs, DecodesBlocksOf254BytesAndWhatFollows) {
  std::mt19937_64 random{7};
  for (const std::size_t length : {253U, 254U, 255U, 508U, 509U, 1000U}) {
    for (const unsigned zero_in : {1U, 3U, 300U, 100'000U}) {
      Bytes bytes(length);
      for (auto& byte : bytes) byte = random() % zero_in == 0 ? std::byte{0} : std::byte{0x5a};
      auto frame = cobs_encode(bytes);
      EXPECT_EQ(std::ranges::count(frame, std::byte{0}), 1);
      frame.pop_back();
      EXPECT_THAT(decoded(frame), Optional(bytes)) << length << " bytes, one of " << zero_in << " is 00";
    }
  }
}

TEST(Cobs, RefusesACodeThatPointsPastTheEnd) {
  EXPECT_EQ(decoded(bytes_of_hex("03 11")), std::nullopt);
  EXPECT_EQ(decoded(bytes_of_hex("02 11 ff")), std::nullopt);
  EXPECT_EQ(decoded(bytes_of_hex("04 11 00 11")), std::nullopt);
  EXPECT_EQ(decoded(bytes_of_hex("00")), std::nullopt);
}

/// The example in drivers/cobs_protocol.md.
constexpr auto kExample = "04 01 01 07 02 64 01 01 04 80 1a 06 03 02 0c 04 fc ff ff 02 0d 03 fb ff 04 01 c5 b2 00";

TEST(CobsFrame, IsAsDocumented) {
  const std::vector<AccelCounts> samples{{12, -4, 255}, {13, -5, 256}};
  EXPECT_EQ(cobs_frame(7, 100, 400'000, samples), bytes_of_hex(kExample));
  CobsFrameDecoder decoder(kRateHz);
  const auto readings = feed(decoder, bytes_of_hex(kExample));
  ASSERT_EQ(readings.size(), 2U);
  EXPECT_EQ(readings[0].time_us, 380'000);
  EXPECT_EQ(readings[1].time_us, 400'000);
  EXPECT_THAT(readings[1].accel_mps2,
              ElementsAre(13 * adxl345::kMps2PerCount, -5 * adxl345::kMps2PerCount, 256 * adxl345::kMps2PerCount));
  EXPECT_EQ(decoder.understood_bytes(), bytes_of_hex(kExample).size());
}

/// A device that numbers and times its samples.
class Sender {
 public:
  Bytes frame(std::size_t count) {
    std::vector<AccelCounts> samples;
    for (std::size_t i = 0; i < count; ++i) samples.push_back(sway(number + i));
    number += static_cast<std::uint32_t>(count);
    time_us += static_cast<std::uint32_t>(20'000 * count);
    return cobs_frame(boot, number - static_cast<std::uint32_t>(count), time_us, samples);
  }

  std::uint16_t boot = 7;
  std::uint32_t number = 0;
  std::uint32_t time_us = 0;
};

TEST(CobsFrameDecoder, CountsWhatIsMissingBetweenFrames) {
  Sender sender;
  CobsFrameDecoder decoder(kRateHz);
  const auto first = feed(decoder, sender.frame(5));
  static_cast<void>(sender.frame(5));
  static_cast<void>(sender.frame(3));
  const auto second = feed(decoder, sender.frame(2));
  ASSERT_EQ(first.size(), 5U);
  ASSERT_EQ(second.size(), 2U);
  EXPECT_EQ(first[0].before.lost, 0U);
  EXPECT_EQ(second[0].before.lost, 8U);
  EXPECT_EQ(second[1].before.lost, 0U);
  EXPECT_FALSE(second[0].before.gap);  // their number is known
  EXPECT_EQ(first[4].time_us, 100'000);
  EXPECT_EQ(second[0].time_us, 280'000);
  EXPECT_EQ(second[1].time_us, 300'000);
}

TEST(CobsFrameDecoder, SpreadsSamplesEvenlyBetweenTheTimesOfFrames) {
  CobsFrameDecoder decoder(kRateHz);
  const std::vector<AccelCounts> samples(4);
  static_cast<void>(feed(decoder, cobs_frame(1, 0, 1'000'000, samples)));
  const auto readings = feed(decoder, cobs_frame(1, 4, 1'082'000, samples));  // 2.5 % slow, as the chip may be
  ASSERT_EQ(readings.size(), 4U);
  EXPECT_EQ(readings[0].time_us, 1'020'500);
  EXPECT_EQ(readings[1].time_us, 1'041'000);
  EXPECT_EQ(readings[2].time_us, 1'061'500);
  EXPECT_EQ(readings[3].time_us, 1'082'000);
}

TEST(CobsFrameDecoder, DropsWhatBeganBeforeAnyoneListened) {
  Sender sender;
  CobsFrameDecoder decoder(kRateHz);
  const auto torn = sender.frame(5);
  EXPECT_TRUE(feed(decoder, std::span(torn).subspan(9)).empty());
  const auto readings = feed(decoder, sender.frame(5));
  ASSERT_EQ(readings.size(), 5U);
  EXPECT_EQ(readings[0].before.lost, 0U);
  EXPECT_FALSE(readings[0].before.resynchronised);
}

TEST(CobsFrameDecoder, SkipsADamagedFrameAndSaysSo) {
  Sender sender;
  CobsFrameDecoder decoder(kRateHz);
  static_cast<void>(feed(decoder, sender.frame(5)));
  auto damaged = sender.frame(5);
  damaged[20] ^= std::byte{0x40};
  EXPECT_TRUE(feed(decoder, damaged).empty());
  const auto readings = feed(decoder, sender.frame(5));
  ASSERT_EQ(readings.size(), 5U);
  EXPECT_TRUE(readings[0].before.resynchronised);
  EXPECT_EQ(readings[0].before.lost, 5U);
  EXPECT_FALSE(feed(decoder, sender.frame(1)).at(0).before.resynchronised);
}

TEST(CobsFrameDecoder, IgnoresEmptyFramesAndOverlongOnes) {
  Sender sender;
  CobsFrameDecoder decoder(kRateHz);
  static_cast<void>(feed(decoder, sender.frame(5)));
  EXPECT_TRUE(feed(decoder, Bytes(5)).empty());
  EXPECT_FALSE(feed(decoder, sender.frame(1)).at(0).before.resynchronised);
  Bytes noise(10'000, std::byte{0x55});
  noise.push_back(std::byte{0});
  EXPECT_TRUE(feed(decoder, noise).empty());
  const auto readings = feed(decoder, sender.frame(32));
  ASSERT_EQ(readings.size(), 32U);
  EXPECT_TRUE(readings[0].before.resynchronised);
  EXPECT_EQ(readings[0].before.lost, 0U);
}

TEST(CobsFrameDecoder, RefusesAnotherVersionAnotherTypeAndAnotherLength) {
  auto good = bytes_of_hex(kExample);
  good.pop_back();
  const auto length = cobs_decode(good);
  ASSERT_TRUE(length);
  good.resize(*length);
  ASSERT_TRUE(CobsFrame::parse(good));
  const auto with_crc = [](Bytes frame) {
    frame.resize(frame.size() - 2);
    const auto crc = crc16_ccitt(frame, 0xffff);
    frame.push_back(static_cast<std::byte>(crc));
    frame.push_back(static_cast<std::byte>(crc >> 8U));
    return frame;
  };
  for (const std::size_t at : {0U, 1U, 12U}) {
    auto other = good;
    other[at] = std::byte{3};
    EXPECT_FALSE(CobsFrame::parse(with_crc(other))) << "byte " << at;
  }
  for (std::size_t shorter = 0; shorter < good.size(); ++shorter) {
    EXPECT_FALSE(CobsFrame::parse(std::span(good).first(shorter)));
  }
}

TEST(CobsFrameDecoder, ARestartedDeviceHasLostOnlyWhatItNumbered) {
  Sender sender;
  CobsFrameDecoder decoder(kRateHz);
  for (int i = 0; i < 10; ++i) static_cast<void>(feed(decoder, sender.frame(5)));
  sender = {.boot = 8};
  static_cast<void>(sender.frame(5));  // torn by the restart
  const auto readings = feed(decoder, sender.frame(5));
  ASSERT_EQ(readings.size(), 5U);
  EXPECT_TRUE(readings[0].before.restarted);
  EXPECT_TRUE(readings[0].before.gap);
  EXPECT_EQ(readings[0].before.lost, 5U);
  EXPECT_EQ(readings[4].time_us, 200'000);
  EXPECT_FALSE(feed(decoder, sender.frame(5)).at(0).before.restarted);
}

TEST(CobsFrameDecoder, ANumberOrATimeThatGoesBackIsARestartToo) {
  for (const bool number_too : {true, false}) {
    Sender sender{.number = 1000, .time_us = 4'000'000'000};
    CobsFrameDecoder decoder(kRateHz);
    static_cast<void>(feed(decoder, sender.frame(5)));
    sender.time_us = 0;
    if (number_too) sender.number = 0;
    const auto readings = feed(decoder, sender.frame(5));
    ASSERT_EQ(readings.size(), 5U);
    EXPECT_TRUE(number_too ? readings[0].before.restarted : readings[0].before.lost == 0) << number_too;
  }
}

TEST(CobsFrameDecoder, PassesOverAFrameThatComesTwice) {
  Sender sender{.number = 1000, .time_us = 4'000'000};
  CobsFrameDecoder decoder(kRateHz);
  static_cast<void>(feed(decoder, sender.frame(5)));
  const auto frame = sender.frame(5);
  EXPECT_EQ(feed(decoder, frame).size(), 5U);
  EXPECT_TRUE(feed(decoder, frame).empty());
  const auto readings = feed(decoder, sender.frame(5));
  ASSERT_EQ(readings.size(), 5U);
  EXPECT_EQ(readings[0].before.lost, 0U);
  EXPECT_FALSE(readings[0].before.restarted);
}

TEST(CobsFrameDecoder, DoesNotBelieveALossThatTookNoTime) {
  Sender sender{.number = 1000, .time_us = 4'000'000};
  CobsFrameDecoder decoder(kRateHz);
  static_cast<void>(feed(decoder, sender.frame(5)));
  sender.number += 1U << 20U;
  const auto readings = feed(decoder, sender.frame(5));
  ASSERT_EQ(readings.size(), 5U);
  EXPECT_EQ(readings[0].before.lost, 0U);
  EXPECT_TRUE(readings[0].before.gap);
}

TEST(CobsFrameDecoder, NumbersAndTimesTurnRound) {
  Sender sender{.number = 0xffff'fff0, .time_us = 0xffff'0000};
  CobsFrameDecoder decoder(kRateHz);
  std::optional<std::int64_t> before;
  for (int i = 0; i < 20; ++i) {
    for (const auto& reading : feed(decoder, sender.frame(3))) {
      EXPECT_FALSE(reading.before.restarted);
      EXPECT_EQ(reading.before.lost, 0U);
      if (before) {
        EXPECT_EQ(*reading.time_us - *before, 20'000);
      }
      before = reading.time_us;
    }
  }
}

TEST(CobsFrameDecoder, CountsWhatADeviceSentWhileTheLineWasCut) {
  Sender sender;
  CobsFrameDecoder decoder(kRateHz);
  static_cast<void>(feed(decoder, sender.frame(5)));
  const auto cut = sender.frame(5);
  static_cast<void>(feed(decoder, std::span(cut).first(11)));
  decoder.reconnected();
  static_cast<void>(sender.frame(32));
  const auto readings = feed(decoder, sender.frame(5));
  ASSERT_EQ(readings.size(), 5U);
  EXPECT_EQ(readings[0].before.lost, 37U);
  EXPECT_FALSE(readings[0].before.resynchronised);
}

/// Frames in a damaged stream that are none of those sent and whose checksum fits, found without our decoder's help.
std::set<Bytes> accidents(const Bytes& stream, const std::set<Bytes>& sent) {
  std::set<Bytes> found;
  for (auto begin = stream.begin(); begin != stream.end();) {
    const auto end = std::find(begin, stream.end(), std::byte{0});
    if (end == stream.end()) break;
    Bytes plain;
    auto at = begin;
    while (at < end) {
      const auto code = std::to_integer<std::ptrdiff_t>(*at);
      if (code > end - at) break;
      plain.insert(plain.end(), at + 1, at + code);
      at += code;
      if (at < end && code != 255) plain.push_back(std::byte{0});
    }
    if (at == end && plain.size() > 2 && !sent.contains(Bytes(begin, end))) {
      const auto covered = std::span(plain).first(plain.size() - 2);
      unsigned crc = 0xffff;
      for (const auto byte : covered) {
        crc ^= std::to_integer<unsigned>(byte) << 8U;
        for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000U) != 0 ? (crc << 1U) ^ 0x1021U : crc << 1U;
        crc &= 0xffffU;
      }
      const auto low = std::to_integer<unsigned>(plain[plain.size() - 2]);
      if (crc == (low | std::to_integer<unsigned>(plain.back()) << 8U)) found.insert(Bytes(begin, end));
    }
    begin = end + 1;
  }
  return found;
}

TEST(CobsFrameDecoder, SurvivesRandomDamageAndCountsEverySample) {
  const int scripts = tests::fault_scripts();
  std::uint64_t damages = 0;
  std::uint64_t lost = 0;
  std::size_t by_chance = 0;
  for (int script = 0; script < scripts; ++script) {
    SCOPED_TRACE("seed " + std::to_string(script));
    std::mt19937_64 random(static_cast<std::uint64_t>(script));
    Sender sender;
    Bytes stream;
    std::set<Bytes> sent;
    for (int i = 0; i < 40; ++i) {
      const auto frame = sender.frame(1 + random() % 12);
      sent.emplace(frame.begin(), frame.end() - 1);
      stream.insert(stream.end(), frame.begin(), frame.end());
    }
    const double per_byte = std::exp(std::uniform_real_distribution(std::log(1e-4), std::log(0.05))(random));
    const auto damaged = tests::damage(stream, per_byte, random);
    const auto accidental = accidents(damaged.bytes, sent);
    CobsFrameDecoder decoder(kRateHz);
    const auto readings = feed(decoder, damaged.bytes);
    damages += damaged.damaged_at.size();
    by_chance += accidental.size();
    if (readings.empty() || !accidental.empty()) continue;  // what a frame says whose checksum fits is believed

    // Which sample each reading is, told by its number alone.
    std::optional<std::uint64_t> first;
    for (std::uint64_t i = 0; i < sender.number && !first; ++i) {
      if (readings[0].accel_mps2[1] == sway(i)[1] * adxl345::kMps2PerCount) first = i;
    }
    ASSERT_TRUE(first);
    EXPECT_EQ(readings[0].before.lost, 0U);
    std::uint64_t number = *first;
    for (const auto& reading : readings) {
      EXPECT_FALSE(reading.before.gap);
      number += reading.before.lost;
      const auto counts = sway(number++);
      for (std::size_t axis = 0; axis < 3; ++axis) {
        ASSERT_EQ(reading.accel_mps2[axis], counts[axis] * adxl345::kMps2PerCount);
      }
      EXPECT_EQ(*reading.time_us, static_cast<std::int64_t>(number) * 20'000);
    }
    lost += lost_in(readings);
    if (damaged.damaged_at.empty()) {
      EXPECT_EQ(readings.size(), sender.number);
    }
  }
  std::printf("%d scripts: %lu bytes damaged, %lu samples lost and counted, %zu damaged frames accepted by chance\n",
              scripts, damages, lost, by_chance);
}

}  // namespace
}  // namespace propriod::drivers
