#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "drivers/boot_clock.hpp"
#include "drivers/device_clock.hpp"
#include "drivers/shimmer_layout.hpp"
#include "drivers/shimmer_protocol.hpp"

namespace propriod::drivers::shimmer {

/// One reading of the accelerometer as the device sent it.
struct Measurement {
  std::int64_t ticks;               ///< of 32768 Hz, since the first one of the stream
  std::array<std::int32_t, 3> raw;  ///< x, y, z before calibration
  BootTime arrival;                 ///< of the packet's last byte
  std::uint64_t lost;               ///< samples that the time stamps miss before this one
  bool after_gap;                   ///< samples are missing before this one; `lost` may not know how many
  bool resynchronised;              ///< the first one behind bytes that made no sense
};

struct Event {
  enum class Kind : std::uint8_t {
    kAck,     ///< the oldest command was understood
    kNack,    ///< the oldest command was refused
    kReply,   ///< to the oldest command
    kStatus,  ///< nobody asked for it: docked, a button, a memory card
    kSample,
  };
  Kind kind;
  std::uint8_t code = 0;                 ///< of a reply
  std::span<const std::byte> payload{};  ///< of a reply or status; until the next `feed`
  Measurement sample{};
};

/// Finds acknowledgements, replies, status messages and data packets in the bytes of a Shimmer, and its place again
/// after bytes were lost or damaged. Has no clock and no line; never allocates. One owner.
///
/// With CRC a message counts when its CRC fits. Without, a data packet has nothing but its leading 00, so it counts
/// when its time stamp is whole periods behind the last one, its readings are possible, and what comes next (another
/// packet, perhaps behind a message) continues it; behind a jump, two have to. Each packet is therefore held back until
/// the next one begins, or until `quiet()`.
///
/// Missing samples are counted from the time stamps: all between two that were given. What was lost before the first
/// and behind the last sample of a stream leaves no trace, and while the counter of a 2-byte time stamp turned more
/// than once the count is as good as the arrivals. The first step of a stream may be three periods, which a Shimmer3
/// does when it starts.
class Decoder {
 public:
  explicit Decoder(const Device& device) noexcept : device_(device) {}

  /// From what is known of the device depends how its replies are read.
  void set_device(const Device& device) noexcept { device_ = device; }

  /// From now on messages end with a CRC of two bytes (mode 2).
  void set_crc(bool on) noexcept { crc_bytes_ = on ? 2 : 0; }

  /// `command` has been sent. Commands that an answer never came to are to be forgotten first.
  void expect(std::uint8_t command) noexcept { expect(reply_to(command, device_)); }
  void expect(const std::optional<Reply>& reply) noexcept;
  void forget_commands() noexcept { commands_ = 0; }
  /// Whether the oldest command is to be answered by more than an ACK.
  [[nodiscard]] bool awaits_reply() const noexcept { return commands_ > 0 && pending_[0].reply.has_value(); }

  /// Drops what was fed and not given out: between commands that is nobody's answer any more.
  void discard() noexcept;

  /// What comes from now on (behind the ACK of the START that is yet to be sent) are data packets.
  void begin_stream(const PacketLayout& layout) noexcept;

  /// Takes bytes that arrived together and returns how many; fewer than all when it is full: then ask for the events
  /// and feed it the rest. `arrival` does not descend.
  [[nodiscard]] std::size_t feed(std::span<const std::byte> bytes, BootTime arrival) noexcept;

  /// The line has been silent for some periods: there may be nothing to come that confirms the packet held back.
  void quiet() noexcept { quiet_ = true; }

  /// Nothing when more bytes are needed.
  [[nodiscard]] std::optional<Event> next() noexcept;

  /// Bytes that belonged to nothing, so far.
  [[nodiscard]] std::uint64_t skipped_bytes() const noexcept { return skipped_bytes_; }

 private:
  enum class Found : std::uint8_t { kNo, kYes, kNeedsMore };
  struct Message {
    Found found = Found::kNo;
    Event::Kind kind = Event::Kind::kAck;
    bool acknowledges = false;  // the ACK of a reply comes in the same message
    std::size_t payload_at = 0;
    std::size_t payload_bytes = 0;
    std::size_t end = 0;  // behind it
  };
  struct Command {
    std::optional<Reply> reply;
    bool acknowledged = false;
  };

  // Places are counted from the oldest byte that is kept.
  [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {bytes_.data() + begin_, size()}; }
  [[nodiscard]] std::uint32_t little_endian(std::size_t at, unsigned bytes) const noexcept;
  void skip_byte() noexcept;

  [[nodiscard]] Found fits_crc(std::size_t from, std::size_t end) const noexcept;
  [[nodiscard]] bool awaits_ack() const noexcept { return commands_ > 0 && !pending_[0].acknowledged; }
  [[nodiscard]] bool awaits(std::uint8_t code, bool in_stream) const noexcept;
  [[nodiscard]] Message message_at(std::size_t at) const noexcept;
  [[nodiscard]] Message body_at(std::size_t at) const noexcept;
  [[nodiscard]] std::optional<Event> take(const Message& message) noexcept;
  void answered() noexcept;

  [[nodiscard]] std::size_t packet_bytes() const noexcept { return layout_->packet_bytes() + crc_bytes_; }
  [[nodiscard]] std::uint32_t stamp(std::size_t packet_at, unsigned sample) const noexcept;
  [[nodiscard]] std::uint32_t ticks_between(std::uint32_t from, std::uint32_t to) const noexcept;
  [[nodiscard]] std::uint32_t periods_in(std::uint32_t ticks) const noexcept;
  [[nodiscard]] bool is_in_phase(std::size_t packet_at) const noexcept;
  [[nodiscard]] Found whole_packet_at(std::size_t at) const noexcept;
  [[nodiscard]] Found continues(std::size_t at, std::uint32_t stamp_before, std::uint32_t least_periods) const noexcept;
  [[nodiscard]] Found chain_from(std::size_t at, unsigned followers, bool is_expected) const noexcept;
  [[nodiscard]] Found packet_at_front() const noexcept;
  void begin_packet() noexcept;
  [[nodiscard]] Event next_sample() noexcept;
  [[nodiscard]] std::int64_t unwrap(std::uint32_t stamp) noexcept;

  static constexpr std::size_t kCapacity = 4096;  // several packets and the longest replies

  Device device_;
  unsigned crc_bytes_ = 0;
  std::optional<PacketLayout> layout_;

  std::array<std::byte, kCapacity> bytes_{};
  std::array<BootTime, kCapacity> arrivals_{};  // of each byte
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool quiet_ = false;
  std::uint64_t skipped_bytes_ = 0;

  std::array<Command, 4> pending_{};  // oldest first
  std::size_t commands_ = 0;
  std::optional<Event> second_;  // of a message that is two events

  bool in_step_ = true;  // the oldest byte begins a message or a packet
  bool damaged_ = false;
  struct Packet {  // whose samples are being given
    unsigned next;
    BootTime arrival;
    bool in_phase;
  };
  std::optional<Packet> packet_;
  std::optional<TickUnwrapper> unwrapper_;
  std::int64_t unwrapped_from_ = 0;  // ticks where the unwrapper began
  struct Last {
    std::uint32_t stamp;
    BootTime arrival;
    std::int64_t ticks;
    std::int64_t index;  // the sample's number by its time stamp
  };
  std::optional<Last> last_;
  struct Anchor {  // from which time stamps are counted
    std::int64_t ticks;
    std::int64_t index;
  };
  Anchor anchor_{.ticks = 0, .index = 0};
  bool starting_ = false;  // the next step is the first
};

}  // namespace propriod::drivers::shimmer
