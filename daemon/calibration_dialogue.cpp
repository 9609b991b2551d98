#include "daemon/calibration_dialogue.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace propriod::daemon {
namespace {

using namespace std::chrono_literals;
using drivers::Face;
using drivers::PreciseAcceleration;

constexpr auto kNearlyHeld = 1s;              // so still for so long: the person meant to hold it
constexpr double kNewPositionMps2 = 3;        // 18° from every other one
constexpr std::size_t kFewestPositions = 12;  // twice the unknowns: the residual says something

double distance(const PreciseAcceleration& a, const PreciseAcceleration& b) {
  return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

}  // namespace

std::string CalibrationDialogue::introduction() const {
  const auto hold = std::chrono::duration<double>(still_.length()).count();
  if (method_ == Method::kFaces) {
    return fmt::format(
        "Lay the sensor on a level table, on each of its six sides in turn, in any order, and leave it alone for {:g} "
        "s "
        "each time. A side is up when its axis measures +9.8 m/s², and down when that is -9.8. Nothing is written "
        "without being shown first.",
        hold);
  }
  return fmt::format(
      "Turn the sensor to many positions, all around, and hold it still for {:g} s in each: with each of its six sides "
      "up, on its edges, on its corners. Nothing is written without being shown first.",
      hold);
}

std::string CalibrationDialogue::hear(drivers::BootTime time, const PreciseAcceleration& reading_mps2) {
  const auto mean_mps2 = still_.push(time, reading_mps2);
  const auto held_before = std::exchange(held_before_, mean_mps2 ? 0ns : still_.held());
  if (complete_) return {};
  if (mean_mps2) return method_ == Method::kFaces ? hear_face(*mean_mps2) : hear_position(*mean_mps2);
  if (method_ == Method::kFaces && held_before >= kNearlyHeld && still_.held() == 0ns) {
    return "It moved; leave it alone until it says done.";
  }
  return {};
}

std::string CalibrationDialogue::hear_face(const PreciseAcceleration& mean_mps2) {
  const auto face = drivers::face_of(mean_mps2);
  if (!face) {
    return fmt::format("It lies askew (x {:.1f}, y {:.1f}, z {:.1f} m/s²); lay it flat on one side.", mean_mps2[0],
                       mean_mps2[1], mean_mps2[2]);
  }
  bool& seen = seen_[static_cast<std::size_t>(*face)];
  if (std::exchange(seen, true)) return {};  // it still lies there
  positions_.push_back(mean_mps2);
  const auto next = next_face();
  complete_ = !next;
  return fmt::format("{} is done ({} of {}).{}", drivers::to_string(*face), positions_.size(), drivers::kFaces,
                     next ? fmt::format(" Next: {}, or any other that is not done.", drivers::to_string(*next)) : "");
}

std::string CalibrationDialogue::hear_position(const PreciseAcceleration& mean_mps2) {
  const auto is_near = [&](const PreciseAcceleration& other) { return distance(mean_mps2, other) < kNewPositionMps2; };
  if (std::ranges::any_of(positions_, is_near)) return {};
  positions_.push_back(mean_mps2);
  if (positions_.size() >= kFewestPositions) {
    try {
      (void)drivers::fit_calibration(positions_);
      complete_ = true;
    } catch (const drivers::CalibrationError& not_yet) {
      return fmt::format("Position {} is done. Not enough: {}.", positions_.size(), not_yet.what());
    }
  }
  return fmt::format("Position {} is done.", positions_.size());
}

std::string CalibrationDialogue::status() const {
  const auto left = std::chrono::ceil<std::chrono::seconds>(still_.length() - still_.held()).count();
  std::string wanted = fmt::format("position {}", positions_.size() + 1);
  if (const auto next = next_face(); method_ == Method::kFaces && next) wanted = drivers::to_string(*next);
  return still_.held() == 0ns ? fmt::format("{}: moving", wanted)
                              : fmt::format("{}: still, {} s more", wanted, std::max<long>(left, 0));
}

std::optional<Face> CalibrationDialogue::next_face() const noexcept {
  const auto* const missing = std::ranges::find(seen_, false);
  if (missing == seen_.end()) return std::nullopt;
  return static_cast<Face>(missing - seen_.begin());
}

}  // namespace propriod::daemon
