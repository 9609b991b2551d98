#include "train/label_audit.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "drivers/label.hpp"

namespace propriod::train {
namespace {

constexpr float kLeastProbability = 1e-6F;
constexpr double kUsualShare = 0.5;
constexpr double kWindowsOfDoubt = 3;

/// Sums over the windows of one recording with one label.
struct Evidence {
  std::vector<double> log_probability, probability, called;  // by class
  std::int64_t windows = 0;

  void add(std::span<const float> row) {
    log_probability.resize(row.size());
    probability.resize(row.size());
    called.resize(row.size());
    for (std::size_t k = 0; k < row.size(); ++k) {
      log_probability[k] += std::log(static_cast<double>(std::max(row[k], kLeastProbability)));
      probability[k] += static_cast<double>(row[k]);
    }
    ++called[static_cast<std::size_t>(std::ranges::max_element(row) - row.begin())];
    ++windows;
  }

  [[nodiscard]] double mean(const std::vector<double>& sums, std::size_t label) const {
    return sums[label] / static_cast<double>(windows);
  }
  [[nodiscard]] double against(std::size_t label, std::size_t other) const {
    return mean(log_probability, other) - mean(log_probability, label);
  }
};

double median_of(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

using Unit = std::pair<std::size_t, std::size_t>;  // label, recording

/// [label][other] → the median of the evidence over all recordings with that label.
std::vector<std::vector<double>> usual_evidence(const std::map<Unit, Evidence>& units, std::size_t classes) {
  std::vector<std::vector<double>> usual(classes, std::vector<double>(classes, 0));
  for (std::size_t label = 0; label < classes; ++label) {
    const auto first = units.lower_bound({label, 0});
    const auto last = units.lower_bound({label + 1, 0});
    if (first == last) continue;
    for (std::size_t other = 0; other < classes; ++other) {
      std::vector<double> values;
      for (auto unit = first; unit != last; ++unit) values.push_back(unit->second.against(label, other));
      usual[label][other] = median_of(std::move(values));
    }
  }
  return usual;
}

nlohmann::ordered_json list_json(std::span<const AuditEntry> entries) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& entry : entries) {
    list.push_back({{"recording", entry.recording},
                    {"label", entry.label},
                    {"suggested", entry.suggested},
                    {"suggested_share", entry.suggested_share},
                    {"suggested_percent", entry.suggested_percent},
                    {"label_percent", entry.label_percent},
                    {"windows", entry.windows},
                    {"score", entry.score}});
  }
  return list;
}

nlohmann::ordered_json count_json(const PlantedCount& count) {
  return {{"planted", count.planted}, {"found", count.found}, {"looked_at", count.looked_at}};
}

std::string list_text(std::string_view task, std::span<const AuditEntry> entries, std::size_t most) {
  std::string text = fmt::format("{}: {} recordings, the most doubtful labels first\n", task, entries.size());
  for (const auto& entry : entries.first(std::min(most, entries.size()))) {
    text += fmt::format("  {:6.2f}  {}: labelled {}, looks like {} ({:.0f} % of {} windows)\n", entry.score,
                        drivers::shown(entry.recording), entry.label, entry.suggested, entry.suggested_share,
                        entry.windows);
  }
  return text;
}

}  // namespace

std::vector<AuditEntry> audit_labels(const AuditInput& input) {
  const auto classes = input.labels.size();
  if (classes < 2 || input.recording.size() != input.truth.size() ||
      input.probabilities.size() != input.truth.size() * classes) {
    throw std::invalid_argument("an audit needs two labels, and for each window a recording and all probabilities");
  }
  std::map<Unit, Evidence> units;
  for (std::size_t n = 0; n < input.truth.size(); ++n) {
    if (input.truth[n] < 0) continue;
    units[{static_cast<std::size_t>(input.truth[n]), input.recording[n]}].add(
        input.probabilities.subspan(n * classes, classes));
  }
  const auto usual = usual_evidence(units, classes);
  std::vector<AuditEntry> entries;
  for (const auto& [unit, evidence] : units) {
    const auto [label, recording] = unit;
    std::size_t suggested = label;
    double strongest = -std::numeric_limits<double>::infinity();
    for (std::size_t other = 0; other < classes; ++other) {
      if (other == label) continue;
      const double surplus = evidence.against(label, other) - kUsualShare * usual[label][other];
      if (surplus <= strongest) continue;
      strongest = surplus;
      suggested = other;
    }
    const auto windows = static_cast<double>(evidence.windows);
    entries.push_back({.recording = input.recordings[recording],
                       .label = input.labels[label],
                       .suggested = input.labels[suggested],
                       .suggested_share = 100 * evidence.mean(evidence.called, suggested),
                       .suggested_percent = 100 * evidence.mean(evidence.probability, suggested),
                       .label_percent = 100 * evidence.mean(evidence.probability, label),
                       .windows = evidence.windows,
                       .score = strongest * windows / (windows + kWindowsOfDoubt)});
  }
  std::ranges::stable_sort(entries, std::ranges::greater{}, &AuditEntry::score);
  return entries;
}

std::string_view file_of_recording(std::string_view recording_name) noexcept {
  const auto colon = recording_name.rfind(':');
  if (colon == std::string_view::npos || colon + 1 == recording_name.size()) return recording_name;
  if (recording_name.find_first_not_of("0123456789", colon + 1) != std::string_view::npos) return recording_name;
  return recording_name.substr(0, colon);
}

std::string audit_json(std::span<const AuditEntry> activity, std::span<const AuditEntry> placement,
                       const std::optional<PlantedCounts>& planted) {
  nlohmann::ordered_json json{
      {"activity", list_json(activity)}, {"placement", list_json(placement)}, {"planted", nullptr}};
  if (planted) {
    json["planted"] = {{"activity", count_json(planted->activity)}, {"placement", count_json(planted->placement)}};
  }
  return json.dump(2, ' ', /*ensure_ascii=*/false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string audit_text(std::span<const AuditEntry> activity, std::span<const AuditEntry> placement, std::size_t most) {
  return list_text("activity", activity, most) + list_text("placement", placement, most);
}

}  // namespace propriod::train
