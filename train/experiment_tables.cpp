#include "train/experiment_tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "train/html.hpp"
#include "train/published_figures.hpp"
#include "train/recipe.hpp"

namespace propriod::train {
namespace {

constexpr std::size_t kMostDetailed = 8;  // variants whose classes and confusions are shown

const char* const kNothing = "–";

std::string number_text(std::optional<double> number, int decimals = 2) {
  return number ? fmt::format("{:.{}f}", *number, decimals) : kNothing;
}

std::string thousands(double number) {
  const auto digits = fmt::format("{:.0f}", number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::vector<double> task_values(const Variant& variant, std::size_t task, double (Confusion::*figure)() const) {
  std::vector<double> values;
  for (const auto& repetition : variant.repetitions) {
    if (repetition.tasks[task]) values.push_back(((*repetition.tasks[task]).*figure)());
  }
  return values;
}

std::optional<Confusion> pooled(const Variant& variant, std::size_t task) {
  std::optional<Confusion> sum;
  for (const auto& repetition : variant.repetitions) {
    if (!repetition.tasks[task]) continue;
    if (!sum) sum.emplace();
    sum->add(*repetition.tasks[task]);
  }
  return sum;
}

const PublishedAccuracy* published_accuracy(const Variant& variant) {
  const auto* const found = std::ranges::find_if(kPublishedTable5, [&](const PublishedAccuracy& row) {
    return row.format == variant.run.data.format && row.method == variant.method;
  });
  const bool same_network = variant.architecture == "mtl-net" || variant.architecture == "mtl-net-published";
  const bool same =
      same_network && variant.run.recipe == "paper" && (!variant.run.lambda || *variant.run.lambda == 0.5);
  return found == kPublishedTable5.end() || !same ? nullptr : found;
}

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

/// Seeds and folds that a variant has results of.
std::pair<std::set<std::uint64_t>, std::set<int>> repeated(const Variant& variant) {
  std::pair<std::set<std::uint64_t>, std::set<int>> result;
  for (const auto& repetition : variant.repetitions) {
    result.first.insert(repetition.seed);
    result.second.insert(repetition.fold);
  }
  return result;
}

std::string split_text(const ExperimentData& data) {
  const bool by_person = data.split != "random";
  if (data.test_folds > 0 && by_person) {
    return fmt::format("{} groups of people, each tested once by a model that never saw them", data.test_folds);
  }
  if (data.test_folds > 0) return fmt::format("random by window in {} parts, each tested once", data.test_folds);
  return fmt::format("{}, {:.0f} % for the test",
                     by_person ? "by person: test people are never trained on" : "random by window",
                     100 * data.test_fraction);
}

}  // namespace

std::string protocol_text(std::span<const Variant> variants) {
  const auto& variant = variants.front();
  const auto& data = variant.run.data;
  const auto& result = variant.first();
  std::set<double> epochs;
  std::set<double> fractions;
  for (const auto& each : variants) {
    if (const auto number = number_at(each.first(), "/epochs")) epochs.insert(*number);
    fractions.insert(each.run.data.test_fraction);
  }
  std::string text = fmt::format("Protocol: data set {} (format {}{}", data.name, data.format,
                                 data.rate_hz ? fmt::format(", resampled to {} Hz", *data.rate_hz) : "");
  if (const auto rate = number_at(result, "/rate_hz"); rate && !data.rate_hz) text += fmt::format(", {} Hz", *rate);
  text += "); ";
  text += data.protocol == "published" ? "windows as the authors cut them, across borders, label of the last sample; "
                                       : "windows within one recording, without gaps, majority label; ";
  text += "split " + (fractions.size() > 1 ? std::string("by the given training ratio") : split_text(data));
  if (data.split == "random") text += " (windows of one person on both sides: flatters)";
  text += fmt::format("; {} epochs", fmt::join(epochs, " or "));
  const auto [seeds, folds] = repeated(variant);
  text +=
      seeds.size() == 1 ? fmt::format("; seed {}", *seeds.begin()) : fmt::format("; seeds {}", fmt::join(seeds, ", "));
  if (variant.run.folds > 0) text += fmt::format("; {} of {} validation folds", folds.size(), variant.run.folds);
  const auto windows = [&](const char* key) { return thousands(number_at(result, key).value_or(0)); };
  text += fmt::format("; first training: {} windows to train, {} to validate, {} to test", windows("/training_windows"),
                      windows("/validation_windows"), windows("/windows"));
  if (!data.only.empty()) text += fmt::format("; only recordings {}", fmt::join(data.only, ", "));
  if (!data.exclude.empty()) text += fmt::format("; without recordings {}", fmt::join(data.exclude, ", "));
  if (result.value("simulated", false)) text += "; SIMULATED data: says nothing about real people";
  return text + ".";
}

namespace {

/// The networks and the recipes that are not the paper's.
void add_models(std::span<const Variant> variants, std::vector<std::string>& points) {
  std::set<std::string> networks;
  std::set<std::string> recipes;
  for (const auto& variant : variants) {
    if (variant.architecture != kPublishedNetwork) networks.insert(variant.architecture);
    if (variant.run.recipe != "paper") recipes.insert(variant.run.recipe);
  }
  if (networks.erase("mtl-net") > 0) {
    points.push_back(
        fmt::format("network mtl-net sees the whole window, the one that the authors published ({} here) a third of it",
                    kPublishedNetwork));
  }
  if (!networks.empty()) {
    points.push_back(fmt::format("network{} {} {} not the paper's", networks.size() == 1 ? "" : "s",
                                 fmt::join(networks, ", "), networks.size() == 1 ? "is" : "are"));
  }
  for (const auto& recipe : recipes) points.push_back(fmt::format("recipe {} is ours", recipe));
}

/// How the data are other than the paper's: people and windows.
void add_data(const Variant& variant, const PublishedSize& size, std::vector<std::string>& points) {
  const auto& data = variant.run.data;
  // Only then does the test part have windows of everybody.
  if (data.split == "random" || data.test_folds > 0) {
    const auto people = variant.repetitions.front().people().size();
    if (people > 0 && people != size.people) {
      points.push_back(fmt::format("{} {}, not {}", people, people == 1 ? "person" : "people", size.people));
    }
  }
  if (data.rate_hz) points.push_back(fmt::format("resampled to {} Hz", *data.rate_hz));
  const auto& result = variant.first();
  const auto windows = number_at(result, "/training_windows").value_or(0) +
                       number_at(result, "/validation_windows").value_or(0) + number_at(result, "/windows").value_or(0);
  const auto published = static_cast<double>(size.training_windows + size.test_windows);
  if (std::abs(windows - published) > 0.02 * published) {
    points.push_back(fmt::format("{} windows, not {}", thousands(windows), thousands(published)));
  }
}

/// How long and on what steps it was trained otherwise than in the paper.
void add_training(std::span<const Variant> variants, std::vector<std::string>& points) {
  std::set<int> batches;
  std::set<double> epochs;
  for (const auto& variant : variants) {
    batches.insert(variant.run.batch.value_or(recipe_of(variant.run.recipe).training.batch));
    if (const auto number = number_at(variant.first(), "/epochs")) epochs.insert(*number);
  }
  batches.erase(kPublishedBatch);
  epochs.erase(kPublishedEpochs);
  if (!batches.empty()) {
    points.push_back(fmt::format("{} windows a step, not {}", fmt::join(batches, " or "), kPublishedBatch));
  }
  if (!epochs.empty()) points.push_back(fmt::format("{} epochs, not {}", fmt::join(epochs, " or "), kPublishedEpochs));
  if (const auto seeds = repeated(variants.front()).first.size(); seeds != kPublishedSeeds) {
    points.push_back(fmt::format("{} {}, not {}", seeds, seeds == 1 ? "seed" : "seeds", kPublishedSeeds));
  }
}

}  // namespace

std::string difference_text(std::span<const Variant> variants) {
  const auto& variant = variants.front();
  const auto& data = variant.run.data;
  const auto* const size = std::ranges::find(kPublishedSizes, std::string_view(data.format), &PublishedSize::format);
  if (size == kPublishedSizes.end()) return {};
  std::vector<std::string> points;
  if (data.protocol != "published")
    points.emplace_back("windows do not run across borders and carry the majority label");
  if (data.split != "random") points.emplace_back("the split is by person, not random");
  if (data.test_folds > 0) points.emplace_back("everything is tested once, not a fifth");
  if (data.test_folds == 0 && data.test_fraction != 0.2) {
    points.push_back(fmt::format("{:.0f} % are for the test, not 20 %", 100 * data.test_fraction));
  }
  add_data(variant, *size, points);
  add_models(variants, points);
  add_training(variants, points);
  if (points.empty()) return {};
  return fmt::format("Not the paper's protocol, so its figures are no measure for these: {}.", fmt::join(points, "; "));
}

std::string accuracy_table(std::span<const Variant> variants) {
  const bool published = std::ranges::any_of(variants, [](const auto& v) { return published_accuracy(v) != nullptr; });
  std::vector<std::string> head{"method",
                                "activity accuracy %",
                                "activity macro F1 %",
                                "placement accuracy %",
                                "placement macro F1 %",
                                "activity ECE %",
                                "trainings"};
  if (published) {
    for (const auto* task : {"activity", "placement"}) head.push_back(fmt::format("paper, {}: accuracy / F1", task));
  }
  HtmlTable table("Accuracy and F1 on the test part, mean ± standard deviation over trainings", head);
  for (const auto& variant : variants) {
    std::vector<HtmlCell> cells{variant.label};
    for (std::size_t task = 0; task < kTasks.size(); ++task) {
      cells.emplace_back(mean_sd(task_values(variant, task, &Confusion::accuracy)).text());
      cells.emplace_back(mean_sd(task_values(variant, task, &Confusion::macro_f1)).text());
    }
    cells.emplace_back(mean_sd(values_at(variant, "/tasks/activity/ece")).text());
    cells.emplace_back(std::to_string(variant.repetitions.size()));
    if (published) {
      const auto* const paper = published_accuracy(variant);
      cells.emplace_back(paper ? fmt::format("{:.2f} / {:.2f}", paper->activity_accuracy, paper->activity_f1)
                               : kNothing);
      cells.emplace_back(paper ? fmt::format("{:.2f} / {:.2f}", paper->placement_accuracy, paper->placement_f1)
                               : kNothing);
    }
    table.row(cells);
  }
  return table.html();
}

namespace {

/// Does a confidence mean what it says? Of all test windows.
std::string calibration_table(const std::array<const Variant*, 2>& recipes) {
  HtmlTable table("Expected calibration error on the test part, percent",
                  {"recipe", "activity", "activity, uncalibrated", "placement", "placement, uncalibrated"});
  for (const auto* variant : recipes) {
    std::vector<HtmlCell> cells{variant->run.recipe};
    for (const auto task : kTasks) {
      for (const auto* figure : {"ece", "ece_uncalibrated"}) {
        cells.emplace_back(mean_sd(values_at(*variant, fmt::format("/tasks/{}/{}", task, figure))).text());
      }
    }
    table.row(cells);
  }
  return table.html();
}

}  // namespace

std::string recipe_table(std::span<const Variant> variants) {
  const auto& data = variants.front().run.data;
  const auto is_recipe = [](std::string_view name) { return [=](const Variant& v) { return v.run.recipe == name; }; };
  const auto paper = std::ranges::find_if(variants, is_recipe("paper"));
  const auto best = std::ranges::find_if(variants, is_recipe("best"));
  if (paper == variants.end() || best == variants.end()) return {};
  HtmlTable table("Recipe paper against recipe best, percent of windows called right",
                  {"people and placement", "activity, paper", "activity, best", "difference in points",
                   "placement, paper", "placement, best", "difference in points"});
  std::set<std::string> placements;
  for (const auto& repetition : paper->repetitions) placements.merge(repetition.placements());
  const auto chosen = [&](const std::string& subject) {
    return std::ranges::any_of(data.chosen_on,
                               [&](const auto& p) { return fnmatch(p.c_str(), subject.c_str(), 0) == 0; });
  };
  enum class People { kAll, kUnseen, kChosenOn };
  const auto add = [&](const std::string& name, People people, const std::string& where) {
    const auto wanted = [&](const std::string& subject, const std::string& placement) {
      if (!where.empty() && placement != where) return false;
      return people == People::kAll || chosen(subject) == (people == People::kChosenOn);
    };
    std::vector<HtmlCell> cells{name};
    bool any = false;
    for (std::size_t task = 0; task < kTasks.size(); ++task) {
      std::array<MeanSd, 2> figures;
      for (std::size_t i = 0; i < figures.size(); ++i) {
        std::vector<double> values;
        for (const auto& repetition : (i == 0 ? paper : best)->repetitions) {
          if (const auto accuracy = repetition.groups(wanted).accuracy(task)) values.push_back(*accuracy);
        }
        figures[i] = mean_sd(values);
        cells.emplace_back(figures[i].text());
      }
      const bool both = figures[0].count > 0 && figures[1].count > 0;
      any = any || both;
      cells.emplace_back(both ? fmt::format("{:+.2f}", figures[1].mean - figures[0].mean) : kNothing);
    }
    if (any) table.row(cells);
  };
  const auto add_people = [&](const std::string& name, People people) {
    add(name, people, "");
    if (placements.size() < 2) return;
    for (const auto& placement : placements) add(name + ", " + placement, people, placement);
  };
  add_people("all people", People::kAll);
  if (!data.chosen_on.empty()) {
    add_people("people never looked at while choosing", People::kUnseen);
    add_people("people that best was chosen on", People::kChosenOn);
  }
  std::string sizes;
  for (const auto& variant : {*paper, *best}) {
    sizes += fmt::format("{}{}: {}, {}, {} parameters, {} FLOPs a window", sizes.empty() ? "" : "; ",
                         variant.run.recipe, variant.method, variant.architecture,
                         thousands(number_at(variant.first(), "/parameters").value_or(0)),
                         thousands(number_at(variant.first(), "/flops").value_or(0)));
  }
  return (table.empty() ? std::string{} : table.html()) + calibration_table({&*paper, &*best}) +
         html_paragraph("Recipe " + sizes + ".", "note");
}

std::string placement_table(std::span<const Variant> variants) {
  std::set<std::string> placements;
  for (const auto& variant : variants) placements.merge(variant.repetitions.front().placements());
  if (placements.size() < 2) return {};
  std::vector<std::string> head{"method"};
  for (const auto& placement : placements) {
    for (const auto task : kTasks) head.push_back(fmt::format("{}: {} accuracy %", placement, task));
  }
  HtmlTable table("By the placement that the sensor really has, mean ± standard deviation over trainings", head);
  for (const auto& variant : variants) {
    std::vector<HtmlCell> cells{variant.label};
    for (const auto& placement : placements) {
      for (std::size_t task = 0; task < kTasks.size(); ++task) {
        std::vector<double> values;
        for (const auto& repetition : variant.repetitions) {
          const auto figures = repetition.groups([&](const auto&, const auto& where) { return where == placement; });
          if (const auto accuracy = figures.accuracy(task)) values.push_back(*accuracy);
        }
        cells.emplace_back(mean_sd(values).text());
      }
    }
    table.row(cells);
  }
  return table.html();
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
      std::vector<std::string> head{"is ↓, called →"};
      head.insert(head.end(), confusion->labels.begin(), confusion->labels.end());
      HtmlTable table(
          fmt::format("{}: {}, percent of each row, {}", variant.label, kTasks[task], repetitions_text(variant)), head);
      for (std::size_t i = 0; i < confusion->labels.size(); ++i) {
        std::int64_t all = 0;
        for (const auto count : confusion->windows[i]) all += count;
        std::vector<HtmlCell> cells{confusion->labels[i]};
        for (const auto count : confusion->windows[i]) {
          const double share = all == 0 ? 0 : static_cast<double>(count) / static_cast<double>(all);
          cells.emplace_back(count == 0 ? std::string("·") : fmt::format("{:.1f}", 100 * share), share);
        }
        table.row(cells);
      }
      html += table.html();
    }
  }
  return html;
}

std::string cost_table(std::span<const Variant> variants) {
  HtmlTable table("What a training costs, mean ± standard deviation over trainings",
                  {"method", "parameters", "FLOPs a window", "training seconds", "times multitask",
                   "paper (Sleep, A100): times multitask", "windows/s", "peak memory MiB", "energy Wh", "device"});
  const auto seconds = [](const Variant& v) { return mean_sd(values_at(v, "/train_seconds")); };
  const auto paper_seconds = [](std::string_view method) {
    return std::ranges::find(kPublishedTable7, method, &PublishedCost::method);
  };
  bool any_marked = false;
  for (const auto& variant : variants) {
    const auto multitask = std::ranges::find_if(variants, [&](const Variant& other) {
      return other.method == "multitask" && other.architecture == variant.architecture &&
             other.run.recipe == variant.run.recipe && other.run.data.test_fraction == variant.run.data.test_fraction;
    });
    const auto ours = seconds(variant);
    const auto base = multitask == variants.end() ? MeanSd{} : seconds(*multitask);
    const auto* const paper = paper_seconds(variant.method);
    auto memory = values_at(variant, "/peak_memory_bytes");
    for (auto& bytes : memory) bytes /= 1024.0 * 1024.0;
    const auto watt_hours = [&](const char* pointer) {
      auto energy = values_at(variant, pointer);
      for (auto& joules : energy) joules /= 3600.0;
      return energy.empty() ? "not measured" : mean_sd(energy).text(3);
    };
    std::string energy = watt_hours("/energy_joules");
    if (variant.first().value("device", "") == "cuda") energy += "; GPU " + watt_hours("/gpu_energy_joules");
    const auto resumed = values_at(variant, "/resumed_after");
    const bool marked = std::ranges::any_of(resumed, [](double epochs) { return epochs > 0; });
    any_marked = any_marked || marked;
    table.row(
        {variant.label, thousands(number_at(variant.first(), "/parameters").value_or(0)),
         thousands(number_at(variant.first(), "/flops").value_or(0)), ours.text(1) + (marked ? " †" : ""),
         base.count > 0 && base.mean > 0 ? number_text(ours.mean / base.mean) : kNothing,
         paper == kPublishedTable7.end() ? kNothing : number_text(paper->seconds / paper_seconds("multitask")->seconds),
         mean_sd(values_at(variant, "/windows_per_second")).text(0), mean_sd(memory).text(0), energy,
         variant.first().value("device", kNothing)});
  }
  const auto& result = *variants.front().repetitions.front().results.front();
  auto note = fmt::format("Times with {} {} at once, {} {} each, on {}.", result.jobs,
                          result.jobs == 1 ? "training" : "trainings", result.threads,
                          result.threads == 1 ? "thread" : "threads", result.machine);
  if (result.jobs > 1) note += " Trainings beside each other slow each other down: compare times of jobs: 1.";
  if (any_marked) {
    note +=
        " † resumed: a training went on after its process had ended; its seconds are summed over the processes, its "
        "energy is not measured.";
  }
  if (variants.front().run.data.format == "sleep") {
    note += " Paper, 300 epochs on one A100:";
    for (const auto& row : kPublishedTable7) {
      note += fmt::format(" {} {:.0f} s, {:.3f} kWh;", row.method, row.seconds, row.kilowatt_hours);
    }
    note.back() = '.';
  }
  return table.html() + html_paragraph(note, "note");
}

}  // namespace propriod::train
