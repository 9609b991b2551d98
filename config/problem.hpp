#pragma once

#include <filesystem>
#include <string>

namespace propriod::config {

/// One mistake in a configuration.
struct Problem {
  std::filesystem::path file;
  int line = 0;      ///< 1-based; 0: the file as a whole, which could not be read
  int column = 0;    ///< 1-based, in bytes
  std::string key;   ///< e.g. "sensors[2].rate"; empty when it is not about a key
  std::string what;  ///< what is wrong; what is allowed

  /// "file:line:column: key: what", without the parts there are none of.
  [[nodiscard]] std::string to_string() const;
};

}  // namespace propriod::config
