#pragma once

#include <string_view>

namespace propriod::config {

/// What may be called what, for messages: "… is no name; allowed: " and this.
inline constexpr std::string_view kNameRule =
    "1 to 32 of a-z, 0-9, _ and -, a letter or digit first, and not status, model, event, command or person";

/// Whether a node, sensor, person or model may have this name: `[a-z0-9][a-z0-9_-]{0,31}`, because names become MQTT
/// topic levels and folders; and none of the words that are topics of their own. Any thread.
[[nodiscard]] bool valid_name(std::string_view name) noexcept;

}  // namespace propriod::config
