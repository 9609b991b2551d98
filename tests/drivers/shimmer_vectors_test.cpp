// Do the protocol's pieces say what other people's devices and software say? The vectors lie beside the project:
// PROPRIOD_VECTORS names their folder.

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "drivers/shimmer_calibration.hpp"
#include "drivers/shimmer_crc.hpp"
#include "drivers/shimmer_decoder.hpp"
#include "drivers/shimmer_layout.hpp"
#include "drivers/shimmer_protocol.hpp"
#include "tests/drivers/shimmer_bytes.hpp"

namespace propriod::drivers::shimmer {
namespace {

constexpr double kMostErrorMps2 = 1e-9;

Device shimmer3() {
  return {.model = Model::kShimmer3, .firmware = {.id = FirmwareId::kLogAndStream, .version = {0, 11, 0}}};
}

class ShimmerVectors : public testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("PROPRIOD_VECTORS");
    if (folder == nullptr) GTEST_SKIP() << "PROPRIOD_VECTORS is not set: it names a folder with vectors of a Shimmer";
    folder_ = folder;
  }

  /// The lines of a file in their fields.
  std::vector<std::vector<std::string>> lines(const char* name) const {
    std::ifstream file(folder_ / name);
    EXPECT_TRUE(file.is_open()) << folder_ / name << " cannot be read";
    std::vector<std::vector<std::string>> lines;
    for (std::string line; std::getline(file, line);) {
      if (line.empty() || line.starts_with('#')) continue;
      auto& fields = lines.emplace_back();
      for (std::size_t at = 0; at <= line.size();) {
        const std::size_t end = std::min(line.find(" ; ", at), line.size());
        fields.push_back(line.substr(at, end - at));
        at = end + 3;
      }
    }
    EXPECT_FALSE(lines.empty());
    return lines;
  }

 private:
  std::filesystem::path folder_;
};

std::vector<double> numbers(const std::string& text) {
  std::istringstream stream(text);
  std::vector<double> numbers;
  for (double number = 0; stream >> number;) numbers.push_back(number);
  return numbers;
}

template <typename Numbers>
std::vector<double> as_doubles(const Numbers& numbers) {
  return {numbers.begin(), numbers.end()};
}

Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// Payloads of vectors are compared as hex: a failure shows them.
std::string hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    constexpr const char* kDigits = "0123456789abcdef";
    text += kDigits[std::to_integer<unsigned>(byte) >> 4U];
    text += kDigits[std::to_integer<unsigned>(byte) & 15U];
  }
  return text;
}

TEST_F(ShimmerVectors, ChecksumsFitWhereTheyShould) {
  for (const auto& line : lines("crc.txt")) {
    ASSERT_GE(line.size(), 3U);
    const Bytes said = from_hex(line[2]);
    const std::uint16_t made = crc(from_hex(line[1]));
    bool fits = static_cast<std::byte>(made) == said.at(0);
    if (said.size() > 1) fits = fits && static_cast<std::byte>(made >> 8U) == said.at(1);
    EXPECT_EQ(fits, line[0] != "N") << line[1];
  }
}

/// What the device answers in `crc.txt` with its CRC: the decoder takes it, and nothing of it with one byte changed.
TEST_F(ShimmerVectors, RepliesWithAChecksumAreDecodedAndDamagedOnesAreNot) {
  const std::map<std::string, std::uint8_t> questions{{"02", 0x01}, {"8a71", 0x72}, {"8a94", 0x95},
                                                      {"90", 0x91}, {"99", 0x9A},   {"8d", 0x8E}};
  int decoded = 0;
  for (const auto& line : lines("crc.txt")) {
    if (line[0] != "R") continue;
    const Bytes message = joined({from_hex(line[1]), from_hex(line[2])});
    const std::string code = line[1].substr(2, line[1].substr(2, 2) == "8a" ? 4 : 2);
    const auto question = questions.find(code);
    if (question == questions.end() && !code.empty()) continue;  // of other sensors
    for (std::size_t damaged = 0; damaged <= message.size(); ++damaged) {
      Bytes bytes = message;
      if (damaged < bytes.size()) bytes[damaged] ^= std::byte{0x20};
      Decoder decoder(shimmer3());
      decoder.set_crc(true);
      decoder.expect(code.empty() ? std::uint8_t{0x07} : question->second);
      const auto events = events_of(decoder, bytes);
      if (damaged < message.size()) {
        EXPECT_TRUE(events.empty()) << line[1] << " byte " << damaged;
        continue;
      }
      ASSERT_EQ(events.size(), code.empty() ? 1U : 2U) << line[1];
      EXPECT_EQ(events[0].kind, Event::Kind::kAck);
      if (!code.empty()) {
        EXPECT_EQ(hex(events[1].payload), line[1].substr(2 + code.size()));
      }
      ++decoded;
    }
  }
  EXPECT_EQ(decoded, 11);
}

