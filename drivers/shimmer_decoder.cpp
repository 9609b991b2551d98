#include "drivers/shimmer_decoder.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "drivers/shimmer_crc.hpp"

namespace propriod::drivers::shimmer {
namespace {

using namespace std::chrono_literals;

// Between a packet and the one that confirms it. Read one byte off, time stamps seem to ascend by 256 periods.
constexpr std::uint32_t kMostSkippedPeriods = 64;
constexpr int kMostMessagesBetween = 4;       // two packets
constexpr std::uint32_t kMostReading = 4095;  // of a 12-bit converter
constexpr std::int64_t kStartupPeriods = 3;   // the first step of a recorded Shimmer3
constexpr auto kMostBacklog = 10s;            // that a link works off in no time

double ticks_in(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count() * kTicksPerSecond; }

}  // namespace

void Decoder::expect(const std::optional<Reply>& reply) noexcept {
  if (commands_ == pending_.size()) answered();  // the oldest one never was
  pending_[commands_++] = {.reply = reply};
}

void Decoder::answered() noexcept {
  std::shift_left(pending_.begin(), pending_.end(), 1);
  --commands_;
}

void Decoder::discard() noexcept {
  begin_ = end_;
  second_.reset();
  packet_.reset();
}

void Decoder::begin_stream(const PacketLayout& layout) noexcept {
  layout_ = layout;
  unwrapper_.emplace(TickUnwrapper::Options{
      .bits = 8 * layout.timestamp_bytes, .ticks_per_second = kTicksPerSecond, .period_ticks = layout.period_ticks});
  starting_ = !is_shimmer2(device_.model);
}

std::size_t Decoder::feed(std::span<const std::byte> bytes, BootTime arrival) noexcept {
  if (begin_ > 0) {
    std::copy_n(bytes_.data() + begin_, size(), bytes_.data());
    std::copy_n(arrivals_.data() + begin_, size(), arrivals_.data());
    end_ = size();
    begin_ = 0;
  }
  const std::size_t taken = std::min(bytes.size(), kCapacity - end_);
  std::copy_n(bytes.data(), taken, bytes_.data() + end_);
  std::fill_n(arrivals_.data() + end_, taken, arrival);
  end_ += taken;
  if (taken > 0) quiet_ = false;
  return taken;
}

std::optional<Event> Decoder::next() noexcept {
  if (second_) return std::exchange(second_, std::nullopt);
  for (;;) {
    if (packet_) return next_sample();
    if (size() == 0) return std::nullopt;
    Found found = Found::kNo;
    // In the middle of damage only a CRC tells a message from any other byte.
    if (in_step_ || crc_bytes_ > 0) {
      const Message message = message_at(0);
      found = message.found;
      if (found == Found::kYes) {
        in_step_ = true;
        const std::optional<Event> event = take(message);
        begin_ += message.end;
        if (event) return event;
        continue;
      }
    }
    if (found == Found::kNo && layout_) {
      found = packet_at_front();
      if (found == Found::kYes) {
        begin_packet();
        continue;
      }
    }
    if (found == Found::kNeedsMore && size() < kCapacity) return std::nullopt;
    skip_byte();
  }
}

void Decoder::skip_byte() noexcept {
  ++begin_;
  ++skipped_bytes_;
  if (!layout_) return;  // between replies nothing has a place to be lost
  in_step_ = false;
  damaged_ = true;
}

std::uint32_t Decoder::little_endian(std::size_t at, unsigned count) const noexcept {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < count; ++i) value |= std::to_integer<std::uint32_t>(bytes()[at + i]) << (8 * i);
  return value;
}

/// Whether the bytes up to `end` are there, and the CRC behind them fits.
Decoder::Found Decoder::fits_crc(std::size_t from, std::size_t end) const noexcept {
  if (end + crc_bytes_ > size()) return Found::kNeedsMore;
  if (crc_bytes_ == 0) return Found::kYes;
  return crc(bytes().subspan(from, end - from)) == little_endian(end, crc_bytes_) ? Found::kYes : Found::kNo;
}

