#include "train/experiment_variants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "train/experiment_pairs.hpp"
#include "train/experiment_tables.hpp"
#include "train/figure_text.hpp"
#include "train/html.hpp"
#include "train/statistics.hpp"

namespace propriod::train {
namespace {

/// What is the same for all named variants of one method, network and recipe.
std::string group_of(const Variant& variant) {
  auto run = variant.run;
  run.variant = {};
  run.seed = 0;
  run.fold = 0;
  run.test_fold = 0;
  return run.configuration();
}

/// Percentage points, over the trainings that both have.
MeanSd difference(const Variant& variant, const Variant& base, const ResultFigure& figure) {
  const auto pairs = paired_figures(variant, base, figure);
  std::vector<double> differences;
  for (std::size_t i = 0; i < pairs.first.size(); ++i) differences.push_back(pairs.first[i] - pairs.second[i]);
  return mean_sd(differences);
}

std::string signed_text(const MeanSd& figure) {
  if (figure.count == 0) return kNothing;
  const auto mean = fmt::format("{:+.2f}", figure.mean);
  return figure.count == 1 ? mean : fmt::format("{} ± {:.2f}", mean, figure.sd);
}

/// By variant; none where there are too few trainings to tell, and for the base itself.
std::vector<std::optional<double>> p_values(std::span<const Variant> variants, const Variant& base,
                                            const ResultFigure& figure) {
  std::vector<std::optional<double>> result(variants.size());
  std::vector<double> plain;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    if (&variants[i] == &base) continue;
    const auto pairs = paired_figures(variants[i], base, figure);
    if (pairs.first.size() < 2) continue;
    plain.push_back(corrected_t_test(pairs.first, pairs.second, test_to_training(base)).p);
    places.push_back(i);
  }
  const auto holm = holm_corrected(plain);
  for (std::size_t i = 0; i < places.size(); ++i) result[places[i]] = holm[i];
  return result;
}

std::string task_table(std::span<const Variant> group, std::string_view task) {
  const auto& base = group.front();
  const auto accuracy = task_figure(task, "accuracy");
  const auto f1 = task_figure(task, "macro_f1");
  const auto p = p_values(group, base, accuracy);
  HtmlTable table(fmt::format("{}: every variant beside {}, percent on the test part", task, base.label),
                  {"variant", "accuracy", "difference in points", "p of that difference", "macro F1",
                   "difference in points", "trainings"});
  for (std::size_t i = 0; i < group.size(); ++i) {
    const auto& variant = group[i];
    const auto accuracies = figures_of(variant, accuracy);
    if (accuracies.empty()) continue;
    const auto beside = [&](const ResultFigure& figure) {
      return i == 0 ? std::string(kNothing) : signed_text(difference(variant, base, figure));
    };
    table.row({variant.label, mean_sd(accuracies).text(), beside(accuracy), p[i] ? p_text(*p[i]) : kNothing,
               mean_sd(figures_of(variant, f1)).text(), beside(f1), std::to_string(accuracies.size())});
  }
  return table.empty() ? std::string{} : table.html();
}

/// "cosine = true, warm_up = 0.1" of every variant that changes something.
std::string list_of_changes(std::span<const Variant> group) {
  std::string items;
  for (const auto& variant : group) {
    std::string options;
    if (const auto& network = variant.run.variant.architecture) options += " --architecture " + *network;
    for (const auto& change : variant.run.variant.changes) {
      for (const auto& word : options_of(change)) options += " " + word;
    }
    if (options.empty()) continue;
    items +=
        fmt::format("<li>{}: <code>{}</code></li>\n", html_escaped(variant.label), html_escaped(options.substr(1)));
  }
  return items.empty() ? items : fmt::format("<ul class=\"note\">\n{}</ul>\n", items);
}

std::string group_tables(std::span<const Variant> group) {
  std::string html;
  for (const auto task : kTasks) html += task_table(group, task);
  html += html_paragraph(
      fmt::format("Mean ± standard deviation over trainings, each seed, validation fold and test fold by itself "
                  "(tables that put the windows of all test folds together differ a little); a difference is to {} on "
                  "the same windows. p: how probable so large a difference of the accuracies "
                  "would be if the variant changed nothing, by Nadeau and Bengio's t-test with Holm's correction over "
                  "the table; below 0.05 is commonly taken for more than chance. Without p there are too few trainings "
                  "to tell.",
                  group.front().label),
      "note");
  std::vector<std::pair<std::string, const Variant*>> rows;
  for (const auto& variant : group) rows.emplace_back(variant.label, &variant);
  return html + confidence_table("variant", rows) + list_of_changes(group);
}

}  // namespace

bool differ_by_name_alone(const Variant& one, const Variant& other) { return group_of(one) == group_of(other); }

std::string variant_tables(std::span<const Variant> variants) {
  std::string html;
  // The variants of a group follow each other, as the runs do.
  for (auto first = variants.begin(); first != variants.end();) {
    const auto last =
        std::find_if(first, variants.end(), [&](const Variant& v) { return !differ_by_name_alone(*first, v); });
    if (!first->run.variant.name.empty()) html += group_tables({first, last});
    first = last;
  }
  return html;
}

}  // namespace propriod::train
