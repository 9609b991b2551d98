#include "drivers/shimmer_decoder.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <initializer_list>
#include <vector>

#include "drivers/shimmer_crc.hpp"
#include "tests/drivers/shimmer_bytes.hpp"

namespace propriod::drivers::shimmer {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint32_t kPeriod = 640;

Device log_and_stream(std::uint8_t minor) {
  return {.model = Model::kShimmer3, .firmware = {.id = FirmwareId::kLogAndStream, .version = {0, minor, 0}}};
}

PacketLayout accelerometer_only(unsigned timestamp_bytes = 3, unsigned samples = 1) {
  return {.timestamp_bytes = timestamp_bytes,
          .sample_bytes = timestamp_bytes + 6,
          .samples = samples,
          .axis_at = {timestamp_bytes, timestamp_bytes + 2, timestamp_bytes + 4},
          .is_12_bit = true,
          .period_ticks = kPeriod,
          .tolerance_ticks = 1};
}

/// Packet number `i` of a stream that begins at tick 16,000,000 and lasts: its readings are i, 2000 and 3000.
Bytes packet(unsigned i, unsigned timestamp_bytes = 3) {
  const std::uint32_t stamp = 16'000'000 + i * kPeriod;
  Bytes bytes{std::byte{0}};
  for (unsigned byte = 0; byte < timestamp_bytes; ++byte) bytes.push_back(static_cast<std::byte>(stamp >> (8 * byte)));
  for (const unsigned reading : {i, 2000U, 3000U}) {
    bytes.push_back(static_cast<std::byte>(reading));
    bytes.push_back(static_cast<std::byte>(reading >> 8U));
  }
  return bytes;
}

Bytes with_crc(Bytes message) {
  const std::uint16_t value = crc(message);
  message.push_back(static_cast<std::byte>(value));
  message.push_back(static_cast<std::byte>(value >> 8U));
  return message;
}

Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

Bytes without(Bytes bytes, std::size_t at) {
  bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at));
  return bytes;
}

Bytes flipped(Bytes bytes, std::size_t at, unsigned bits) {
  bytes[at] ^= static_cast<std::byte>(bits);
  return bytes;
}

class ShimmerStream : public testing::Test {
 protected:
  ShimmerStream() { decoder_.begin_stream(accelerometer_only()); }

  /// Readings of x, which are the numbers of the packets.
  std::vector<int> given(std::span<const std::byte> bytes, BootTime arrival = {}) {
    std::vector<int> numbers;
    for (const Event& event : events_of(decoder_, bytes, arrival)) take(event, numbers);
    return numbers;
  }
  std::vector<int> given_when_quiet() {
    decoder_.quiet();
    std::vector<int> numbers;
    while (const auto event = decoder_.next()) take(*event, numbers);
    return numbers;
  }

  Decoder decoder_{log_and_stream(11)};
  std::vector<Measurement> samples_;
  std::vector<Event::Kind> others_;

 private:
  void take(const Event& event, std::vector<int>& numbers) {
    if (event.kind == Event::Kind::kSample) {
      samples_.push_back(event.sample);
      numbers.push_back(event.sample.raw[0]);
    } else {
      others_.push_back(event.kind);
    }
  }
};

TEST_F(ShimmerStream, HoldsAPacketBackUntilTheNextOneBegins) {
  EXPECT_THAT(given(packet(1), BootTime{1s}), IsEmpty());
  const Bytes next = packet(2);
  EXPECT_THAT(given(std::span(next).first(3), BootTime{2s}), IsEmpty());
  EXPECT_THAT(given(std::span(next).subspan(3), BootTime{3s}), ElementsAre(1));
  EXPECT_EQ(samples_[0].arrival, BootTime{1s});  // its own, not that of what confirmed it
  EXPECT_THAT(given_when_quiet(), ElementsAre(2));
  EXPECT_EQ(samples_[1].arrival, BootTime{3s});
  EXPECT_EQ(samples_[1].ticks, kPeriod);
  EXPECT_EQ(samples_[1].lost, 0U);
}

