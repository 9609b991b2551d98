#include "drivers/shimmer_layout.hpp"

#include <fmt/format.h>

#include <optional>

namespace propriod::drivers::shimmer {
namespace {

/// The step was exact to the tick in every Shimmer3 recording seen. Of Shimmer2 there is none: its firmware reads the
/// clock in a task, so that a step may be late by as long as another task runs.
constexpr std::uint32_t kToleranceTicks = 1;
constexpr std::uint32_t kShimmer2ToleranceShare = 16;  // of a period

std::optional<unsigned> channel_bytes(Model model, unsigned id) {
  if (is_shimmer2(model)) return id <= 0x12 ? std::optional{2U} : std::nullopt;
  switch (id) {
    case 0x1A:  // temperature
      return model == Model::kShimmer3r ? 3 : 2;
    case 0x1B:  // pressure
    case 0x1E:  // ExG, 24 bits
    case 0x1F:
    case 0x21:
    case 0x22:
      return 3;
    case 0x1D:  // ExG status
    case 0x20:
      return 1;
    default:
      return id <= 0x28 ? std::optional{2U} : std::nullopt;
  }
}

}  // namespace

tl::expected<PacketLayout, std::string> packet_layout(const Device& device, const Inquiry& inquiry,
                                                      Accelerometer accelerometer) {
  const Model model = device.model;
  const auto rate = Rate::from_divider(model, inquiry.rate_divider);
  if (!rate) return tl::unexpected(fmt::format("says its rate divider is {}", inquiry.rate_divider));

  const bool wide_range = !is_shimmer2(model) && accelerometer == Accelerometer::kWideRange;
  const unsigned first_axis = wide_range ? 0x04 : 0x00;
  PacketLayout layout{
      .timestamp_bytes = device.timestamp_bytes(),
      .sample_bytes = device.timestamp_bytes(),
      // Shimmer3 always sends one, whatever it says.
      .samples = is_shimmer2(model) ? inquiry.samples_per_packet : 1U,
      .axis_at = {},
      .is_12_bit = !wide_range && model != Model::kShimmer3r,
      .period_ticks = rate->period_ticks,
      .tolerance_ticks = is_shimmer2(model) ? rate->period_ticks / kShimmer2ToleranceShare : kToleranceTicks};
  for (const unsigned id : inquiry.channels) {
    const auto bytes = channel_bytes(model, id);
    if (!bytes) return tl::unexpected(fmt::format("sends a channel {:#04x} that nobody knows the width of", id));
    if (id - first_axis < 3) layout.axis_at[id - first_axis] = layout.sample_bytes;
    layout.sample_bytes += *bytes;
  }
  for (const unsigned at : layout.axis_at) {
    if (at == 0) return tl::unexpected(std::string("does not send all three axes of the accelerometer"));
  }
  if (layout.samples == 0 || layout.packet_bytes() > kMostPacketBytes) {
    return tl::unexpected(fmt::format("wants to send {} samples of {} bytes in one packet, which its radio does not do",
                                      layout.samples, layout.sample_bytes));
  }
  return layout;
}

}  // namespace propriod::drivers::shimmer