/// The bytes of each request, made from what the line says in words.
std::optional<Bytes> request_for(const std::string& name) {
  const auto command = [](std::uint8_t code, const Bytes& arguments = {}) {
    return joined({Bytes{std::byte{code}}, arguments});
  };
  const auto text = [](std::string_view words) {
    Bytes bytes{static_cast<std::byte>(words.size())};
    for (const char letter : words) bytes.push_back(static_cast<std::byte>(letter));
    return bytes;
  };
  const auto little_endian = [](std::uint64_t value, int count) {
    Bytes bytes;
    for (int i = 0; i < count; ++i) bytes.push_back(static_cast<std::byte>(value >> (8 * i)));
    return bytes;
  };
  const std::map<std::string, Bytes> requests{
      {"get sampling rate", command(static_cast<std::uint8_t>(Code::kGetRate))},
      {"set sampling rate 512 Hz", command(static_cast<std::uint8_t>(Code::kSetRate),
                                           little_endian(Rate::nearest(Model::kShimmer3, 512).divider, 2))},
      {"get battery", command(static_cast<std::uint8_t>(Code::kGetBattery))},
      {"set sensors gyro + A13 + pressure", command(static_cast<std::uint8_t>(Code::kSetSensors), from_hex("400104"))},
      {"set sensors LN accel only",
       command(static_cast<std::uint8_t>(Code::kSetSensors), sensor_bits(Model::kShimmer3, Accelerometer::kLowNoise))},
      {"set sensors WR accel only",
       command(static_cast<std::uint8_t>(Code::kSetSensors), sensor_bits(Model::kShimmer3, Accelerometer::kWideRange))},
      {"get configuration time", command(0x87)},
      {"set configuration time 43", command(0x85, text("43"))},
      {"get real-world clock", command(0x91)},
      {"set real-world clock 10 s", command(0x8F, little_endian(static_cast<std::uint64_t>(10 * kTicksPerSecond), 8))},
      {"get status", command(static_cast<std::uint8_t>(Code::kGetStatus))},
      {"get firmware version", command(static_cast<std::uint8_t>(Code::kGetFirmware))},
      {"inquiry", command(static_cast<std::uint8_t>(Code::kInquiry))},
      {"start streaming", command(static_cast<std::uint8_t>(Code::kStart))},
      {"stop streaming", command(static_cast<std::uint8_t>(Code::kStop))},
      {"start logging", command(0x92)},
      {"stop logging", command(0x93)},
      {"test connection", command(0x96)},
      {"get ExG registers, chip 1", command(0x63, from_hex("01000a"))},
      {"set ExG registers, chip 1 from 2", command(0x61, from_hex("01 02 02 1000"))},
      {"get all calibration", command(0x2C)},
      {"get experiment id", command(0x7E)},
      {"set experiment id", command(0x7C, text("A_Test"))},
      {"get device name", command(0x7B)},
      {"set device name", command(0x79, text("S_PPG"))},
      {"get device version", command(static_cast<std::uint8_t>(Code::kGetModel))},
      {"status with ACK prefix on", command(static_cast<std::uint8_t>(Code::kSetAckPrefix), from_hex("01"))},
      {"status with ACK prefix off", command(static_cast<std::uint8_t>(Code::kSetAckPrefix), from_hex("00"))},
  };
  const auto found = requests.find(name);
  return found == requests.end() ? std::nullopt : std::optional(found->second);
}

