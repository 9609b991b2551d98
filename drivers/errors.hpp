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

/// A device cannot be reached, went away, or does not answer as it should. The message names the device, says what was
/// seen, and what to do about it.
class DeviceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace propriod::drivers