bool Decoder::awaits(std::uint8_t code, bool in_stream) const noexcept {
  if (commands_ == 0) return false;
  const std::optional<Reply>& reply = pending_[0].reply;
  return reply && reply->code == code && reply->in_stream == in_stream;
}

/// A reply, status or NACK without what may stand before and behind it; `end` may be further than there are bytes.
Decoder::Message Decoder::body_at(std::size_t at) const noexcept {
  if (at >= size()) return {.found = Found::kNeedsMore};
  const std::byte first = bytes()[at];
  if (first == byte_of(Code::kNack)) {
    return {.found = commands_ > 0 ? Found::kYes : Found::kNo, .kind = Event::Kind::kNack, .end = at + 1};
  }
  const bool in_stream = first == byte_of(Code::kInStream);
  const std::size_t code_at = in_stream ? at + 1 : at;
  if (code_at >= size()) return {.found = Found::kNeedsMore};
  const auto code = std::to_integer<std::uint8_t>(bytes()[code_at]);
  Message message{.found = Found::kYes, .payload_at = code_at + 1};
  if (awaits(code, in_stream)) {
    message.kind = Event::Kind::kReply;
    const auto payload_bytes = pending_[0].reply->payload_bytes(bytes().subspan(message.payload_at));
    if (!payload_bytes) return {.found = Found::kNeedsMore};
    message.payload_bytes = *payload_bytes;
  } else if (in_stream && static_cast<Code>(code) == Code::kStatus) {
    message.kind = Event::Kind::kStatus;
    message.payload_bytes = device_.status_bytes();
  } else {
    return {.found = Found::kNo};
  }
  message.end = message.payload_at + message.payload_bytes;
  return message;
}

/// Without CRC an FF that an ACK is awaited for is that ACK, though it might belong to the status behind it: who needs
/// to know waits for the reply. With CRC the two differ.
Decoder::Message Decoder::message_at(std::size_t at) const noexcept {
  if (at >= size()) return {.found = Found::kNeedsMore};
  const bool is_prefixed = bytes()[at] == byte_of(Code::kAck);
  Message longer{.found = Found::kNo};
  if (!is_prefixed || crc_bytes_ > 0 || !awaits_ack()) {
    longer = body_at(is_prefixed ? at + 1 : at);
    if (longer.found == Found::kYes) longer.found = fits_crc(at, longer.end);
    longer.end += crc_bytes_;
    longer.acknowledges = is_prefixed && longer.kind == Event::Kind::kReply;
    if (longer.found == Found::kYes) return longer;
  }
  if (is_prefixed && (crc_bytes_ > 0 || awaits_ack())) {
    const Found found = fits_crc(at, at + 1);
    if (found != Found::kNo) return {.found = found, .kind = Event::Kind::kAck, .end = at + 1 + crc_bytes_};
  }
  return longer;
}

std::optional<Event> Decoder::take(const Message& message) noexcept {
  Event event{.kind = message.kind, .payload = bytes().subspan(message.payload_at, message.payload_bytes)};
  switch (message.kind) {
    case Event::Kind::kAck:
      if (!awaits_ack()) return std::nullopt;
      if (pending_[0].reply) {
        pending_[0].acknowledged = true;
      } else {
        answered();
      }
      return event;
    case Event::Kind::kReply: {
      event.code = pending_[0].reply->code;
      const bool is_two_events = message.acknowledges && awaits_ack();
      answered();
      if (!is_two_events) return event;
      second_ = event;
      return Event{.kind = Event::Kind::kAck};
    }
    case Event::Kind::kNack:
      answered();
      return event;
    default:
      return event;
  }
}

std::uint32_t Decoder::stamp(std::size_t packet_at, unsigned sample) const noexcept {
  return little_endian(packet_at + 1 + std::size_t{sample} * layout_->sample_bytes, layout_->timestamp_bytes);
}

