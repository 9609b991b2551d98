#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "daemon/calibration_dialogue.hpp"
#include "daemon/exit_code.hpp"

namespace propriod::daemon {

struct CalibrateOptions {
  std::filesystem::path config;
  std::string sensor;
  CalibrationDialogue::Method method = CalibrationDialogue::Method::kFaces;
  std::chrono::seconds seconds{3};  ///< faces: each is held so long; sphere: all positions are held within
  bool yes = false;                 ///< write without asking
};

/// `propriod sensors calibrate`: leads through the positions on the terminal, shows what was found, and writes it into
/// the configuration when the user says yes.
[[nodiscard]] ExitCode calibrate(const CalibrateOptions& options);

}  // namespace propriod::daemon
