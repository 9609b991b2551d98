// What does a torn stream of a Shimmer cost? Random bytes are dropped, inserted and flipped on the line; the device
// itself loses packets and says things that nobody asked for.

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "drivers/shimmer_decoder.hpp"
#include "drivers/shimmer_layout.hpp"
#include "tests/drivers/shimmer_bytes.hpp"
#include "tests/simulators/shimmer_simulator.hpp"
#include "tests/support/byte_faults.hpp"

namespace propriod::drivers::shimmer {
namespace {

using namespace std::chrono_literals;
using tests::ShimmerSimulator;

constexpr auto kChunk = 30ms;  // what a radio hands over at once
constexpr std::size_t kDamagedChunks = 150;
constexpr std::size_t kCleanChunks = 20;
constexpr std::size_t kLongestLoss = 30;  // in chunks

struct Kind {
  std::string name;
  Device device;
  double rate_hz = 51.2;
  Accelerometer accelerometer = Accelerometer::kLowNoise;
  std::uint8_t samples_per_packet = 1;
};

Device log_and_stream(std::uint8_t minor, Model model = Model::kShimmer3) {
  return {.model = model, .firmware = {.id = FirmwareId::kLogAndStream, .version = {0, minor, 0}}};
}
Device bt_stream(Model model) {
  return {.model = model, .firmware = {.id = FirmwareId::kBtStream, .version = {0, 4, 0}}};
}

/// How the device is worn: a hand that shakes (no two readings alike), or a table (all nearly alike, which makes bytes
/// in the wrong place look like time stamps that repeat).
enum class Wearer { kHand, kTable };

Acceleration on_a_table(std::chrono::nanoseconds at) {
  std::mt19937_64 random{static_cast<std::uint64_t>(at.count())};
  std::uniform_real_distribution<float> noise{-0.02F, 0.02F};
  return {noise(random), noise(random), 9.81F + noise(random)};
}

Acceleration in_a_hand(std::chrono::nanoseconds at) {
  std::mt19937_64 random{static_cast<std::uint64_t>(at.count())};
  std::uniform_real_distribution<float> shaken{-19, 19};
  return {shaken(random), shaken(random), shaken(random)};
}

struct Truth {
  std::uint32_t stamp;
  ShimmerSimulator::Raw raw;
};

/// A stream in the pieces in which it comes.
struct Stream {
  PacketLayout layout;
  std::vector<Bytes> chunks;
  std::vector<Truth> truth;
};

Stream stream_of(const Kind& kind, Wearer wearer, std::mt19937_64& random) {
  Stream stream;
  ShimmerSimulator::Options options;
  options.device = kind.device;
  options.samples_per_packet = kind.samples_per_packet;
  options.first_tick = std::uniform_int_distribution<std::uint32_t>{0, 1U << 24U}(random);
  options.signal = wearer == Wearer::kHand ? in_a_hand : on_a_table;
  options.measured = [&](std::uint32_t stamp, const ShimmerSimulator::Raw& raw) {
    stream.truth.push_back({stamp, raw});
  };
  ShimmerSimulator shimmer(std::move(options));

  Decoder decoder(kind.device);
  const auto say = [&](Code code, const Bytes& arguments) {
    Bytes command{byte_of(code)};
    command.insert(command.end(), arguments.begin(), arguments.end());
    shimmer.receive(command);
    decoder.expect(static_cast<std::uint8_t>(code));
    const auto events = events_of(decoder, shimmer.transmit(0s));
    return events.empty() ? Bytes{} : payload_of(events.back());
  };
  const Rate rate = Rate::nearest(kind.device.model, kind.rate_hz);
  Bytes divider{static_cast<std::byte>(rate.divider)};
  if (!is_shimmer2(kind.device.model)) divider.push_back(static_cast<std::byte>(rate.divider >> 8U));
  say(Code::kSetRate, divider);
  say(Code::kSetSensors, sensor_bits(kind.device.model, kind.accelerometer));
  const auto inquiry = parse_inquiry(say(Code::kInquiry, {}), kind.device.model);
  stream.layout = packet_layout(kind.device, inquiry.value(), kind.accelerometer).value();
  if (kind.device.has_crc()) {
    decoder.set_crc(true);
    say(Code::kSetCrc, {std::byte{2}});
  }
  say(Code::kStart, {});
  std::bernoulli_distribution loses{0.01};
  std::bernoulli_distribution speaks{kind.device.model == Model::kShimmer3 ? 0.01 : 0};
  std::uniform_int_distribution<int> how_many{1, 9};
  for (std::size_t chunk = 1; chunk <= kDamagedChunks + kCleanChunks; ++chunk) {
    if (chunk + kLongestLoss < kDamagedChunks && loses(random)) shimmer.fault("lose", std::to_string(how_many(random)));
    if (speaks(random)) shimmer.fault("status", "25");
    stream.chunks.push_back(shimmer.transmit(chunk * kChunk));
  }
  return stream;
}

/// The same algorithm as the firmware's, but bit by bit.
std::uint16_t slow_crc(std::span<const std::byte> bytes) {
  unsigned crc = 0xB0CA;
  const auto add = [&](std::byte byte) {
    crc ^= std::to_integer<unsigned>(byte) << 8U;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000U) != 0 ? (crc << 1U ^ 0x1021U) & 0xFFFFU : crc << 1U;
  };
  for (const std::byte byte : bytes) add(byte);
  if (bytes.size() % 2 != 0) add(std::byte{0});
  return static_cast<std::uint16_t>(crc);
}

/// Readings of everything in the bytes that looks like a packet and has a CRC that fits.
std::set<ShimmerSimulator::Raw> readings_with_a_crc(std::span<const std::byte> bytes, const PacketLayout& layout) {
  std::set<ShimmerSimulator::Raw> readings;
  const std::size_t size = layout.packet_bytes();
  for (std::size_t at = 0; at + size + 2 <= bytes.size(); ++at) {
    const auto packet = bytes.subspan(at, size);
    const unsigned said = std::to_integer<unsigned>(bytes[at + size]) | std::to_integer<unsigned>(bytes[at + size + 1])
                                                                            << 8U;
    if (packet[0] != std::byte{0} || slow_crc(packet) != said) continue;
    ShimmerSimulator::Raw raw{};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const std::size_t reading = 1 + layout.axis_at[axis];
      raw[axis] = static_cast<std::int16_t>(std::to_integer<unsigned>(packet[reading]) |
                                            std::to_integer<unsigned>(packet[reading + 1]) << 8U);
    }
    readings.insert(raw);
  }
  return readings;
}