std::uint32_t Decoder::ticks_between(std::uint32_t from, std::uint32_t to) const noexcept {
  return (to - from) & ((1U << (8 * layout_->timestamp_bytes)) - 1);
}

/// 0 when `ticks` are no whole number of periods.
std::uint32_t Decoder::periods_in(std::uint32_t ticks) const noexcept {
  const std::uint32_t period = layout_->period_ticks;
  const std::uint32_t periods = (ticks + period / 2) / period;
  const std::uint32_t whole = periods * period;
  return (ticks > whole ? ticks - whole : whole - ticks) <= layout_->tolerance_ticks ? periods : 0;
}

/// Whether the packet comes whole periods after the last sample, and no more of them than time has passed.
bool Decoder::is_in_phase(std::size_t packet_at) const noexcept {
  const std::uint32_t ticks = ticks_between(last_->stamp, stamp(packet_at, 0));
  const BootTime arrival = arrivals_[begin_ + packet_at + layout_->timestamp_bytes];
  return periods_in(ticks) > 0 && ticks <= ticks_in(arrival - last_->arrival + kMostBacklog);
}

/// What the packet itself can tell.
Decoder::Found Decoder::whole_packet_at(std::size_t at) const noexcept {
  if (at >= size()) return Found::kNeedsMore;
  if (bytes()[at] != byte_of(Code::kDataPacket)) return Found::kNo;
  if (at + packet_bytes() > size()) return Found::kNeedsMore;
  for (unsigned sample = 0; sample < layout_->samples; ++sample) {
    if (sample > 0 && periods_in(ticks_between(stamp(at, sample - 1), stamp(at, sample))) != 1) return Found::kNo;
    for (const unsigned axis_at : layout_->axis_at) {
      const std::size_t reading_at = at + 1 + std::size_t{sample} * layout_->sample_bytes + axis_at;
      if (layout_->is_12_bit && little_endian(reading_at, 2) > kMostReading) return Found::kNo;
    }
  }
  return fits_crc(at, at + layout_->packet_bytes());
}

/// Whether a packet begins here that comes soon after the sample stamped `stamp_before`.
Decoder::Found Decoder::continues(std::size_t at, std::uint32_t stamp_before,
                                  std::uint32_t least_periods) const noexcept {
  if (at >= size()) return Found::kNeedsMore;
  if (bytes()[at] != byte_of(Code::kDataPacket)) return Found::kNo;
  if (at + 1 + layout_->timestamp_bytes > size()) return Found::kNeedsMore;
  const std::uint32_t periods = periods_in(ticks_between(stamp_before, stamp(at, 0)));
  return periods >= least_periods && periods < least_periods + kMostSkippedPeriods ? Found::kYes : Found::kNo;
}

/// Whether so many packets follow the one here, each continuing the one before. When that one is not where the last
/// sample lets it be expected, they must not be either: its time stamp would be damaged.
Decoder::Found Decoder::chain_from(std::size_t at, unsigned followers, bool is_expected) const noexcept {
  for (unsigned follower = 1; follower <= followers; ++follower) {
    const std::uint32_t stamp_before = stamp(at, layout_->samples - 1);
    at += packet_bytes();
    for (int messages = 0; messages < kMostMessagesBetween; ++messages) {
      const Message message = message_at(at);
      if (message.found == Found::kNeedsMore) return Found::kNeedsMore;
      if (message.found == Found::kNo) break;
      at = message.end;
    }
    Found found = continues(at, stamp_before, 1);
    const bool is_begin_enough = follower == followers && crc_bytes_ == 0;
    if (found == Found::kYes && !is_begin_enough) found = whole_packet_at(at);
    if (found != Found::kYes) return found;
    if (!last_) continue;
    if (!is_expected && is_in_phase(at)) return Found::kNo;
    // Damage that sets a short time stamp back looks like a loss of nearly a turn; whoever follows knows better.
    if (is_expected && ticks_between(last_->stamp, stamp(at, 0)) < ticks_between(last_->stamp, stamp(0, 0))) {
      return Found::kNo;
    }
  }
  return Found::kYes;
}