/// What the parsers make of a reply, in the words of the vector's last field.
void expect_meaning(const std::string& name, const Bytes& payload, const std::string& meaning) {
  const auto first = [&] { return std::to_integer<unsigned>(payload.at(0)); };
  if (name == "get sampling rate") {
    const auto rate = Rate::from_divider(Model::kShimmer3, static_cast<std::uint16_t>(first()));
    EXPECT_EQ(rate->hz(), 512.0);
  } else if (name == "get battery") {
    const double raw = std::stod(meaning.substr(4));
    EXPECT_DOUBLE_EQ(parse_battery_v(payload).value(), raw * 3.0 / 4095 * 1.988);
    if (raw == 2862) {
      EXPECT_DOUBLE_EQ(parse_battery_v(payload).value(), 4.168246153846154);
    }
  } else if (name == "get firmware version") {
    const auto firmware = parse_firmware(payload).value();
    const Version version = firmware.version;
    EXPECT_EQ(firmware.id, FirmwareId::kLogAndStream);
    EXPECT_TRUE(meaning.starts_with("LogAndStream (3) " + std::to_string(version.major) + "." +
                                    std::to_string(version.minor) + "." + std::to_string(version.release)))
        << meaning;
    EXPECT_EQ((Device{.model = Model::kShimmer3, .firmware = firmware}.has_ack_prefix_switch()),
              version >= (Version{0, 15, 4}));
  } else if (name == "inquiry") {
    const auto inquiry = parse_inquiry(payload, Model::kShimmer3).value();
    EXPECT_EQ(inquiry.rate_divider, 64);
    EXPECT_EQ(inquiry.samples_per_packet, 1);
    EXPECT_THAT(inquiry.channels, testing::ElementsAre(0x12));
  } else if (name == "get device version") {
    const std::map<std::string, std::optional<Model>> models{
        {"Shimmer1", std::nullopt},     {"Shimmer2", Model::kShimmer2},   {"Shimmer2r", Model::kShimmer2r},
        {"Shimmer3", Model::kShimmer3}, {"Shimmer3R", Model::kShimmer3r}, {"unknown", std::nullopt}};
    EXPECT_EQ(model_of(static_cast<std::uint8_t>(first())), models.at(meaning));
  } else if (name == "get real-world clock") {
    std::uint64_t ticks = 0;
    for (std::size_t i = 0; i < payload.size(); ++i) ticks |= std::to_integer<std::uint64_t>(payload[i]) << (8 * i);
    EXPECT_EQ(ticks, 160674079U);
    EXPECT_DOUBLE_EQ(static_cast<double>(ticks) / kTicksPerSecond, 4903.383758544922);
  }
}

TEST_F(ShimmerVectors, CommandsAreMadeAndTheirRepliesDecoded) {
  int commands = 0;
  for (const auto& line : lines("pyshimmer_commands.txt")) {
    if (line[0] != "CMD") continue;
    ASSERT_EQ(line.size(), 5U);
    ++commands;
    const Bytes request = from_hex(line[2]);
    const auto made = request_for(line[1]);
    ASSERT_TRUE(made) << "no request of that name: " << line[1];
    EXPECT_EQ(hex(*made), hex(request)) << line[1];

    const Bytes reply = from_hex(line[3]);
    Decoder decoder(shimmer3());
    decoder.expect(std::to_integer<std::uint8_t>(request[0]));
    const auto events = events_of(decoder, reply);
    ASSERT_FALSE(events.empty()) << line[1];
    EXPECT_EQ(events[0].kind, Event::Kind::kAck);
    EXPECT_EQ(decoder.skipped_bytes(), 0U) << line[1];
    ASSERT_EQ(events.size(), reply.size() == 1 ? 1U : 2U) << line[1];
    if (reply.size() == 1) continue;
    EXPECT_EQ(events[1].kind, Event::Kind::kReply);
    const std::size_t codes = reply[1] == std::byte{0x8A} ? 3 : 2;
    EXPECT_EQ(std::byte{events[1].code}, reply[codes - 1]);
    EXPECT_EQ(hex(events[1].payload), hex(std::span(reply).subspan(codes)));
    expect_meaning(line[1], payload_of(events[1]), line[4]);
  }
  EXPECT_EQ(commands, 38);
}

PacketLayout one_channel_layout() {
  return {.timestamp_bytes = 3,
          .sample_bytes = 5,
          .samples = 1,
          .axis_at = {3, 3, 3},
          .is_12_bit = true,
          .period_ticks = 64,
          .tolerance_ticks = 1};
}

TEST_F(ShimmerVectors, PacketsAreDecoded) {
  int packets = 0;
  for (const auto& line : lines("pyshimmer_commands.txt")) {
    if (line[0] != "PACKET") continue;
    ++packets;
    Decoder decoder(shimmer3());
    decoder.begin_stream(one_channel_layout());
    EXPECT_TRUE(events_of(decoder, from_hex(line[1])).empty());  // what comes next might contradict it
    decoder.quiet();
    const auto event = decoder.next();
    ASSERT_TRUE(event) << line[1];
    EXPECT_EQ(event->sample.raw[0], std::stoi(line[3])) << line[1];
  }
  EXPECT_EQ(packets, 3);
}

