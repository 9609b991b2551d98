#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace propriod::config {

struct MqttAddress {
  std::string host;  ///< a name, an IPv4 address, or an IPv6 address without brackets
  std::uint16_t port = 1883;
  friend bool operator==(const MqttAddress&, const MqttAddress&) = default;
};

/// Reads `mqtt://host[:port]`; an IPv6 host stands in brackets. The error says what is wrong. Any thread.
[[nodiscard]] tl::expected<MqttAddress, std::string> parse_mqtt_url(std::string_view url);

}  // namespace propriod::config