/// The truth by its ticks since the first sample, with the number of each.
struct Numbered {
  std::size_t number;
  ShimmerSimulator::Raw raw;
};
std::map<std::int64_t, Numbered> by_ticks(const Stream& stream) {
  const std::uint32_t mask = (1U << (8 * stream.layout.timestamp_bytes)) - 1;
  std::map<std::int64_t, Numbered> truth;
  std::int64_t ticks = 0;
  for (std::size_t i = 0; i < stream.truth.size(); ++i) {
    if (i > 0) ticks += (stream.truth[i].stamp - stream.truth[i - 1].stamp) & mask;
    truth[ticks] = {.number = i, .raw = stream.truth[i].raw};
  }
  return truth;
}

/// The ticks of the first sample given: those that most of the given samples agree with.
std::int64_t origin_of(const std::vector<Measurement>& given, const std::map<std::int64_t, Numbered>& truth) {
  const std::size_t looked_at = std::min<std::size_t>(given.size(), 50);
  const auto agree = [&](std::int64_t origin) {
    return std::count_if(given.begin(), given.begin() + static_cast<std::ptrdiff_t>(looked_at),
                         [&](const auto& sample) {
                           const auto found = truth.find(origin + sample.ticks - given[0].ticks);
                           return found != truth.end() && found->second.raw == sample.raw;
                         });
  };
  std::int64_t best = 0;
  for (const auto& [ticks, numbered] : truth) {
    for (std::size_t i = 0; i < std::min<std::size_t>(looked_at, 5); ++i) {
      const std::int64_t origin = ticks - (given[i].ticks - given[0].ticks);
      if (numbered.raw == given[i].raw && agree(origin) > agree(best)) best = origin;
    }
  }
  return best;
}

struct Totals {
  std::uint64_t damaged_bytes = 0;
  std::uint64_t given = 0;
  std::uint64_t lost = 0;
  std::uint64_t wrong = 0;
  std::uint64_t damaged_at_begin = 0;
};

/// What the time stamps cannot tell: the first step of a Shimmer3 is three periods, so that it looks longer than it was
/// when its end was lost or damaged, and a loss of two samples looks like it. `first_step`: in samples, of the first
/// two given; 0 when the second one is none of the device's.
std::size_t not_told(const Kind& kind, const std::pair<const std::int64_t, Numbered>& first, std::size_t first_step) {
  if (is_shimmer2(kind.device.model)) return 0;
  const bool is_startup = first.second.number == 0;
  if (is_startup && first_step != 1) return 2;
  return !is_startup && first_step == 3 ? static_cast<std::size_t>(-2) : 0;
}