/// What the decoder makes of the steps of an EVENT, in words.
std::string told(const std::vector<Event>& events) {
  std::string told;
  for (const Event& event : events) {
    switch (event.kind) {
      case Event::Kind::kAck:
        told += "ack ";
        break;
      case Event::Kind::kNack:
        told += "nack ";
        break;
      case Event::Kind::kReply:
        told += "reply:" + hex(event.payload) + " ";
        break;
      case Event::Kind::kStatus:
        told += "status:" + hex(event.payload) + " ";
        break;
      case Event::Kind::kSample:
        told += "sample:" + std::to_string(event.sample.raw[0]) + "@" + std::to_string(event.sample.ticks) + " ";
        break;
    }
  }
  return told;
}

TEST_F(ShimmerVectors, EventsComeInOrder) {
  const std::map<std::string, std::string> expected{
      {"initialise", "ack reply:030000000b00 ack reply:03 "},
      {"initialise, newer firmware", "ack reply:030000000f04 ack reply:03 ack "},
      {"ACK and reply in two pieces", "ack reply:05535f505047 "},
      {"two commands queued", "ack reply:05535f505047 ack reply:21 "},
      {"unasked status between command and ACK", "status:20 ack reply:03414243 "},
      {"status asked for, then an unasked one", "ack reply:20 status:21 "},
      {"two unasked status messages", "status:20 status:21 "},
      {"wrong byte instead of the reply", "ack nack "},
      {"start and stop a stream", "ack reply:400001ff0109010112 ack sample:1866@0 ack "},
      {"two data packets back to back", "sample:1830@0 sample:1788@64 "},
      {"unknown in-stream code that a pending command waits for", "ack reply: "},
      {"close while waiting", "ack "},
      {"ExG reply shorter than asked", "ack reply:0401020304 "},  // whoever asked sees 4 of 10 registers
  };
  int events = 0;
  for (const auto& line : lines("pyshimmer_commands.txt")) {
    if (line[0] != "EVENT") continue;
    ++events;
    const std::string& name = line[1];
    ASSERT_TRUE(expected.contains(name)) << name;
    Decoder decoder(shimmer3());
    if (name == "two data packets back to back") decoder.begin_stream(one_channel_layout());
    std::string seen;
    for (std::size_t at = 2; at < line.size(); ++at) {
      const std::string& step = line[at];
      if (step.starts_with("tx ")) {
        const Bytes sent = from_hex(step.substr(3));
        if (sent[0] == byte_of(Code::kStart)) decoder.begin_stream(one_channel_layout());
        if (sent[0] == std::byte{0x42}) {  // a code invented for this vector
          decoder.expect(Reply{.code = 0x42, .in_stream = true});
        } else if (name == "two commands queued" || name == "close while waiting") {
          for (const std::byte command : sent) decoder.expect(std::to_integer<std::uint8_t>(command));
        } else {
          decoder.expect(std::to_integer<std::uint8_t>(sent[0]));
        }
      } else if (step.starts_with("rx ")) {
        seen += told(events_of(decoder, from_hex(step.substr(3))));
      }
    }
    decoder.quiet();
    seen += told(events_of(decoder, {}));
    EXPECT_EQ(seen, expected.at(name)) << name;
  }
  EXPECT_EQ(events, 13);
}

