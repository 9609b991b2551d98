#include "train/experiment_comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "train/html.hpp"
#include "train/prediction_file.hpp"
#include "train/statistics.hpp"

namespace propriod::train {
namespace {

constexpr std::size_t kMostVariants = 10;

struct Pair {
  const Variant* first;
  const Variant* second;
};

std::string p_text(double p) { return p < 0.001 ? "< 0.001" : fmt::format("{:.3f}", p); }

/// The figure averaged over the tasks that there are, for every test fold of a repetition by itself. None of what has
/// no task.
std::vector<double> figures_of(const Repetition& repetition, const char* key) {
  std::vector<double> values;
  for (const auto* result : repetition.results) {
    std::vector<double> tasks;
    for (const auto task : kTasks) {
      if (const auto figure = number_at(result->result, fmt::format("/tasks/{}/{}", task, key))) {
        tasks.push_back(*figure);
      }
    }
    if (!tasks.empty()) values.push_back(mean_sd(tasks).mean);
  }
  return values;
}

const Repetition* counterpart(const Variant& variant, const Repetition& repetition) {
  const auto found = std::ranges::find_if(variant.repetitions, [&](const Repetition& other) {
    return other.seed == repetition.seed && other.fold == repetition.fold;
  });
  return found == variant.repetitions.end() ? nullptr : &*found;
}

/// Windows of the first test part over those it was trained with.
double test_to_training(const Variant& variant) {
  const auto at = [&](const char* key) { return number_at(variant.first(), key).value_or(0); };
  const auto trained = at("/training_windows") + at("/validation_windows");
  return trained > 0 ? at("/windows") / trained : 0.25;
}

std::string t_test_table(const std::vector<Pair>& pairs, const std::string& caption, const char* key) {
  struct Row {
    Pair pair;
    TTest plain, corrected;
  };
  std::vector<Row> rows;
  std::vector<double> p_values;
  for (const auto& pair : pairs) {
    std::vector<double> first;
    std::vector<double> second;
    for (const auto& repetition : pair.first->repetitions) {
      const auto* const other = counterpart(*pair.second, repetition);
      if (other == nullptr) continue;
      const auto ours = figures_of(repetition, key);
      const auto theirs = figures_of(*other, key);
      if (ours.size() != theirs.size()) continue;
      first.insert(first.end(), ours.begin(), ours.end());
      second.insert(second.end(), theirs.begin(), theirs.end());
    }
    if (first.size() < 2) continue;
    rows.push_back(
        {pair, paired_t_test(first, second), corrected_t_test(first, second, test_to_training(*pair.first))});
    p_values.push_back(rows.back().corrected.p);
  }
  if (rows.empty()) return {};
  const auto holm = holm_corrected(p_values);
  HtmlTable table(caption, {"first – second", "pairs", "difference in points", "t, plain", "p, plain (paper)",
                            "p, Nadeau–Bengio", "p, Nadeau–Bengio and Holm"});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& [pair, plain, corrected] = rows[i];
    table.row({pair.first->label + " – " + pair.second->label, std::to_string(plain.degrees_of_freedom + 1),
               fmt::format("{:+.2f}", plain.mean_difference), fmt::format("{:.2f}", plain.t), p_text(plain.p),
               p_text(corrected.p), p_text(holm[i])});
  }
  return table.html();
}

std::vector<PredictionRow> predictions(const Repetition& repetition, const std::filesystem::path& folder) {
  std::vector<PredictionRow> rows;
  for (const auto* result : repetition.results) {
    auto part = read_predictions(folder / "runs" / result->run / "predictions.csv");
    rows.insert(rows.end(), std::make_move_iterator(part.begin()), std::make_move_iterator(part.end()));
  }
  return rows;
}

std::string mcnemar_table(const std::vector<Pair>& pairs, const std::filesystem::path& folder) {
  HtmlTable table("McNemar's test on the test windows of the first training that both have",
                  {"first – second", "activity: only first right", "only second right", "p",
                   "placement: only first right", "only second right", "p"});
  std::string missing;
  for (const auto& pair : pairs) {
    const auto& repetition = pair.first->repetitions.front();
    const auto* const other = counterpart(*pair.second, repetition);
    if (other == nullptr) continue;
    try {
      const auto first = predictions(repetition, folder);
      const auto second = predictions(*other, folder);
      std::vector<HtmlCell> cells{pair.first->label + " – " + pair.second->label};
      for (const auto task : {&PredictionRow::activity, &PredictionRow::placement}) {
        const auto counts = discordance(first, second, task);
        cells.emplace_back(std::to_string(counts.only_first_right));
        cells.emplace_back(std::to_string(counts.only_second_right));
        cells.emplace_back(p_text(mcnemar_test(counts.only_first_right, counts.only_second_right).p));
      }
      table.row(cells);
    } catch (const std::runtime_error& error) {  // the predictions of a run may have been deleted, its result stands
      missing = error.what();
    }
  }
  std::string html = table.empty() ? std::string{} : table.html();
  if (!missing.empty()) html += html_paragraph("Not every pair could be compared window by window: " + missing, "note");
  return html;
}

}  // namespace

std::string comparison_tables(std::span<const Variant> variants, const std::filesystem::path& folder) {
  std::vector<Pair> pairs;
  const auto compared = variants.first(std::min(variants.size(), kMostVariants));
  for (std::size_t i = 0; i < compared.size(); ++i) {
    for (std::size_t j = i + 1; j < compared.size(); ++j) {
      // With other training parts they do not have the same test windows.
      if (compared[i].run.data.test_fraction != compared[j].run.data.test_fraction) continue;
      pairs.push_back({&compared[i], &compared[j]});
    }
  }
  auto html = t_test_table(pairs, "Paired t-tests, accuracy averaged over the tasks", "accuracy");
  html += t_test_table(pairs, "Paired t-tests, macro F1 averaged over the tasks", "macro_f1");
  if (!html.empty()) {
    html += html_paragraph(
        "A pair is one seed, one validation fold and one test fold that both were trained with. Trainings share most "
        "of their windows, so the "
        "plain p is too small; Nadeau and Bengio's variance allows for that. Holm's correction is over all rows of the "
        "table.",
        "note");
  }
  html += mcnemar_table(pairs, folder);
  if (!html.empty() && variants.size() > kMostVariants) {
    html += html_paragraph(fmt::format("Compared are the first {} of {}.", kMostVariants, variants.size()), "note");
  }
  return html;
}

}  // namespace propriod::train
