#include "drivers/shimmer_setup.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <chrono>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

#include "drivers/errors.hpp"

namespace propriod::drivers::shimmer {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using Bytes = std::vector<std::byte>;

constexpr auto kModelPatience = 1s;      // a Shimmer2 never answers the new question, and its user waits
constexpr double kMostRateError = 0.02;  // that needs no mention
constexpr int kCrcOfTwoBytes = 2;

constexpr const char* kLeaveItAlone = "does another program talk to it? If not, switch it off and on";

/// No braced list where something is awaited: GCC 12 cannot keep its array in the coroutine's frame.
Bytes bytes(auto... values) {
  const std::array<std::byte, sizeof...(values)> list{static_cast<std::byte>(values)...};
  return {list.begin(), list.end()};
}

unsigned little_endian(const Bytes& bytes) {
  unsigned value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) value = value << 8U | std::to_integer<unsigned>(bytes[i - 1]);
  return value;
}

std::uint8_t number(std::byte byte) { return std::to_integer<std::uint8_t>(byte); }

asio::awaitable<Model> ask_model(Link& link) {
  Link::Answer answer = co_await link.try_ask(Code::kGetModel, {}, kModelPatience);
  if (!answer.given()) {
    answer.payload = co_await link.ask("say what it is", Code::kGetModelOld);
  }
  const std::uint8_t said = number(answer.payload.at(0));
  const auto model = model_of(said);
  if (!model) {
    throw DeviceError(
        fmt::format("{}: says it is model {}; known are Shimmer2 (1), 2r (2), 3 (3) and 3R (10)", link.name(), said));
  }
  co_return *model;
}

asio::awaitable<Firmware> ask_firmware(Link& link, Model model) {
  const Link::Answer answer = co_await link.try_ask(Code::kGetFirmware);
  if (const auto firmware = parse_firmware(answer.payload)) co_return *firmware;
  // BoilerPlate, the first firmware of Shimmer2, does not know the question.
  if (!is_shimmer2(model)) {
    throw DeviceError(
        fmt::format("{}: a {} that does not say its firmware: switch it off and on", link.name(), name_of(model)));
  }
  co_return Firmware{};
}

/// Where the firmware takes them after all. A refusal has no checksum, and is silence to who expects one: then whether
/// it can be told to leave them out decides.
asio::awaitable<void> add_checksums(Link& link) {
  link.decoder().set_crc(true);  // the answer already has it
  const Link::Answer answer = co_await link.try_ask(Code::kSetCrc, bytes(kCrcOfTwoBytes));
  if (answer.given()) co_return;
  link.decoder().set_crc(false);
  const Link::Answer without = co_await link.try_ask(Code::kSetCrc, bytes(0));
  if (without.outcome == Link::Answer::Outcome::kSilent) {
    throw DeviceError(fmt::format("{}: does not answer when told to add checksums; {}", link.name(), kLeaveItAlone));
  }
}

asio::awaitable<Rate> set_rate(Link& link, Model model, double rate_hz) {
  const Rate rate = Rate::nearest(model, rate_hz);
  Bytes divider = bytes(rate.divider & 0xFFU);
  if (!is_shimmer2(model)) divider.push_back(static_cast<std::byte>(rate.divider >> 8U));
  co_await link.ask("set its rate", Code::kSetRate, divider);
  if (const Bytes now = co_await link.ask("say its rate", Code::kGetRate); now != divider) {
    throw DeviceError(fmt::format("{}: was told to send {:.4g} Hz (divider {}), and says divider {}; {}", link.name(),
                                  rate.hz(), rate.divider, little_endian(now), kLeaveItAlone));
  }
  co_return rate;
}

/// What `get` reads must be what `set` wrote.
asio::awaitable<void> set_and_check(Link& link, std::string what, Code set, Code get, std::uint8_t value) {
  co_await link.ask("set " + what, set, bytes(value));
  const Bytes now = co_await link.ask("say " + what, get);
  if (number(now.at(0)) != value) {
    throw DeviceError(fmt::format("{}: was told {} {}, and says {}", link.name(), what, value, number(now.at(0))));
  }
}

asio::awaitable<std::optional<Board>> ask_board(Link& link) {
  const Link::Answer answer = co_await link.try_ask(Code::kGetDaughterCard, bytes(3, 0));
  if (answer.payload.size() != 4) co_return std::nullopt;
  const Board board{
      .id = number(answer.payload[1]), .major = number(answer.payload[2]), .minor = number(answer.payload[3])};
  if (board.id == 0x00 || board.id == 0xFF) co_return std::nullopt;  // its memory was never written
  co_return board;
}

/// Sets the range where there is a choice; returns its code.
asio::awaitable<std::uint8_t> set_range(Link& link, Chip chip, std::optional<double> g) {
  if (g) {
    const auto code = range_code(chip, *g);
    if (!code) {
      std::set<double> ranges_g;
      for (std::uint8_t known = 0; known < 4; ++known) ranges_g.insert(range_g(chip, known));
      ranges_g.erase(0);
      throw DeviceError(fmt::format("{}: its {} has no range of {} g, but {} g: change `range`", link.name(),
                                    name_of(chip), *g, fmt::join(ranges_g, ", ")));
    }
    co_await set_and_check(link, "its range", Code::kSetAccelRange, Code::kGetAccelRange, *code);
    co_return *code;
  }
  const Bytes now = co_await link.ask("say its range", Code::kGetAccelRange);
  if (number(now.at(0)) > 3 || range_g(chip, number(now.at(0))) == 0) {
    throw DeviceError(fmt::format("{}: is set to range code {}, which its {} does not have: set `range`", link.name(),
                                  number(now.at(0)), name_of(chip)));
  }
  co_return number(now.at(0));
}

