#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "drivers/errors.hpp"
#include "drivers/serial_port.hpp"
#include "drivers/shimmer_decoder.hpp"

namespace propriod::drivers::shimmer {

/// Something else is at the other end of the line: it sends, and not what a Shimmer would.
class NoShimmerError : public DeviceError {
 public:
  using DeviceError::DeviceError;
};

/// Commands to a Shimmer and its answers, one at a time, because a Shimmer2 drops a command that comes while another is
/// under way. Bound to the thread of the port. Whatever is awaited ends early when the port is cancelled: as if the
/// device were silent.
class Link {
 public:
  struct Answer {
    enum class Outcome : std::uint8_t { kGiven, kRefused, kSilent };
    Outcome outcome = Outcome::kSilent;
    std::vector<std::byte> payload{};  ///< of the reply, where the command has one
    [[nodiscard]] bool given() const noexcept { return outcome == Outcome::kGiven; }
  };

  /// As long as the vendor's Java client waits for most commands.
  static constexpr std::chrono::milliseconds kPatience{2000};
  static constexpr std::chrono::milliseconds kLongPatience{10'000};  ///< a Shimmer3R that is told its sensors

  /// `name` begins every message. `port` outlives this.
  Link(SerialPort& port, std::string name) : port_(port), name_(std::move(name)) {}

  /// Stops a stream that someone else left, and reads until the line is quiet: bytes of the last session may wait in
  /// the radio. Throws DeviceError when it goes on and on, NoShimmerError when that is text.
  boost::asio::awaitable<void> drain();

  /// A Shimmer that is asked nothing says nothing: throws NoShimmerError when something keeps coming all the same.
  boost::asio::awaitable<void> expect_silence();

  boost::asio::awaitable<Answer> try_ask(Code command, std::vector<std::byte> arguments = {},
                                         std::chrono::milliseconds patience = kPatience);

  /// Throws DeviceError when the command is refused or not answered; `purpose` goes into the message.
  boost::asio::awaitable<std::vector<std::byte>> ask(std::string purpose, Code command,
                                                     std::vector<std::byte> arguments = {},
                                                     std::chrono::milliseconds patience = kPatience);

  /// Sends a command whose answer comes out of the decoder, in the stream.
  boost::asio::awaitable<void> send(Code command, std::vector<std::byte> arguments = {});

  [[nodiscard]] SerialPort& port() noexcept { return port_; }
  [[nodiscard]] Decoder& decoder() noexcept { return decoder_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  SerialPort& port_;
  std::string name_;
  Decoder decoder_{Device{}};
};

}  // namespace propriod::drivers::shimmer
