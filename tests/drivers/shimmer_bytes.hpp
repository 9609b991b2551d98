#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "drivers/boot_clock.hpp"
#include "drivers/shimmer_decoder.hpp"

namespace propriod::drivers::shimmer {

using Bytes = std::vector<std::byte>;

/// "ff 04 4000" to bytes.
inline Bytes from_hex(std::string_view text) {
  Bytes bytes;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == ' ') {
      ++at;
      continue;
    }
    unsigned value = 0;
    const char* begin = text.data() + at;
    if (at + 2 > text.size() || std::from_chars(begin, begin + 2, value, 16).ptr != begin + 2) {
      throw std::runtime_error("no hex: " + std::string(text));
    }
    bytes.push_back(static_cast<std::byte>(value));
    at += 2;
  }
  return bytes;
}

/// All events of `bytes` that arrived together. Payloads stay valid until the next call.
inline std::vector<Event> events_of(Decoder& decoder, std::span<const std::byte> bytes, BootTime arrival = {}) {
  std::vector<Event> events;
  do {
    bytes = bytes.subspan(decoder.feed(bytes, arrival));
    while (const auto event = decoder.next()) events.push_back(*event);
  } while (!bytes.empty());
  return events;
}

inline Bytes payload_of(const Event& event) { return {event.payload.begin(), event.payload.end()}; }

}  // namespace propriod::drivers::shimmer
