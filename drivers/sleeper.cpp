#include "drivers/sleeper.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace propriod::drivers {
namespace {

constexpr double kRadPerDeg = std::numbers::pi / 180;
constexpr double kTau = 2 * std::numbers::pi;

// The person. All chosen, within what is ordinary for adults at rest, but for the 30°, which are the paper's.
constexpr double kPostureStepRad = 30 * kRadPerDeg;
constexpr double kLyingDeviationRad = 4 * kRadPerDeg;  // standard deviation: nobody lies at exactly 30°
constexpr double kTurnShortestS = 2;
constexpr double kTurnLongestS = 5;
constexpr double kBreathingSlowestHz = 0.2;
constexpr double kBreathingFastestHz = 0.3;
constexpr double kHeartSlowestHz = 0.8;
constexpr double kHeartFastestHz = 1.2;
constexpr double kRestlessRollRad = 1.5 * kRadPerDeg;
constexpr double kRestlessSlowHz = 0.011;  // two rates without a common period, so that the drift does not repeat
constexpr double kRestlessFastHz = 0.029;

// One heart beat as the chest wall feels it: a decaying vibration. Chosen, after the look of seismocardiograms.
constexpr double kBeatRingingHz = 7;
constexpr double kBeatDecayS = 0.1;

// How a placement differs from the others. Chosen: no measured table was found. The attitudes lie further apart than
// the mounting error scatters them, and the yaw keeps them apart where pitch cannot be seen, lying on the side.
struct Site {
  double pitch_rad;             // around x: the skin slopes towards the feet (+) or the head (-)
  double yaw_rad;               // around z: the strap runs askew
  double breathing_tilt_rad;    // amplitude
  double breathing_lift_m;      // amplitude, out of the body
  double heart_amplitude_mps2;  // out of the body
};
constexpr std::array<Site, kSleeperPlacements.size()> kSites{{
    {12 * kRadPerDeg, 0 * kRadPerDeg, 1.2 * kRadPerDeg, 0.004, 0.12},    // chest: the sternum's slope
    {-25 * kRadPerDeg, 18 * kRadPerDeg, 0.3 * kRadPerDeg, 0.001, 0.06},  // neck: below the larynx, beside the midline
    {-5 * kRadPerDeg, -12 * kRadPerDeg, 2.0 * kRadPerDeg, 0.008, 0.02},  // abdomen: it breathes most
}};
constexpr double kMountingErrorRad = 3 * kRadPerDeg;  // standard deviation around each axis; chosen

// The ADXL345: data sheet rev. G, table 1 and "Noise performance".
constexpr double kLsbPerG = 256;
constexpr double kLowestLsb = -512;  // ±2 g
constexpr double kHighestLsb = 511;
constexpr std::array<double, 3> kNoiseLsb{0.75, 0.75, 1.1};  // rms, up to 100 Hz
constexpr double kNoiseGrowsAboveHz = 100;                   // by √2 for each doubling of the rate

// Draws of our own: the distributions of the standard library differ between its implementations.
double uniform(std::mt19937_64& random, double low, double high) noexcept {
  return low + (high - low) * std::ldexp(static_cast<double>(random() >> 11), -53);
}

// Nearly normal, mean 0 and standard deviation 1, from a single draw: the sum of four uniform numbers of 16 bits. Its
// tail ends at 3.46, and no noise here is asked for its tail.
double normal(std::mt19937_64& random) noexcept {
  const std::uint64_t bits = random();
  const auto sum = (bits & 0xFFFF) + ((bits >> 16) & 0xFFFF) + ((bits >> 32) & 0xFFFF) + (bits >> 48);
  constexpr double kMean = 2.0 * 0xFFFF;
  constexpr double kUnit = std::numbers::sqrt3 / 65536;  // four variances of 1/12 make 1/3
  return (static_cast<double>(sum) - kMean) * kUnit;
}

std::mt19937_64 generator(std::uint64_t seed, std::uint32_t stream) {
  std::seed_seq sequence{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32), stream};
  return std::mt19937_64{sequence};
}

// From 0 to 1 while t runs from 0 to 1, at rest at both ends.
double smooth_step(double t) noexcept {
  t = std::clamp(t, 0.0, 1.0);
  return t * t * (3 - 2 * t);
}

}  // namespace

std::optional<SleeperPlacement> sleeper_placement(std::string_view name) noexcept {
  const auto found = std::find(kSleeperPlacements.begin(), kSleeperPlacements.end(), name);
  if (found == kSleeperPlacements.end()) return std::nullopt;
  return static_cast<SleeperPlacement>(found - kSleeperPlacements.begin());
}

Sleeper::Sleeper(const Options& options)
    : options_(options),
      person_(generator(options.seed, 0)),
      sensor_(generator(options.seed, 1 + static_cast<std::uint32_t>(options.placement))),
      breathing_hz_(uniform(person_, kBreathingSlowestHz, kBreathingFastestHz)),
      heart_hz_(uniform(person_, kHeartSlowestHz, kHeartFastestHz)),
      restless_phase_rad_(uniform(person_, 0, kTau)),
      body_to_sensor_(mounting()),
      noise_growth_(std::sqrt(std::max(1.0, options.rate_hz / kNoiseGrowsAboveHz))),
      place_in_order_(order_.size()) {
  for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = i;
  begin_next_bout();
  bout_.begin_s = 0;
  bout_.turn_s = 0;  // the night begins lying
}

