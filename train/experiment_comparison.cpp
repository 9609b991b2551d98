#include "train/experiment_comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>
#include <vector>

#include "train/experiment_pairs.hpp"
#include "train/experiment_variants.hpp"
#include "train/figure_text.hpp"
#include "train/html.hpp"
#include "train/prediction_file.hpp"
#include "train/statistics.hpp"

namespace propriod::train {
namespace {

constexpr std::size_t kMostVariants = 10;

struct Pair {
  const Variant* first;
  const Variant* second;

  [[nodiscard]] std::string label() const { return first->label + " – " + second->label; }
};

/// What is compared with what: named variants with the first of them, which is what they are variants of; all else with
/// each other, as far as a table can hold it.
std::vector<Pair> pairs_of(std::span<const Variant> variants) {
  std::vector<Pair> pairs;
  if (!variants.front().run.variant.name.empty()) {
    const Variant* base = nullptr;
    for (const auto& variant : variants) {
      if (base == nullptr || !differ_by_name_alone(*base, variant)) {
        base = &variant;
      } else {
        pairs.push_back({&variant, base});
      }
    }
    return pairs;
  }
  variants = variants.first(std::min(variants.size(), kMostVariants));
  for (std::size_t i = 0; i < variants.size(); ++i) {
    for (std::size_t j = i + 1; j < variants.size(); ++j) {
      const auto& first = variants[i];
      const auto& second = variants[j];
      // With other training parts they do not have the same test windows.
      if (first.run.data.test_fraction != second.run.data.test_fraction) continue;
      pairs.push_back({&first, &second});
    }
  }
  return pairs;
}

std::string t_test_table(const std::vector<Pair>& pairs, const std::string& caption, std::string_view figure) {
  struct Row {
    Pair pair;
    TTest plain, corrected;
  };
  std::vector<Row> rows;
  std::vector<double> p_values;
  for (const auto& pair : pairs) {
    const auto [first, second] = paired_figures(*pair.first, *pair.second, mean_figure(figure));
    if (first.size() < 2) continue;
    rows.push_back(
        {pair, paired_t_test(first, second), corrected_t_test(first, second, test_to_training(*pair.first))});
    p_values.push_back(rows.back().corrected.p);
  }
  if (rows.empty()) return {};
  const auto holm = holm_corrected(p_values);
  HtmlTable table(caption, {"first – second", "pairs of trainings", "first minus second, points", "t, plain",
                            "p, plain (as the paper's)", "p, Nadeau–Bengio", "p, Nadeau–Bengio and Holm"});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& [pair, plain, corrected] = rows[i];
    table.row({pair.label(), std::to_string(plain.degrees_of_freedom + 1),
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

/// "seed 0, validation fold 1".
std::string training_text(const Repetition& repetition, const Variant& variant) {
  auto text = fmt::format("seed {}", repetition.seed);
  if (variant.run.folds > 0) text += fmt::format(", validation fold {}", repetition.fold);
  if (variant.run.data.test_folds > 0) text += ", all test folds";
  return text;
}

std::string mcnemar_table(const std::vector<Pair>& pairs, const std::filesystem::path& folder) {
  HtmlTable table(
      "McNemar's test: test windows that only one of two models called right, in the first training that both have",
      {"first – second", "training", "activity: only first right", "activity: only second right", "activity: p",
       "placement: only first right", "placement: only second right", "placement: p"});
  std::string missing;
  for (const auto& pair : pairs) {
    const auto& repetition = pair.first->repetitions.front();
    const auto* const other = counterpart(*pair.second, repetition);
    if (other == nullptr) continue;
    try {
      const auto first = predictions(repetition, folder);
      const auto second = predictions(*other, folder);
      std::vector<HtmlCell> cells{pair.label(), training_text(repetition, *pair.first)};
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
  std::string html;
  if (!table.empty()) {
    html =
        table.html() +
        html_paragraph(
            "Both models saw the same windows; those that both or neither called right say nothing. p: how probable so "
            "unequal counts would be if both models erred equally often. It is about these two trained models, not "
            "about methods, of which another seed makes others; and overlapping windows of one person are alike, so p "
            "is too small.",
            "note");
  }
  if (!missing.empty()) html += html_paragraph("Not every pair could be compared window by window: " + missing, "note");
  return html;
}

}  // namespace

std::string comparison_tables(std::span<const Variant> variants, const std::filesystem::path& folder) {
  const auto pairs = pairs_of(variants);
  auto t_tests = t_test_table(pairs, "Paired t-tests: accuracy, averaged over the tasks", "accuracy");
  t_tests += t_test_table(pairs, "Paired t-tests: macro F1, averaged over the tasks", "macro_f1");
  if (!t_tests.empty()) {
    t_tests += html_paragraph(
        "Each row asks whether the first does better or worse than the second, or whether chance explains it. "
        "A pair is one seed, one validation fold and one test fold that both were trained with, tested on the same "
        "windows. p: how probable so large a difference would be if both did equally well; below 0.05 is commonly "
        "taken for more than chance. Trainings share most of their windows, so the plain p, which is the paper's way, "
        "is too small; Nadeau and Bengio's variance allows for that. Where many rows are tested some look real by "
        "chance; Holm's correction over all rows of the table allows for that too: judge by the last column.",
        "note");
  }
  auto html = t_tests + mcnemar_table(pairs, folder);
  if (!html.empty() && variants.size() > kMostVariants && variants.front().run.variant.name.empty()) {
    html += html_paragraph(fmt::format("Compared are the first {} of {}.", kMostVariants, variants.size()), "note");
  }
  return html;
}

}  // namespace propriod::train
