#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>

#include "drivers/calibration.hpp"

/// Finds a sensor's calibration from where it lay still: whatever its position, what it measures then is 1 g.
namespace propriod::drivers {

/// The side of a sensor that is up: the axis that measures +1 g or −1 g.
enum class Face : std::uint8_t { kXUp, kXDown, kYUp, kYDown, kZUp, kZDown };
inline constexpr std::size_t kFaces = 6;

/// "x up", "z down".
[[nodiscard]] std::string_view to_string(Face face) noexcept;

/// Which face a still sensor shows; nothing when it is tilted by more than 25° from all of them, or measures nothing.
/// An offset of 0.3 g is no obstacle.
[[nodiscard]] std::optional<Face> face_of(const PreciseAcceleration& still_mean_mps2) noexcept;

/// The still readings do not tell a calibration. The message says what to do.
class CalibrationError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// How far calibrated positions are from 1 g: root mean square of | |a| − 1 g |, in m/s².
[[nodiscard]] double residual_mps2(const Calibration& calibration,
                                   std::span<const PreciseAcceleration> still_means_mps2) noexcept;

/// Fits offsets and scales to the means of still readings, one a position: least squares of |a| − 1 g, by
/// Levenberg-Marquardt. How exactly a face lies does not matter, because only norms count. Throws CalibrationError when
/// the positions do not cover the sphere well enough to tell all six unknowns (the message names the axis), when they
/// do not lie on an ellipsoid, or when the result is none that a sound sensor has (scale outside 0.5 … 2, offset above
/// 50 m/s²). Six positions are met exactly, by six unknowns: only more of them leave a residual that says something.
/// Any thread.
[[nodiscard]] Calibration fit_calibration(std::span<const PreciseAcceleration> still_means_mps2);

}  // namespace propriod::drivers