Sleeper::Rotation Sleeper::mounting() {
  const Site& site = kSites[static_cast<std::size_t>(options_.placement)];
  const double pitch = site.pitch_rad + kMountingErrorRad * normal(sensor_);
  const double roll = kMountingErrorRad * normal(sensor_);
  const double yaw = site.yaw_rad + kMountingErrorRad * normal(sensor_);
  const double cp = std::cos(pitch), sp = std::sin(pitch);
  const double cr = std::cos(roll), sr = std::sin(roll);
  const double cy = std::cos(yaw), sy = std::sin(yaw);
  // Rz(yaw) · Rx(pitch) · Ry(roll): around the sensor's z, then x, then y, the body's long axis.
  return {{{cy * cr - sy * sp * sr, -sy * cp, cy * sr + sy * sp * cr},
           {sy * cr + cy * sp * sr, cy * cp, sy * sr - cy * sp * cr},
           {-cp * sr, sp, cp * cr}}};
}

std::size_t Sleeper::next_posture() noexcept {
  if (place_in_order_ == order_.size()) {
    const std::size_t last = order_.back();
    for (std::size_t i = order_.size() - 1; i > 0; --i) std::swap(order_[i], order_[person_() % (i + 1)]);
    if (order_.front() == last) std::swap(order_.front(), order_.back());  // a turn always leads somewhere else
    place_in_order_ = 0;
  }
  return order_[place_in_order_++];
}

void Sleeper::begin_next_bout() noexcept {
  const auto bout_s = static_cast<double>(options_.bout.count());
  Bout next{.begin_s = bout_.begin_s + bout_s,
            .turn_s = std::min(uniform(person_, kTurnShortestS, kTurnLongestS), bout_s),
            .from_rad = std::remainder(bout_.to_rad, kTau),
            .to_rad = 0,
            .from_posture = bout_.posture,
            .posture = next_posture()};
  const double lying_rad = kPostureStepRad * static_cast<double>(next.posture) + kLyingDeviationRad * normal(person_);
  next.to_rad = next.from_rad + std::remainder(lying_rad - next.from_rad, kTau);
  bout_ = next;
}

Sleeper::State Sleeper::next() noexcept {
  const double time_s = static_cast<double>(samples_++) / options_.rate_hz;
  while (time_s >= bout_.begin_s + static_cast<double>(options_.bout.count())) begin_next_bout();

  const double turned = bout_.turn_s > 0 ? (time_s - bout_.begin_s) / bout_.turn_s : 1;
  const double restless =
      std::sin(kTau * kRestlessSlowHz * time_s + restless_phase_rad_) + std::sin(kTau * kRestlessFastHz * time_s);
  const double roll =
      bout_.from_rad + (bout_.to_rad - bout_.from_rad) * smooth_step(turned) + kRestlessRollRad * restless;

  const Site& site = kSites[static_cast<std::size_t>(options_.placement)];
  const double breathing_rad_per_s = kTau * breathing_hz_;
  const double breath = std::sin(breathing_rad_per_s * time_s);
  const double tilt = site.breathing_tilt_rad * breath;
  const double beats = heart_hz_ * time_s;
  const double since_beat_s = (beats - std::floor(beats)) / heart_hz_;
  const double beat = std::exp(-since_beat_s / kBeatDecayS) * std::sin(kTau * kBeatRingingHz * since_beat_s);
  const double lift_mps2 =
      -site.breathing_lift_m * breathing_rad_per_s * breathing_rad_per_s * breath + site.heart_amplitude_mps2 * beat;

  // At rest an accelerometer measures the force that holds it up: lying supine, +1 g out of the chest. Breathing tilts
  // the skin around the body's x axis and lifts it along z.
  const double up_z = kStandardGravityMps2 * std::cos(roll);
  const std::array<double, 3> body{kStandardGravityMps2 * std::sin(roll), -std::sin(tilt) * up_z,
                                   std::cos(tilt) * up_z + lift_mps2};

  State state{.accel_mps2 = {}, .posture = turned < 0.5 ? bout_.from_posture : bout_.posture};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto& row = body_to_sensor_[axis];
    const double exact_mps2 = row[0] * body[0] + row[1] * body[1] + row[2] * body[2];
    const double noise_lsb = kNoiseLsb[axis] * noise_growth_ * normal(sensor_);
    const double lsb = std::round(exact_mps2 / kStandardGravityMps2 * kLsbPerG + noise_lsb);
    state.accel_mps2[axis] =
        static_cast<float>(std::clamp(lsb, kLowestLsb, kHighestLsb) * (kStandardGravityMps2 / kLsbPerG));
  }
  return state;
}

}  // namespace propriod::drivers
