#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tests/support/child_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace propriod::tests {

/// A real Mosquitto on a free port of 127.0.0.1, without persistence, in a temporary directory that goes with it. Not
/// started by the constructor; may be started again after `stop()` or `kill()`, on the same port and with nothing left
/// of what it knew. Throws std::runtime_error when Mosquitto is missing or does not come up.
class Mosquitto {
 public:
  /// `more_configuration`: lines of mosquitto.conf. Without one that says otherwise, anybody may connect.
  explicit Mosquitto(const std::string& more_configuration = "");

  void start();   ///< returns when it accepts connections
  void stop();    ///< SIGTERM; returns when it has ended
  void kill();    ///< SIGKILL
  void freeze();  ///< SIGSTOP: its connections stay open and nobody answers
  void thaw();

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  TemporaryDirectory directory_;
  std::uint16_t port_;
  std::optional<ChildProcess> process_;
};

}  // namespace propriod::tests
