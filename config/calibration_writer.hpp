#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "config/config.hpp"
#include "config/problem.hpp"

namespace propriod::config {

/// `calibration` as it is written and read back: offsets to 0.1 mm/s², scales to 0.00001.
[[nodiscard]] Calibration rounded(const Calibration& calibration) noexcept;

/// The configuration `text` with that calibration of the sensor `sensor`: all other bytes, comments among them, stay as
/// they are, and the result has been read again and differs in nothing else. The error says why it can't be done: the
/// text is no configuration, has no such sensor, the sensor's driver takes no calibration, or its values are spread
/// over lines in a way that this does not edit. Any thread.
[[nodiscard]] tl::expected<std::string, Problem> with_calibration(std::string_view text,
                                                                  const std::filesystem::path& file,
                                                                  std::string_view sensor,
                                                                  const Calibration& calibration);

/// Does that to a file: at any moment there is the old one or the new one, whole, with the same owner and mode; the old
/// one stays as `FILE.bak`. A symbolic link stays one.
[[nodiscard]] tl::expected<void, Problem> write_calibration(const std::filesystem::path& file, std::string_view sensor,
                                                            const Calibration& calibration);

}  // namespace propriod::config