/// One script: the device streams, the line damages what it carries, and is clean at the end.
void run_script(const Kind& kind, Wearer wearer, std::uint64_t seed, Totals& totals) {
  SCOPED_TRACE(kind.name + ", script (seed) " + std::to_string(seed));
  std::mt19937_64 random{seed};
  const Stream stream = stream_of(kind, wearer, random);
  const double per_byte = std::uniform_real_distribution<double>{0.0005, 0.01}(random);
  const bool has_crc = kind.device.has_crc();

  Decoder decoder(kind.device);
  decoder.set_crc(has_crc);
  decoder.begin_stream(stream.layout);
  std::vector<Measurement> given;
  std::size_t given_before_clean = 0;
  std::size_t damaged = 0;
  Bytes arrived;
  for (std::size_t chunk = 0; chunk < stream.chunks.size(); ++chunk) {
    tests::DamagedBytes line{.bytes = stream.chunks[chunk], .damaged_at = {}};
    if (chunk < kDamagedChunks) line = tests::damage(stream.chunks[chunk], per_byte, random);
    if (chunk == kDamagedChunks) given_before_clean = given.size();
    damaged += line.damaged_at.size();
    arrived.insert(arrived.end(), line.bytes.begin(), line.bytes.end());
    for (const Event& event : events_of(decoder, line.bytes, BootTime{(chunk + 1) * kChunk})) {
      if (event.kind == Event::Kind::kSample) given.push_back(event.sample);
    }
  }
  decoder.quiet();
  while (const auto event = decoder.next()) {
    if (event->kind == Event::Kind::kSample) given.push_back(event->sample);
  }
  ASSERT_FALSE(given.empty());

  const auto truth = by_ticks(stream);
  const std::int64_t origin = origin_of(given, truth);
  const auto truth_of = [&](const Measurement& sample) {
    const std::int64_t ticks = origin + sample.ticks - given[0].ticks;
    const auto found = truth.lower_bound(ticks - stream.layout.tolerance_ticks);
    return found != truth.end() && found->first <= ticks + stream.layout.tolerance_ticks ? found : truth.end();
  };
  const auto with_a_crc = readings_with_a_crc(arrived, stream.layout);
  std::uint64_t lost = 0;
  std::size_t wrong = 0;
  for (const Measurement& sample : given) {
    lost += sample.lost;
    const auto found = truth_of(sample);
    if (found != truth.end() && found->second.raw == sample.raw) continue;
    ++wrong;
    // Nobody can tell a damaged packet whose CRC fits by chance.
    if (has_crc) {
      EXPECT_TRUE(with_a_crc.contains(sample.raw));
    }
  }
  EXPECT_LE(wrong, 2 * damaged);

  const auto last = truth_of(given.back());
  ASSERT_NE(last, truth.end());
  if (const auto first = truth_of(given.front()); first == truth.end()) {
    ++totals.damaged_at_begin;  // by how much, only a sample before it could tell
  } else {
    const auto second = given.size() > 1 ? truth_of(given[1]) : last;
    const std::size_t step = second == truth.end() ? 0 : second->second.number - first->second.number;
    EXPECT_EQ(given.size() + lost, last->second.number - first->second.number + 1 + not_told(kind, *first, step));
  }

  // Back in step: of the clean end at most the packet that was under way, the next one (which may have looked like a
  // part of it), and one that is not full yet are missing.
  const auto clean = static_cast<double>(kCleanChunks) * std::chrono::duration<double>(kChunk).count() * kind.rate_hz;
  EXPECT_GE(static_cast<double>(given.size() - given_before_clean), clean - 3.0 * kind.samples_per_packet - 1);

  totals.damaged_bytes += damaged;
  totals.given += given.size();
  totals.lost += lost;
  totals.wrong += wrong;
}

void run_scripts(const std::vector<Kind>& kinds) {
  Totals totals;
  const auto count = static_cast<std::uint64_t>(tests::fault_scripts());
  for (std::uint64_t seed = 0; seed < count && !testing::Test::HasFatalFailure(); ++seed) {
    const Wearer wearer = seed / kinds.size() % 2 == 0 ? Wearer::kHand : Wearer::kTable;
    run_script(kinds[seed % kinds.size()], wearer, seed, totals);
  }
  std::cout << count << " scripts: " << totals.damaged_bytes << " bytes damaged, " << totals.given << " samples given, "
            << totals.lost << " lost, " << totals.wrong << " wrong; " << totals.damaged_at_begin
            << " began with a damaged one\n";
}

TEST(TornShimmerStream, WithChecksumsGivesNothingDamaged) {
  run_scripts({{.name = "Shimmer3", .device = log_and_stream(16)},
               {.name = "Shimmer3R", .device = log_and_stream(16, Model::kShimmer3r)},
               {.name = "Shimmer3, wide range",
                .device = log_and_stream(16),
                .rate_hz = 128,
                .accelerometer = Accelerometer::kWideRange}});
}

TEST(TornShimmerStream, WithoutChecksumsCostsTwoSamplesADamagedByteAtMost) {
  run_scripts(
      {{.name = "Shimmer3", .device = log_and_stream(11)},
       {.name = "Shimmer3 at 64 Hz", .device = log_and_stream(11), .rate_hz = 64},
       {.name = "Shimmer3, wide range", .device = log_and_stream(11), .accelerometer = Accelerometer::kWideRange},
       {.name = "Shimmer3 with short time stamps", .device = log_and_stream(5)},
       {.name = "Shimmer3 with short time stamps, at 256 Hz", .device = log_and_stream(5), .rate_hz = 256},
       {.name = "Shimmer2r", .device = bt_stream(Model::kShimmer2r)},
       {.name = "Shimmer2r at 256 Hz", .device = bt_stream(Model::kShimmer2r), .rate_hz = 256},
       {.name = "Shimmer2, 4 samples a packet", .device = bt_stream(Model::kShimmer2), .samples_per_packet = 4}});
}

}  // namespace
}  // namespace propriod::drivers::shimmer
