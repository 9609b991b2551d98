#include "drivers/shimmer_protocol.hpp"

#include <gmock/gmock.h>

#include "drivers/shimmer_crc.hpp"
#include "drivers/shimmer_layout.hpp"
#include "tests/drivers/shimmer_bytes.hpp"

namespace propriod::drivers::shimmer {
namespace {

Device device(Model model, FirmwareId id, Version version) {
  return {.model = model, .firmware = {.id = id, .version = version}};
}

TEST(ShimmerProtocol, KnowsWhatEachFirmwareCan) {
  const auto log_and_stream = [](Version version, Model model = Model::kShimmer3) {
    return device(model, FirmwareId::kLogAndStream, version);
  };
  EXPECT_EQ(log_and_stream({0, 5, 3}).timestamp_bytes(), 2U);
  EXPECT_EQ(log_and_stream({0, 5, 4}).timestamp_bytes(), 3U);
  EXPECT_EQ(device(Model::kShimmer3, FirmwareId::kBtStream, {0, 7, 2}).timestamp_bytes(), 2U);
  EXPECT_EQ(device(Model::kShimmer3, FirmwareId::kBtStream, {0, 7, 3}).timestamp_bytes(), 3U);
  EXPECT_EQ(device(Model::kShimmer2r, FirmwareId::kBtStream, {1, 0, 0}).timestamp_bytes(), 2U);
  EXPECT_FALSE(log_and_stream({0, 13, 6}).has_crc());
  EXPECT_TRUE(log_and_stream({0, 13, 7}).has_crc());
  EXPECT_TRUE(log_and_stream({0, 1, 0}, Model::kShimmer3r).has_crc());
  EXPECT_FALSE(device(Model::kShimmer2, FirmwareId::kBtStream, {9, 9, 9}).has_crc());
  EXPECT_FALSE(log_and_stream({0, 15, 3}).has_ack_prefix_switch());
  EXPECT_TRUE(log_and_stream({0, 15, 4}).has_ack_prefix_switch());
  EXPECT_EQ(log_and_stream({1, 0, 24}, Model::kShimmer3r).status_bytes(), 2U);
  EXPECT_EQ(log_and_stream({1, 0, 23}, Model::kShimmer3r).status_bytes(), 1U);
  EXPECT_EQ(log_and_stream({1, 0, 24}).status_bytes(), 1U);
}

TEST(ShimmerProtocol, TakesTheNearestRate) {
  EXPECT_EQ(Rate::nearest(Model::kShimmer3, 51.2).divider, 640);
  EXPECT_NEAR(Rate::nearest(Model::kShimmer3, 50).hz(), 50.027, 0.001);
  EXPECT_EQ(Rate::nearest(Model::kShimmer2, 50).divider, 20);  // 51.2 Hz; 48.76 would be further
  EXPECT_EQ(Rate::nearest(Model::kShimmer2, 50).period_ticks, 640U);
  EXPECT_EQ(Rate::nearest(Model::kShimmer2, 1).divider, 254);
  EXPECT_EQ(Rate::nearest(Model::kShimmer3, 1e6).divider, 8);
  EXPECT_FALSE(Rate::from_divider(Model::kShimmer3, 0));
  EXPECT_FALSE(Rate::from_divider(Model::kShimmer2, 255));
}

TEST(ShimmerProtocol, ReadsTheInquiryOfEachModel) {
  const auto two = parse_inquiry(from_hex("14 00 00 03 02 00 01 02"), Model::kShimmer2).value();
  EXPECT_EQ(two.rate_divider, 20);
  EXPECT_EQ(two.samples_per_packet, 2);
  EXPECT_THAT(two.channels, testing::ElementsAre(0, 1, 2));
  const auto three = parse_inquiry(from_hex("80 02 01 ff 01 09 01 01 12"), Model::kShimmer3).value();
  EXPECT_EQ(three.rate_divider, 640);
  EXPECT_THAT(three.channels, testing::ElementsAre(0x12));
  const auto three_r = parse_inquiry(from_hex("80 02 00 00 00 c0 00 00 00 01 01 04"), Model::kShimmer3r).value();
  EXPECT_EQ(three_r.low_noise_range, 3);
  EXPECT_THAT(three_r.channels, testing::ElementsAre(0x04));
  EXPECT_FALSE(parse_inquiry(from_hex("80 02 01 ff 01 09 02 01 12"), Model::kShimmer3));
  EXPECT_FALSE(parse_inquiry({}, Model::kShimmer2));
}

TEST(ShimmerProtocol, LaysThePacketOutAsTheInquirySays) {
  const auto shimmer3 = device(Model::kShimmer3, FirmwareId::kLogAndStream, {0, 11, 0});
  Inquiry inquiry{.rate_divider = 640, .samples_per_packet = 1, .channels = {0, 1, 2, 3, 0x1B, 4, 5, 6}};
  const auto low_noise = packet_layout(shimmer3, inquiry, Accelerometer::kLowNoise).value();
  EXPECT_THAT(low_noise.axis_at, testing::ElementsAre(3, 5, 7));
  EXPECT_TRUE(low_noise.is_12_bit);
  EXPECT_EQ(low_noise.packet_bytes(), 1U + 3 + 8 + 3 + 6);
  const auto wide_range = packet_layout(shimmer3, inquiry, Accelerometer::kWideRange).value();
  EXPECT_THAT(wide_range.axis_at, testing::ElementsAre(14, 16, 18));
  EXPECT_FALSE(wide_range.is_12_bit);
}

TEST(ShimmerProtocol, RefusesAPacketItCannotReadOn) {
  const auto shimmer3 = device(Model::kShimmer3, FirmwareId::kLogAndStream, {0, 11, 0});
  const auto shimmer2 = device(Model::kShimmer2, FirmwareId::kBtStream, {0, 4, 0});
  Inquiry unknown{.rate_divider = 640, .samples_per_packet = 1, .channels = {0, 1, 2, 0x40}};
  EXPECT_THAT(packet_layout(shimmer3, unknown, Accelerometer::kLowNoise).error(), testing::HasSubstr("0x40"));
  Inquiry no_z{.rate_divider = 640, .samples_per_packet = 1, .channels = {0, 1}};
  EXPECT_THAT(packet_layout(shimmer3, no_z, Accelerometer::kLowNoise).error(), testing::HasSubstr("all three axes"));
  Inquiry too_long{.rate_divider = 20, .samples_per_packet = 32, .channels = {0, 1, 2}};
  EXPECT_THAT(packet_layout(shimmer2, too_long, Accelerometer::kLowNoise).error(), testing::HasSubstr("32 samples"));
}

TEST(ShimmerProtocol, ChecksumsCountAnOddMessageAsPadded) {
  EXPECT_EQ(crc(from_hex("01")), crc(from_hex("0100")));
  EXPECT_NE(crc(from_hex("01")), crc(from_hex("02")));
  EXPECT_EQ(crc({}), 0xB0CA);
}

}  // namespace
}  // namespace propriod::drivers::shimmer
