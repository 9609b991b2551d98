#include "drivers/shimmer_link.hpp"

#include <fmt/format.h>

#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "drivers/boot_clock.hpp"
#include "drivers/errors.hpp"
#include "drivers/label.hpp"

namespace propriod::drivers::shimmer {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto kQuiet = 150ms;        // a radio hands its bytes over in bursts that are closer than that
constexpr auto kStopAgainAfter = 1s;  // LogAndStream 0.11 sometimes misses a STOP
constexpr auto kLongestDrain = 5s;
// Linux opens an RFCOMM device before the radio has connected, and so long may it take.
constexpr auto kLongestConnect = 20s;
constexpr auto kListens = 2500ms;         // two lines of a device that prints one a second
constexpr auto kLateAnswerTakes = 300ms;  // what goes on for longer is no answer to the command before

/// What came over the line: its beginning, to be shown, and whether it is text.
class Heard {
 public:
  void take(std::span<const std::byte> bytes) {
    for (const std::byte byte : bytes) {
      const auto c = static_cast<char>(byte);
      ++count_;
      if ((c >= ' ' && c <= '~') || c == '\n' || c == '\r' || c == '\t') ++printable_;
      if (begin_.size() < kMostKept) begin_ += c;
    }
  }

  /// Of a Shimmer's packets each has a 00 and times in binary.
  [[nodiscard]] bool is_text() const { return count_ >= kFewest && 20 * printable_ >= 19 * count_; }
  [[nodiscard]] bool is_much() const { return count_ >= kFewest; }

  [[nodiscard]] std::string in_words(const std::string& name) const {
    const std::string what =
        is_text() ? fmt::format("sends text: `{}`", shown(a_line()))
                  : fmt::format("goes on sending when told to stop: `{}`", shown(begin_.substr(0, kMostShown)));
    return fmt::format("{}: {}; no Shimmer does: is it the right port, or an ADXL345 (`driver: adxl345-serial`)?", name,
                       what);
  }

 private:
  static constexpr std::size_t kFewest = 24;
  static constexpr std::size_t kMostKept = 160;
  static constexpr std::size_t kMostShown = 16;  // of what nobody can read

  /// A whole one, where there is one: what comes first is mostly the end of one.
  [[nodiscard]] std::string_view a_line() const {
    constexpr std::string_view kEnds = "\r\n";
    std::string_view text = begin_;
    const auto first_end = text.find_first_of(kEnds);
    const auto next = text.find_first_not_of(kEnds, first_end);
    if (first_end != std::string_view::npos && next != std::string_view::npos) text.remove_prefix(next);
    return text.substr(0, text.find_first_of(kEnds));
  }

  std::size_t count_ = 0;
  std::size_t printable_ = 0;
  std::string begin_;
};

}  // namespace

asio::awaitable<void> Link::drain() {
  std::array<std::byte, 1024> unwanted;
  const BootTime begin = BootClock::now();
  Heard all;
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
    if (const std::size_t count = co_await port_.read_some(unwanted, kQuiet); count > 0) {
      if (!heard) heard = now;
      all.take(std::span(unwanted).first(count));
      if (all.is_text() && now - *heard >= kStopAgainAfter) throw NoShimmerError(all.in_words(name_));
    } else if (heard || port_.cancelled()) {
      break;
    }
  }
}

asio::awaitable<void> Link::expect_silence() {
  co_await send(Code::kStop);  // a Shimmer may have missed the one before
  std::array<std::byte, 256> buffer;
  const BootTime begin = BootClock::now();
  Heard all;
  std::optional<BootTime> first;
  for (BootTime now = begin; now - begin < kListens; now = BootClock::now()) {
    const std::size_t count = co_await port_.read_some(buffer, kListens - (now - begin));
    if (count == 0) break;
    all.take(std::span(buffer).first(count));
    if (!first) first = BootClock::now();
    if (all.is_much() && BootClock::now() - *first > kLateAnswerTakes) throw NoShimmerError(all.in_words(name_));
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