TEST_F(ShimmerStream, CountsPacketsThatTheDeviceLost) {
  EXPECT_THAT(given(joined({packet(1), packet(2), packet(6), packet(7), packet(8)})), ElementsAre(1, 2, 6, 7));
  EXPECT_EQ(samples_[2].lost, 3U);
  EXPECT_TRUE(samples_[2].after_gap);
  EXPECT_FALSE(samples_[2].resynchronised);
}

TEST_F(ShimmerStream, TakesAFirstStepOfThreePeriodsForTheStart) {
  EXPECT_THAT(given(joined({packet(1), packet(4), packet(7), packet(8), packet(9)})), ElementsAre(1, 4, 7, 8));
  EXPECT_EQ(samples_[1].lost, 0U);
  EXPECT_FALSE(samples_[1].after_gap);
  EXPECT_EQ(samples_[1].ticks, 3 * kPeriod);
  EXPECT_EQ(samples_[2].lost, 2U);  // once only
}

TEST_F(ShimmerStream, RecoversAfterADroppedByte) {
  for (std::size_t at = 0; at < packet(0).size(); ++at) {
    decoder_ = Decoder(log_and_stream(11));
    decoder_.begin_stream(accelerometer_only());
    samples_.clear();
    const auto numbers =
        given(joined({packet(0), packet(1), packet(2), without(packet(3), at), packet(4), packet(5), packet(6)}));
    EXPECT_THAT(numbers, testing::AnyOf(ElementsAre(0, 1, 2, 4, 5), ElementsAre(0, 1, 4, 5))) << at;
    std::uint64_t lost = 0;
    std::uint64_t resynchronised = 0;
    for (const Measurement& sample : samples_) lost += sample.lost, resynchronised += sample.resynchronised ? 1 : 0;
    EXPECT_EQ(samples_.size() + lost, 6U);
    EXPECT_EQ(resynchronised, 1U);
  }
}

TEST_F(ShimmerStream, LosesNoNeighbourToAFlippedTimeStamp) {
  EXPECT_THAT(given(joined({packet(1), packet(2), flipped(packet(3), 1, 0x10), packet(4), packet(5), packet(6)})),
              ElementsAre(1, 2, 4, 5));
  EXPECT_EQ(samples_[2].lost, 1U);
}

TEST_F(ShimmerStream, RefusesAReadingOfMoreThan12Bits) {
  EXPECT_THAT(given(joined({packet(1), flipped(packet(2), 7, 0x20), packet(3), packet(4), packet(5)})),
              ElementsAre(1, 3, 4));
}

TEST_F(ShimmerStream, UnwrapsTheCounter) {
  constexpr unsigned kFar = 1214;  // 2^24 lies between it and the next
  EXPECT_THAT(given(joined({packet(kFar), packet(kFar + 1), packet(kFar + 2)})), ElementsAre(kFar, kFar + 1));
  EXPECT_EQ(samples_[1].ticks, kPeriod);
  EXPECT_EQ(samples_[1].lost, 0U);
}

TEST_F(ShimmerStream, TakesAStatusBetweenPacketsForWhatItIs) {
  EXPECT_THAT(given(joined({packet(1), from_hex("ff 8a 71 25"), packet(2), from_hex("8a 71 25"), packet(3)})),
              ElementsAre(1, 2));
  EXPECT_THAT(others_, ElementsAre(Event::Kind::kStatus, Event::Kind::kStatus));
  EXPECT_EQ(decoder_.skipped_bytes(), 0U);
}