struct Found {
  CalibrationBlock block;
  BlockVerdict verdict;
};

asio::awaitable<Found> ask_calibration(Link& link, Code question, Chip chip, std::uint8_t range, bool is_chip_known) {
  const Bytes said = co_await link.ask("say its calibration", question);
  if (said.size() != CalibrationBlock::kBytes) {
    throw DeviceError(fmt::format("{}: sent {} bytes of calibration instead of {}; {}", link.name(), said.size(),
                                  CalibrationBlock::kBytes, kLeaveItAlone));
  }
  const auto block = CalibrationBlock::parse(std::span(said).first<CalibrationBlock::kBytes>());
  const BlockVerdict verdict = judge(block, chip, range, is_chip_known);
  co_return Found{.block = verdict == BlockVerdict::kUsable ? block : CalibrationBlock::of(chip, range),
                  .verdict = verdict};
}

}  // namespace

asio::awaitable<Setup> set_up(Link& link, Request request) {
  Setup setup{};
  Device& device = setup.device;
  device.model = co_await ask_model(link);
  device.firmware = co_await ask_firmware(link, device.model);
  link.decoder().set_device(device);
  const bool old = is_shimmer2(device.model);
  const bool wide_range = !old && request.accelerometer == Accelerometer::kWideRange;
  if (device.has_crc()) co_await add_checksums(link);
  if (device.has_ack_prefix_switch()) co_await link.try_ask(Code::kSetAckPrefix, bytes(0));

  const Rate rate = co_await set_rate(link, device.model, request.rate_hz);
  co_await link.ask("switch its accelerometer on", Code::kSetSensors, sensor_bits(device.model, request.accelerometer),
                    device.model == Model::kShimmer3r ? Link::kLongPatience : Link::kPatience);
  const std::optional<Board> board = old ? std::nullopt : co_await ask_board(link);
  const Chip chip = chip_of(device.model, request.accelerometer, board);
  if (!old && !wide_range && request.range_g && *request.range_g != range_g(chip, 0)) {
    throw DeviceError(
        fmt::format("{}: the range of the low-noise accelerometer cannot be set: leave `range` out, or "
                    "choose `accelerometer: wide-range`",
                    link.name()));
  }
  if (wide_range) {
    co_await set_and_check(link, "its wide-range accelerometer's rate code", Code::kSetWideRangeRate,
                           Code::kGetWideRangeRate, wide_range_rate_code(chip, rate.hz()));
  }
  std::uint8_t range = 0;
  if (old || wide_range) range = co_await set_range(link, chip, request.range_g);

  const Bytes said = co_await link.ask("say what it sends", Code::kInquiry);
  const auto inquiry = parse_inquiry(said, device.model);
  if (!inquiry || inquiry->rate_divider != rate.divider) {
    throw DeviceError(fmt::format("{}: was told to send {:.4g} Hz (divider {}), and its inquiry says {}; {}",
                                  link.name(), rate.hz(), rate.divider,
                                  inquiry ? fmt::format("divider {}", inquiry->rate_divider)
                                          : fmt::format("{} bytes that make no sense", said.size()),
                                  kLeaveItAlone));
  }
  const auto layout = packet_layout(device, *inquiry, request.accelerometer);
  if (!layout) throw DeviceError(fmt::format("{}: {}", link.name(), layout.error()));
  setup.layout = *layout;
  if (!old && !wide_range) range = inquiry->low_noise_range;

  const auto [block, verdict] = co_await ask_calibration(
      link, wide_range ? Code::kGetWideRangeCalibration : Code::kGetAccelCalibration, chip, range, board.has_value());
  setup.calibration = block;
  setup.range_g = range_g(chip, range);
  if (!old) {
    const Link::Answer battery = co_await link.try_ask(Code::kGetBattery);
    setup.battery_v = parse_battery_v(battery.payload);
  }

  if (std::abs(rate.hz() - request.rate_hz) > kMostRateError * request.rate_hz) {
    setup.advice += fmt::format("a {} has no rate of {} Hz: it sends {:.4g} Hz; ", name_of(device.model),
                                request.rate_hz, rate.hz());
  }
  if (device.model == Model::kShimmer3 && !board) {
    setup.advice += fmt::format("its board does not say which it is, so its chip is taken for a {}; ", name_of(chip));
  }
  if (wide_range && board && has_no_lsm(*board)) {
    setup.advice += fmt::format(
        "a board SR{}-{}-{} has another wide-range chip (ICM-20948), of which nothing was ever tried: calibrate it, or "
        "choose `accelerometer: low-noise`; ",
        board->id, board->major, board->minor);
  }
  if (verdict != BlockVerdict::kUsable) {
    setup.advice += fmt::format(
        "the calibration it keeps is {}: the data sheet's of a {} is used; `propriod sensors calibrate` makes one; ",
        in_words(verdict), name_of(chip));
  }
  if (!setup.advice.empty()) setup.advice.resize(setup.advice.size() - 2);  // the last "; "
  co_return setup;
}

}  // namespace propriod::drivers::shimmer