TEST_F(ShimmerVectors, CalibrationBlocksGiveTheUnitsTheyStandFor) {
  std::map<std::string, CalibrationBlock> blocks;
  std::map<std::string, std::string> sensors;
  std::map<std::string, std::string> raw_blocks;
  int points = 0;
  for (const auto& line : lines("calibration_blocks.txt")) {
    if (line[0] == "BLOCK") {
      const Bytes bytes = from_hex(line[3]);
      const auto block = CalibrationBlock::parse(std::span(bytes).first<CalibrationBlock::kBytes>());
      EXPECT_EQ(as_doubles(block.offset), numbers(line[4])) << line[1];
      EXPECT_EQ(as_doubles(block.sensitivity), numbers(line[5])) << line[1];
      EXPECT_EQ(as_doubles(block.alignment), numbers(line[6])) << line[1];
      // Only an accelerometer's sensitivities can be judged; whichever range they belong to.
      std::vector<BlockVerdict> verdicts;
      const Chip chip = line[2] == "WR" ? Chip::kLsm303ah : Chip::kKxtc9;
      for (std::uint8_t range = 0; range < 4; ++range) verdicts.push_back(judge(block, chip, range, true));
      if (line[7] == "reject") {
        EXPECT_THAT(verdicts, testing::Each(testing::AnyOf(BlockVerdict::kBlank, BlockVerdict::kSingular))) << line[1];
      } else if (line[2] == "LN" || line[2] == "WR") {
        EXPECT_THAT(verdicts, testing::Contains(BlockVerdict::kUsable)) << line[1];
      }
      blocks[line[1]] = block;
      sensors[line[1]] = line[2];
      raw_blocks[line[1]] = line[3];
    } else if (line[0] == "POINT") {
      ++points;
      const auto raw = numbers(line[2]);
      const double unit = sensors.at(line[1]) == "gyro" ? 100 : 1;  // stored hundredfold
      const auto calibrated = Calibrator(blocks.at(line[1]))
                                  .to_mps2({static_cast<std::int32_t>(raw.at(0)), static_cast<std::int32_t>(raw.at(1)),
                                            static_cast<std::int32_t>(raw.at(2))});
      const auto expected = numbers(line[3]);
      for (std::size_t axis = 0; axis < 3; ++axis) {
        EXPECT_NEAR(unit * calibrated.at(axis), expected.at(axis), kMostErrorMps2) << line[1] << " " << line[2];
      }
    }
  }
  EXPECT_EQ(blocks.size(), 17U);
  EXPECT_GE(points, 53);

  // The replies that carry them: found whole in the payload.
  int carriers = 0;
  Bytes dump;
  for (const auto& line : lines("calibration_blocks.txt")) {
    if (line[0] == "CARRIER") {
      ++carriers;
      Decoder decoder(shimmer3());
      decoder.expect(std::to_integer<std::uint8_t>(from_hex(line[2])[0]));
      const auto events = events_of(decoder, from_hex(line[3]));
      ASSERT_EQ(events.size(), 2U) << line[1];
      const std::string payload = hex(events[1].payload);
      for (const auto& [id, block] : raw_blocks) {
        if (line[4].find("=" + id) != std::string::npos) {
          EXPECT_NE(payload.find(block), std::string::npos) << id;
        }
      }
      if (line[1].starts_with("calibration dump")) {
        dump.insert(dump.end(), events[1].payload.begin() + 3, events[1].payload.end());
      }
    } else if (line[0] == "DUMP") {
      EXPECT_EQ(dump.size(), 340U);
    } else if (line[0] == "ENTRY") {
      const std::string time = line[3].substr(line[3].find_last_of(' ') + 1);
      EXPECT_NE(hex(dump).find(time + raw_blocks.at(line[4])), std::string::npos) << line[1] << line[2];
    }
  }
  EXPECT_EQ(carriers, 7);
}

TEST_F(ShimmerVectors, ARealRecordingIsDecodedWithAndWithoutItsChecksums) {
  const auto inquiry = parse_inquiry(from_hex("41 00 01 ff 01 09 05 01 00 01 02 03 12"), Model::kShimmer3).value();
  const auto layout = packet_layout(shimmer3(), inquiry, Accelerometer::kLowNoise).value();
  EXPECT_EQ(layout.packet_bytes(), 14U);
  const Calibrator calibrator(CalibrationBlock::of(Chip::kKxtc9, 0));
  for (const bool has_crc : {false, true}) {
    Decoder decoder(shimmer3());
    decoder.set_crc(has_crc);
    decoder.begin_stream(layout);
    std::vector<Measurement> samples;
    const auto take = [&](std::span<const std::byte> bytes) {
      for (const Event& event : events_of(decoder, bytes)) {
        if (event.kind == Event::Kind::kSample) samples.push_back(event.sample);
      }
    };
    const auto all = lines("pair_ln_accel.txt");
    for (const auto& line : all) take(has_crc ? joined({from_hex(line[0]), from_hex(line[1])}) : from_hex(line[0]));
    decoder.quiet();
    if (const auto last = decoder.next()) samples.push_back(last->sample);
    ASSERT_EQ(samples.size(), all.size());
    for (std::size_t i = 0; i < samples.size(); ++i) {
      EXPECT_EQ(samples[i].ticks, std::stoll(all[i][2]) - std::stoll(all[0][2]));
      EXPECT_EQ(as_doubles(samples[i].raw), numbers(all[i][3]));
      EXPECT_EQ(samples[i].lost, 0U) << i;  // the first step of three periods included
      const auto expected = numbers(all[i][6]);
      const auto accel_mps2 = calibrator.to_mps2(samples[i].raw);
      for (std::size_t axis = 0; axis < 3; ++axis) EXPECT_NEAR(accel_mps2.at(axis), expected.at(axis), kMostErrorMps2);
    }
  }
}

}  // namespace
}  // namespace propriod::drivers::shimmer