Decoder::Found Decoder::packet_at_front() const noexcept {
  if (const Found whole = whole_packet_at(0); whole != Found::kYes) return whole;
  // Where nothing came before, the place is all there is to go by.
  const bool is_expected = last_ ? is_in_phase(0) : in_step_;
  unsigned followers = is_expected ? 0 : 1;
  // A damaged time stamp jumps too, and where a period is a power of two, by whole periods.
  const bool jumps =
      crc_bytes_ == 0 && is_expected && last_ && periods_in(ticks_between(last_->stamp, stamp(0, 0))) > 1;
  if (crc_bytes_ == 0) followers += jumps ? 2 : 1;
  const Found chain = chain_from(0, followers, is_expected);
  if (!is_expected || !in_step_) return chain;
  if (chain == Found::kNeedsMore && quiet_ && !jumps) return Found::kYes;
  // One damaged packet behind it must not cost a sound one.
  if (chain == Found::kNo && followers == 1) {
    return continues(2 * packet_bytes(), stamp(0, layout_->samples - 1), 1 + layout_->samples);
  }
  return chain;
}

void Decoder::begin_packet() noexcept {
  packet_ = {.next = 0, .arrival = arrivals_[begin_ + packet_bytes() - 1], .in_phase = !last_ || is_in_phase(0)};
  in_step_ = true;
}

std::int64_t Decoder::unwrap(std::uint32_t stamp) noexcept {
  // The long counter is out of phase only when the device began anew, or a damaged time stamp was believed before. Then
  // nothing is known but how long it took.
  if (!packet_->in_phase && layout_->timestamp_bytes == 3) {
    const auto waited = static_cast<std::int64_t>(ticks_in(packet_->arrival - last_->arrival));
    unwrapped_from_ = last_->ticks + std::max<std::int64_t>(waited, layout_->period_ticks);
    unwrapper_->restart();
    anchor_ = {.ticks = unwrapped_from_, .index = last_->index + 1};
  }
  return unwrapped_from_ + unwrapper_->unwrap(stamp, packet_->arrival);
}

Event Decoder::next_sample() noexcept {
  const unsigned sample = packet_->next;
  Last now{.stamp = stamp(0, sample), .arrival = packet_->arrival, .ticks = 0, .index = 0};
  now.ticks = unwrap(now.stamp);
  // Counted from the beginning: neither the step over a missed turn of the counter nor the turn that is added later is
  // a whole number of periods, but together they are.
  now.index = anchor_.index + std::llround(static_cast<double>(now.ticks - anchor_.ticks) / layout_->period_ticks);
  const bool is_resynchronised = std::exchange(damaged_, false);
  std::uint64_t lost = 0;
  if (last_) {
    if (std::exchange(starting_, false) && now.index - last_->index == kStartupPeriods) {
      now.index = last_->index + 1;
      anchor_ = {.ticks = now.ticks, .index = now.index};
    }
    now.index = std::max(now.index, last_->index + 1);
    lost = static_cast<std::uint64_t>(now.index - last_->index - 1);
  }
  last_ = now;

  Event event{.kind = Event::Kind::kSample};
  event.sample = {.ticks = now.ticks,
                  .raw = {},
                  .arrival = now.arrival,
                  .lost = lost,
                  .after_gap = lost > 0 || !packet_->in_phase,
                  .resynchronised = is_resynchronised};
  for (std::size_t axis = 0; axis < event.sample.raw.size(); ++axis) {
    const std::size_t at = 1 + std::size_t{sample} * layout_->sample_bytes + layout_->axis_at[axis];
    const auto reading = static_cast<std::uint16_t>(little_endian(at, 2));
    event.sample.raw[axis] = static_cast<std::int16_t>(reading);  // 12 bits are never negative
  }
  packet_->in_phase = true;  // what comes next in it is
  if (++packet_->next == layout_->samples) {
    begin_ += packet_bytes();
    packet_.reset();
  }
  return event;
}

}  // namespace propriod::drivers::shimmer
