#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace propriod::model {

/// A model cannot be read, written or put to use. The message is one line: it names the file, the line, key or tensor
/// where there is one, and says what to do.
class BundleError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Text out of a file as it may stand in a message: in single quotes, at most 64 bytes of it, and with everything but
/// printable ASCII as `\xNN` where it is too long, not UTF-8 or holds control characters.
[[nodiscard]] std::string shown(std::string_view foreign);

}  // namespace propriod::model
