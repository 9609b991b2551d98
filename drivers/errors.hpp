#pragma once

#include <stdexcept>

namespace propriod::drivers {

/// A recording or its sidecar cannot be read or written. The message names the file, the line or key where there is
/// one, and says what to do.
class RecordingError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A gzip file ends too early. All lines before were given.
class TruncatedError : public RecordingError {
 public:
  using RecordingError::RecordingError;
};

}  // namespace propriod::drivers
