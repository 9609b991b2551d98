#include "drivers/shimmer_link.hpp"

#include <fmt/format.h>

#include <array>
#include <span>
#include <utility>

#include "drivers/boot_clock.hpp"
#include "drivers/errors.hpp"

namespace propriod::drivers::shimmer {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto kQuiet = 150ms;        // a radio hands its bytes over in bursts that are closer than that
constexpr auto kStopAgainAfter = 1s;  // LogAndStream 0.11 sometimes misses a STOP
constexpr auto kLongestDrain = 5s;
constexpr auto kLongestConnect =
    20s;  // Linux opens an RFCOMM device before the radio has connected, and so long may it take

}  // namespace

asio::awaitable<void> Link::drain() {
  std::array<std::byte, 1024> unwanted;
  const BootTime begin = BootClock::now();
  std::optional<BootTime> heard;  // the first byte
  for (BootTime stop_again = begin;;) {
    const BootTime now = BootClock::now();
    if (heard && now - *heard >= kLongestDrain) {
      throw DeviceError(
          fmt::format("{}: does not stop sending: is it a Shimmer, and is nobody else talking to it?", name_));
    }
    if (!heard && now - begin >= kLongestConnect) {
      throw DeviceError(fmt::format("{}: did not answer within {} s: is it switched on and near, and a Shimmer?", name_,
                                    kLongestConnect.count()));
    }
    if (now >= stop_again) {
      co_await send(Code::kStop);
      stop_again = now + kStopAgainAfter;
    }
    if (co_await port_.read_some(unwanted, kQuiet) > 0) {
      if (!heard) heard = now;
    } else if (heard || port_.cancelled()) {
      break;
    }
  }
}

asio::awaitable<void> Link::send(Code command, std::vector<std::byte> arguments) {
  decoder_.forget_commands();
  decoder_.expect(static_cast<std::uint8_t>(command));
  arguments.insert(arguments.begin(), byte_of(command));
  co_await port_.write(arguments, kPatience);
}

asio::awaitable<Link::Answer> Link::try_ask(Code command, std::vector<std::byte> arguments,
                                            std::chrono::milliseconds patience) {
  decoder_.discard();
  co_await send(command, std::move(arguments));
  // An ACK may be the prefix of a status that nobody asked for; a reply is certain.
  const Event::Kind awaited = decoder_.awaits_reply() ? Event::Kind::kReply : Event::Kind::kAck;
  const BootTime deadline = BootClock::now() + patience;
  std::array<std::byte, 256> buffer;
  for (BootTime now = BootClock::now(); now < deadline; now = BootClock::now()) {
    const std::size_t count = co_await port_.read_some(buffer, deadline - now);
    if (count == 0) break;
    for (std::span<const std::byte> rest = std::span(buffer).first(count); !rest.empty();) {
      rest = rest.subspan(decoder_.feed(rest, BootClock::now()));
      while (const auto event = decoder_.next()) {
        if (event->kind == Event::Kind::kNack) co_return Answer{.outcome = Answer::Outcome::kRefused};
        if (event->kind == awaited) {
          co_return Answer{.outcome = Answer::Outcome::kGiven,
                           .payload = {event->payload.begin(), event->payload.end()}};
        }
      }
    }
  }
  co_return Answer{};
}

asio::awaitable<std::vector<std::byte>> Link::ask(std::string purpose, Code command, std::vector<std::byte> arguments,
                                                  std::chrono::milliseconds patience) {
  Answer answer = co_await try_ask(command, std::move(arguments), patience);
  switch (answer.outcome) {
    case Answer::Outcome::kRefused:
      throw DeviceError(fmt::format("{}: refuses to {} (command {:#04x}): is it logging, or synchronising with others?",
                                    name_, purpose, static_cast<unsigned>(command)));
    case Answer::Outcome::kSilent:
      throw DeviceError(
          fmt::format("{}: asked to {} (command {:#04x}), it did not answer within {} s: is it switched on and near, "
                      "and a Shimmer?",
                      name_, purpose, static_cast<unsigned>(command), std::chrono::duration<double>(patience).count()));
    case Answer::Outcome::kGiven:
      break;
  }
  co_return std::move(answer.payload);
}

}  // namespace propriod::drivers::shimmer
