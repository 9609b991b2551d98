#include "model/errors.hpp"

#include <fmt/format.h>

#include <cstddef>

#include "drivers/label.hpp"

namespace propriod::model {

std::string shown(std::string_view foreign) {
  constexpr std::size_t kMaxBytes = 64;
  if (drivers::is_plain_text(foreign, kMaxBytes)) return fmt::format("'{}'", foreign);
  std::string text;
  for (const char c : foreign.substr(0, kMaxBytes)) {
    if (c >= ' ' && c <= '~') {
      text += c;
    } else {
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return fmt::format("'{}{}'", text, foreign.size() > kMaxBytes ? "…" : "");
}

}  // namespace propriod::model