TEST_F(ShimmerStream, FindsTheAnswerToStopBehindTheLastPacket) {
  given(joined({packet(1), packet(2)}));
  decoder_.expect(static_cast<std::uint8_t>(Code::kStop));
  EXPECT_THAT(given(joined({packet(3), from_hex("ff")})), ElementsAre(2));
  EXPECT_THAT(given_when_quiet(), ElementsAre(3));
  EXPECT_THAT(others_, ElementsAre(Event::Kind::kAck));
}

TEST_F(ShimmerStream, FindsItsPlaceInAStreamThatIsUnderWay) {
  const Bytes first = packet(1);
  const Bytes tail(first.begin() + 4, first.end());
  EXPECT_THAT(given(joined({tail, packet(2), packet(3), packet(4), packet(5)})), ElementsAre(2, 3, 4));
  EXPECT_TRUE(samples_[0].resynchronised);
}

TEST_F(ShimmerStream, GoesOnWithADeviceThatBeganAnew) {
  const auto later = [](unsigned i) {
    Bytes bytes = packet(i);
    bytes[1] ^= std::byte{0x55};  // another phase
    return bytes;
  };
  EXPECT_THAT(given(joined({packet(1), packet(2), packet(3)}), BootTime{1s}), ElementsAre(1, 2));
  EXPECT_THAT(given(joined({later(900), later(901), later(902), later(903)}), BootTime{2s}),
              testing::Contains(901));  // the first of them may go with the last of before
  for (std::size_t i = 1; i < samples_.size(); ++i) EXPECT_GT(samples_[i].ticks, samples_[i - 1].ticks);
}

TEST_F(ShimmerStream, GivesAPacketWithAChecksumAtOnce) {
  decoder_.set_crc(true);
  EXPECT_THAT(given(with_crc(packet(1))), ElementsAre(1));
  EXPECT_THAT(given(joined({with_crc(packet(2)), flipped(with_crc(packet(3)), 6, 1), with_crc(packet(4))})),
              ElementsAre(2, 4));
  EXPECT_EQ(samples_[2].lost, 1U);
  EXPECT_TRUE(samples_[2].resynchronised);
}

TEST_F(ShimmerStream, TellsAnUnaskedStatusFromAnAckByTheChecksum) {
  decoder_.set_crc(true);
  decoder_.expect(static_cast<std::uint8_t>(Code::kStop));
  given(joined({with_crc(packet(1)), with_crc(from_hex("ff 8a 71 25"))}));
  EXPECT_THAT(others_, ElementsAre(Event::Kind::kStatus));
  given(with_crc(from_hex("ff")));
  EXPECT_THAT(others_, ElementsAre(Event::Kind::kStatus, Event::Kind::kAck));
}

TEST(ShimmerDecoder, GivesEverySampleOfAPacketOfSeveral) {
  const Device device{.model = Model::kShimmer2, .firmware = {.id = FirmwareId::kBtStream, .version = {0, 4, 0}}};
  Decoder decoder(device);
  decoder.begin_stream(accelerometer_only(2, 3));
  const auto several = [](unsigned first) {
    Bytes bytes{std::byte{0}};
    for (unsigned i = first; i < first + 3; ++i) {
      const Bytes one = packet(i, 2);
      bytes.insert(bytes.end(), one.begin() + 1, one.end());
    }
    return bytes;
  };
  const auto events = events_of(decoder, joined({several(1), several(4)}));
  ASSERT_EQ(events.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(events[i].sample.raw[0], static_cast<int>(i + 1));
    EXPECT_EQ(events[i].sample.ticks, static_cast<std::int64_t>(i * kPeriod));
    EXPECT_EQ(events[i].sample.lost, 0U);
  }
}

TEST(ShimmerDecoder, TakesNoMoreThanItCanHold) {
  Decoder decoder(log_and_stream(11));
  const Bytes flood(10'000, std::byte{0x8A});
  EXPECT_TRUE(events_of(decoder, flood).empty());
  EXPECT_GE(decoder.skipped_bytes(), flood.size() - 1);
}

}  // namespace
}  // namespace propriod::drivers::shimmer
