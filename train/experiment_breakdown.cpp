#include "train/experiment_breakdown.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "train/figure_text.hpp"
#include "train/html.hpp"
#include "train/statistics.hpp"

namespace propriod::train {
namespace {

constexpr std::size_t kMostDetailed = 8;  // variants whose classes and confusions are shown

std::string sentence_of_limit(std::span<const Variant> variants) {
  return variants.size() <= kMostDetailed
             ? std::string{}
             : html_paragraph(fmt::format("Shown are the first {} of {}.", kMostDetailed, variants.size()), "note");
}

std::string repetitions_text(const Variant& variant) {
  const auto count = variant.repetitions.size();
  return count == 1 ? std::string("of one training")
                    : fmt::format("summed over {} trainings (every seed and validation fold)", count);
}

/// What every repetition that tells it says of one placement.
template <typename Figure>
std::string at_placement(const Variant& variant, Figure&& figure) {
  std::vector<double> values;
  for (const auto& repetition : variant.repetitions) {
    if (const std::optional<double> value = figure(repetition)) values.push_back(*value);
  }
  return mean_sd(values).text();
}

/// A person's accuracies, averaged over the repetitions; those of people that have labels of the task.
std::map<std::string, double> accuracy_by_person(const Variant& variant, std::size_t task) {
  std::map<std::string, std::vector<double>> values;
  for (const auto& repetition : variant.repetitions) {
    for (const auto& person : repetition.people()) {
      const auto figures = repetition.groups([&](const auto& who, const auto&) { return who == person; });
      if (const auto accuracy = figures.accuracy(task)) values[person].push_back(*accuracy);
    }
  }
  std::map<std::string, double> accuracies;
  for (const auto& [person, of_person] : values) accuracies[person] = mean_sd(of_person).mean;
  return accuracies;
}

std::string confusion_table(const std::string& caption, const Confusion& confusion) {
  std::vector<std::string> head{"is ↓, called →"};
  head.insert(head.end(), confusion.labels.begin(), confusion.labels.end());
  HtmlTable table(caption, head);
  for (std::size_t i = 0; i < confusion.labels.size(); ++i) {
    std::int64_t all = 0;
    for (const auto count : confusion.windows[i]) all += count;
    std::vector<HtmlCell> cells{confusion.labels[i]};
    for (const auto count : confusion.windows[i]) {
      const double share = all == 0 ? 0 : static_cast<double>(count) / static_cast<double>(all);
      cells.emplace_back(count == 0 ? std::string("·") : fmt::format("{:.1f}", 100 * share), share);
    }
    table.row(cells);
  }
  return table.html();
}

/// The activity at each placement, folded up: there may be many.
std::string confusions_by_placement(const Variant& variant) {
  std::map<std::string, Confusion> placements;
  for (const auto& repetition : variant.repetitions) {
    for (const auto& [placement, confusion] : repetition.activity_at) placements[placement].add(confusion);
  }
  if (placements.size() < 2) return {};
  std::string tables;
  for (const auto& [placement, confusion] : placements) {
    tables += confusion_table(
        fmt::format("{}: activity at {}, percent of each row, {}", variant.label, placement, repetitions_text(variant)),
        confusion);
  }
  return html_details(fmt::format("{}: activity at each of {} placements", variant.label, placements.size()), tables);
}

}  // namespace

std::string placement_table(std::span<const Variant> variants) {
  const auto placements = placements_of(variants);
  if (placements.size() < 2) return {};
  HtmlTable table("By the placement that the sensor really has, percent, mean ± standard deviation over trainings",
                  {"method and placement", "activity accuracy", "activity macro F1", "placement accuracy"});
  for (const auto& variant : variants) {
    for (const auto& placement : placements) {
      const auto accuracy = [&](std::size_t task) {
        return at_placement(variant, [&](const Repetition& repetition) {
          return repetition.groups([&](const auto&, const auto& where) { return where == placement; }).accuracy(task);
        });
      };
      const auto f1 = at_placement(variant, [&](const Repetition& repetition) -> std::optional<double> {
        const auto found = repetition.activity_at.find(placement);
        if (found == repetition.activity_at.end()) return std::nullopt;
        return found->second.macro_f1();
      });
      table.row({fmt::format("{}: {}", variant.label, placement), accuracy(0), f1, accuracy(1)});
    }
  }
  return table.html();
}

std::string people_table(std::span<const Variant> variants) {
  HtmlTable table(
      "Accuracy of each tested person, percent; every person counts the same",
      {"method", "task", "people", "mean", "standard deviation", "95 % interval of the mean", "lowest", "highest"});
  for (const auto& variant : variants) {
    for (std::size_t task = 0; task < kTasks.size(); ++task) {
      const auto people = accuracy_by_person(variant, task);
      std::vector<double> values;
      for (const auto& [person, accuracy] : people) values.push_back(accuracy);
      const auto spread = spread_of(values);
      if (!spread) continue;
      const auto by_accuracy = [](const auto& one, const auto& other) { return one.second < other.second; };
      const auto [lowest, highest] = std::ranges::minmax_element(people, by_accuracy);
      const auto with_name = [](const auto& person) { return fmt::format("{:.2f} ({})", person.second, person.first); };
      table.row({variant.label, std::string(kTasks[task]), std::to_string(spread->count), number_text(spread->mean),
                 number_text(spread->sd), fmt::format("{:.2f} … {:.2f}", spread->low, spread->high), with_name(*lowest),
                 with_name(*highest)});
    }
  }
  if (table.empty()) return {};
  return table.html() +
         html_paragraph(
             fmt::format(
                 "A person's figures of several trainings are averaged first. The interval is where the mean of "
                 "such people lies, by a bootstrap over them with {} resamples; with few people it is too "
                 "narrow.",
                 thousands(static_cast<double>(kBootstrapResamples))),
             "note");
}

std::string class_tables(std::span<const Variant> variants) {
  std::string html = sentence_of_limit(variants);
  for (const auto& variant : variants.first(std::min(variants.size(), kMostDetailed))) {
    const auto confusion = pooled(variant, 0);
    if (!confusion) continue;
    HtmlTable table(
        fmt::format("{}: each activity against all others, percent, {}", variant.label, repetitions_text(variant)),
        {"activity", "windows", "accuracy", "sensitivity", "PPV", "NPV", "F1"});
    for (const auto& figures : confusion->classes()) {
      table.row({figures.label, std::to_string(figures.windows), number_text(figures.accuracy),
                 figures.windows > 0 ? number_text(figures.sensitivity) : kNothing, number_text(figures.ppv),
                 number_text(figures.npv), number_text(figures.f1)});
    }
    html += table.html();
  }
  return html;
}

std::string confusion_tables(std::span<const Variant> variants) {
  std::string html = sentence_of_limit(variants);
  for (const auto& variant : variants.first(std::min(variants.size(), kMostDetailed))) {
    for (std::size_t task = 0; task < kTasks.size(); ++task) {
      const auto confusion = pooled(variant, task);
      if (!confusion) continue;
      html += confusion_table(
          fmt::format("{}: {}, percent of each row, {}", variant.label, kTasks[task], repetitions_text(variant)),
          *confusion);
    }
    html += confusions_by_placement(variant);
  }
  return html;
}

}  // namespace propriod::train
