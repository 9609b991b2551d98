#include "train/experiment_tables.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <array>

#include "train/experiment_protocol.hpp"
#include "train/figure_text.hpp"
#include "train/html.hpp"
#include "train/published_figures.hpp"

namespace propriod::train {
namespace {

std::vector<double> task_values(const Variant& variant, std::size_t task, double (Confusion::*figure)() const) {
  std::vector<double> values;
  for (const auto& repetition : variant.repetitions) {
    if (repetition.tasks[task]) values.push_back(((*repetition.tasks[task]).*figure)());
  }
  return values;
}

const PublishedAccuracy* published_accuracy(const Variant& variant) {
  const auto* const found = std::ranges::find_if(kPublishedTable5, [&](const PublishedAccuracy& row) {
    return row.format == variant.run.data.format && row.method == variant.method;
  });
  const bool same_network = variant.architecture == "mtl-net" || variant.architecture == "mtl-net-published";
  const auto& data = variant.run.data;
  const bool same_part = data.test_folds > 0 || data.test_fraction == kPublishedTestFraction;
  const bool same = same_network && same_part && variant.run.recipe == "paper" && variant.run.variant.changes.empty() &&
                    (!variant.run.lambda || *variant.run.lambda == 0.5);
  return found == kPublishedTable5.end() || !same ? nullptr : found;
}

/// Counted as the paper does, and what is really computed where that is something else.
std::string flops_text(const nlohmann::ordered_json& result) {
  const auto counted = number_at(result, "/flops").value_or(0);
  const auto computed = number_at(result, "/flops_computed").value_or(counted);
  return thousands(counted) + (computed == counted ? "" : fmt::format(" (really {})", thousands(computed)));
}

}  // namespace

std::string accuracy_table(std::span<const Variant> variants) {
  const bool published = std::ranges::any_of(variants, [](const auto& v) { return published_accuracy(v) != nullptr; });
  std::vector<std::string> head{"method",
                                "activity accuracy %",
                                "activity macro F1 %",
                                "placement accuracy %",
                                "placement macro F1 %",
                                "activity ECE %",
                                "placement ECE %",
                                "trainings"};
  if (published) {
    const bool comparable = difference_text(variants).empty();
    for (const auto task : kTasks) {
      head.push_back(
          fmt::format("paper{}, {}: accuracy / F1", comparable ? "" : " (another protocol, see below)", task));
    }
  }
  HtmlTable table(
      "Accuracy, F1 and expected calibration error (ECE) on the test part, mean ± standard deviation over trainings",
      head);
  for (const auto& variant : variants) {
    std::vector<HtmlCell> cells{variant.label};
    for (std::size_t task = 0; task < kTasks.size(); ++task) {
      cells.emplace_back(mean_sd(task_values(variant, task, &Confusion::accuracy)).text());
      cells.emplace_back(mean_sd(task_values(variant, task, &Confusion::macro_f1)).text());
    }
    for (const auto task : kTasks) {
      cells.emplace_back(mean_sd(values_at(variant, fmt::format("/tasks/{}/ece", task))).text());
    }
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

std::string confidence_table(std::string_view what, const std::vector<std::pair<std::string, const Variant*>>& rows) {
  std::vector<std::string> head{std::string(what)};
  for (const auto task : kTasks) {
    head.push_back(fmt::format("{}: calibration error", task));
    head.push_back("uncalibrated");
  }
  for (const auto task : kTasks) {
    head.push_back(fmt::format("{}: unknown", task));
    head.emplace_back("right of the others");
  }
  HtmlTable table("Confidences on the test part, percent", head);
  for (const auto& [name, variant] : rows) {
    std::vector<HtmlCell> cells{name};
    const auto add = [&, &variant = *variant](std::string_view task, std::string_view figure) {
      cells.emplace_back(mean_sd(values_at(variant, fmt::format("/tasks/{}/{}", task, figure))).text());
    };
    for (const auto task : kTasks) {
      add(task, "ece");
      add(task, "ece_uncalibrated");
    }
    for (const auto task : kTasks) {
      add(task, "unknown/share");
      add(task, "unknown/accuracy_known");
    }
    table.row(cells);
  }
  return table.html() +
         html_paragraph(
             "Calibration error: how far confidences lie from how often they are right, on average; uncalibrated: the "
             "same without the temperature that calibration chose. Unknown: the share of windows whose confidence is "
             "below the threshold that calibration chose, and how many of the others are right; – without calibration.",
             "note");
}

std::string recipe_table(std::span<const Variant> variants) {
  const auto& data = variants.front().run.data;
  const auto is_recipe = [](std::string_view name) { return [=](const Variant& v) { return v.run.recipe == name; }; };
  const auto paper = std::ranges::find_if(variants, is_recipe("paper"));
  const auto best = std::ranges::find_if(variants, is_recipe("best"));
  if (paper == variants.end() || best == variants.end()) return {};
  HtmlTable table("Recipe paper against recipe best, percent of windows called right",
                  {"people and placement", "activity, paper", "activity, best", "difference in points",
                   "placement, paper", "placement, best", "difference in points"});
  const auto placements = placements_of({&*paper, 1});
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
  return (table.empty() ? std::string{} : table.html()) +
         confidence_table("recipe", {{paper->run.recipe, &*paper}, {best->run.recipe, &*best}}) +
         html_paragraph("Recipe " + sizes + ".", "note");
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
             other.run.recipe == variant.run.recipe && other.run.variant.name == variant.run.variant.name &&
             other.run.data.test_fraction == variant.run.data.test_fraction;
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
        {variant.label, thousands(number_at(variant.first(), "/parameters").value_or(0)), flops_text(variant.first()),
         ours.text(1) + (marked ? " †" : ""),
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
