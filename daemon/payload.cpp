#include "daemon/payload.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

namespace propriod::daemon {
namespace {

using Json = nlohmann::ordered_json;

std::string line(const Json& json) {
  return json.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

/// Six decimals: float32 knows no more, and a double printed in full would triple the message.
double rounded(float probability) { return std::round(static_cast<double>(probability) * 1e6) / 1e6; }

Json task_json(std::span<const float> probabilities, const std::vector<std::string>& labels, double unknown_below) {
  const auto said = verdict(probabilities, unknown_below);
  Json all = Json::object();
  for (std::size_t k = 0; k < labels.size(); ++k) all[labels[k]] = rounded(probabilities[k]);
  return {{"label", said.unknown ? "unknown" : labels[said.label]},
          {"confidence", rounded(said.confidence)},
          {"probabilities", std::move(all)}};
}

}  // namespace

Verdict verdict(std::span<const float> probabilities, double unknown_below) noexcept {
  const auto best = std::ranges::max_element(probabilities);
  return {.label = static_cast<std::size_t>(best - probabilities.begin()),
          .confidence = *best,
          .unknown = static_cast<double>(*best) < unknown_below};
}

Thresholds thresholds(const std::optional<double>& configured, const model::Manifest& manifest) noexcept {
  constexpr double kDefault = 0.6;
  if (configured) return {*configured, *configured};
  return {manifest.calibration.activity_unknown_below.value_or(kDefault),
          manifest.calibration.placement_unknown_below.value_or(kDefault)};
}

std::string prediction_json(const Prediction& prediction, std::string_view sensor,
                            const std::optional<std::string>& known_placement, bool simulated,
                            const model::Manifest& manifest, const PayloadContext& context, const UtcBorder& border) {
  const auto unknown_below = thresholds(context.unknown_below, manifest);
  Json json{{"time", border.text(prediction.window_end)},
            {"window_start", border.text(prediction.window_start)},
            {"clock_synced", border.clock_synced()},
            {"sensor", sensor},
            {"boot", context.boot},
            {"seq", prediction.seq},
            {"activity", task_json(prediction.activity, manifest.activities, unknown_below.activity)},
            {"placement", task_json(prediction.placement, manifest.placements, unknown_below.placement)},
            {"model", manifest.version}};
  if (known_placement) json["placement"]["known"] = *known_placement;
  if (simulated || manifest.data.simulated) json["simulated"] = true;
  return line(json);
}

std::string state_json(drivers::BootTime since, const std::optional<std::string>& activity,
                       const std::optional<std::string>& placement, const model::Manifest& manifest, bool simulated,
                       const UtcBorder& border) {
  Json json{{"since", border.text(since)},
            {"clock_synced", border.clock_synced()},
            {"activity", activity ? Json(*activity) : Json()},
            {"placement", placement ? Json(*placement) : Json()},
            {"model", manifest.version}};
  if (simulated || manifest.data.simulated) json["simulated"] = true;
  return line(json);
}

std::string model_json(const model::Manifest& manifest, std::string_view model_name) {
  return line({{"name", model_name},
               {"version", manifest.version},
               {"architecture", manifest.architecture.name},
               {"method", manifest.training.method},
               {"activities", manifest.activities},
               {"placements", manifest.placements},
               {"rate_hz", manifest.input.rate_hz},
               {"window", manifest.input.window},
               {"step", manifest.input.step},
               {"metrics", manifest.metrics},
               {"split", manifest.data.split},
               {"simulated", manifest.data.simulated},
               {"notes", manifest.data.notes}});
}

}  // namespace propriod::daemon
