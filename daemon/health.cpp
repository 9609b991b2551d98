#include "daemon/health.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

namespace propriod::daemon {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;

constexpr auto kTellEvery = 30s;
constexpr auto kShortestMeasurement = 5s;  // at 50 Hz a batch of a FIFO more or less is then a matter of per cents

std::optional<double> known(double value) { return std::isnan(value) ? std::nullopt : std::optional(value); }

Json rounded(const std::optional<double>& value, double steps) {
  return value ? Json(std::round(*value * steps) / steps) : Json();
}

}  // namespace

std::string health_json(const Health& health, bool simulated, const UtcBorder& border) {
  Json json{{"time", border.text(drivers::BootClock::now())},
            {"clock_synced", border.clock_synced()},
            {"connected", health.connected},
            {"rate", rounded(health.rate_hz, 100)},
            {"samples", health.samples},
            {"lost", health.lost},
            {"refused", health.refused},
            {"gaps", health.gaps},
            {"resynchronisations", health.resynchronisations},
            {"reconnects", health.reconnects},
            {"drift_ppm", rounded(health.drift_ppm, 10)},
            {"battery_v", rounded(health.battery_v, 1000)},
            {"problems", health.problems}};
  if (simulated) json["simulated"] = true;
  return json.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

HealthMonitor::HealthMonitor(const std::vector<Sensor>& sensors) {
  watched_.reserve(sensors.size());
  for (const Sensor& sensor : sensors) watched_.push_back({.sensor = sensor});
}

std::optional<Health> HealthMonitor::look(Watched& watched, TimePoint now) {
  const auto& counters = watched.sensor.driver->counters();
  Health health{.connected = counters.connected,
                .samples = counters.samples,
                .lost = counters.lost,
                .refused = watched.sensor.ring->refused(),
                .gaps = counters.gaps,
                .resynchronisations = counters.resynchronisations,
                .reconnects = counters.reconnects,
                .drift_ppm = known(counters.drift_ppm),
                .battery_v = known(counters.battery_v),
                .problems = watched.sensor.driver->problems()};
  health.connected = health.connected && counters.connected;  // else the words may already be of the loss
  const auto measuring = now - watched.measured_at;
  if (!watched.told_at || measuring >= kShortestMeasurement) {
    if (watched.told_at) {
      watched.rate_hz = static_cast<double>(health.samples - watched.measured_samples) /
                        std::chrono::duration<double>(measuring).count();
    }
    watched.measured_at = now;
    watched.measured_samples = health.samples;
  }
  health.rate_hz = watched.rate_hz;

  const bool news = health.connected != watched.connected || health.problems != watched.problems;
  if (watched.told_at && !news && now - *watched.told_at < kTellEvery) return std::nullopt;
  watched.told_at = now;
  watched.connected = health.connected;
  watched.problems = health.problems;
  return health;
}

}  // namespace propriod::daemon
