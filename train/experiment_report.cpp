#include "train/experiment_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <span>
#include <stdexcept>
#include <system_error>

#include "train/experiment_breakdown.hpp"
#include "train/experiment_comparison.hpp"
#include "train/experiment_curves.hpp"
#include "train/experiment_protocol.hpp"
#include "train/experiment_summary.hpp"
#include "train/experiment_tables.hpp"
#include "train/experiment_variants.hpp"
#include "train/html.hpp"
#include "train/plots.hpp"

namespace propriod::train {
namespace {

constexpr std::size_t kMostMissingShown = 20;

/// Draws plots one after the other, and remembers whether that failed.
class Drawer {
 public:
  explicit Drawer(std::string gnuplot) : gnuplot_(std::move(gnuplot)) {}

  std::string html(const std::vector<Plot>& plots) {
    if (plots.empty()) return {};
    std::string figures;
    for (const auto& plot : plots) {
      if (failed_) break;
      const auto element = svg(plot, fmt::format("plot{}", ++count_), gnuplot_);
      if (element) figures += fmt::format("<figure>{}</figure>\n", *element);
      failed_ = !element;
    }
    if (failed_) figures += html_paragraph(kMissing, "note");
    return fmt::format("<div class=\"plots\">\n{}</div>\n", figures);
  }

  [[nodiscard]] std::string missing() const { return failed_ ? kMissing : ""; }

 private:
  static constexpr const char* kMissing =
      "There are no plots: gnuplot is not installed or failed. Install it and say --report-only.";
  std::string gnuplot_;
  int count_ = 0;
  bool failed_ = false;
};

std::string heading(std::string_view section) {
  if (section == "table5") return "Accuracy and F1 (the paper's Table 5)";
  if (section == "recipes") return "Recipes compared";
  if (section == "variants") return "Variants: what single options do";
  if (section == "placements") return "By placement";
  if (section == "people") return "By person";
  if (section == "table6") return "By class (the paper's Table 6)";
  if (section == "confusion") return "Confusion (the paper's Figure 3)";
  if (section == "table7") return "Cost (the paper's Table 7)";
  if (section == "table8") return "Are the differences real? (the paper's Table 8)";
  if (section == "lambda") return "The weight λ of the distillation (the paper's Figure 4)";
  if (section == "ratio") return "How much there is to train on (the paper's Figures 5–7)";
  return "Training, epoch by epoch (the paper's Figure 8)";
}

std::string epoch_curves(std::span<const Variant> variants, Drawer& drawer) {
  const auto plots = drawer.html(epoch_plots(variants));
  if (plots.empty()) return plots;
  std::string note = "Each line is one training, the first of its kind: curves of others differ by chance.";
  if (variants.size() > kMostCurves)
    note += fmt::format(" Shown are the first {} of {}.", kMostCurves, variants.size());
  return plots + html_paragraph(note, "note");
}

std::string content(std::string_view section, std::span<const Variant> variants, const ExperimentReport& report,
                    Drawer& drawer) {
  if (section == "table5") return accuracy_table(variants);
  if (section == "recipes") return recipe_table(variants);
  if (section == "variants") return variant_tables(variants);
  if (section == "placements") return placement_table(variants);
  if (section == "people") return people_table(variants);
  if (section == "table6") return class_tables(variants);
  if (section == "confusion") return confusion_tables(variants);
  if (section == "table7") return cost_table(variants);
  if (section == "table8") return comparison_tables(variants, report.folder);
  if (section == "lambda") return drawer.html(lambda_plots(variants));
  if (section == "ratio") return drawer.html(ratio_plots(variants));
  return epoch_curves(variants, drawer);
}

std::string beginning(const ExperimentReport& report, std::size_t done) {
  std::set<std::string> versions;
  std::set<std::string> machines;
  for (const auto& run : report.runs) {
    const auto found = report.results.find(run.id());
    if (found == report.results.end()) continue;
    versions.insert(found->second.program_version);
    machines.insert(found->second.machine);
  }
  std::string html = fmt::format("<h1>{}</h1>\n", html_escaped(report.plan.title));
  if (!report.plan.notes.empty()) html += html_paragraph(report.plan.notes);
  html +=
      fmt::format("<p class=\"protocol\">Made by <code>{}</code>, propriod {}, on {}. {} of {} trainings done.</p>\n",
                  html_escaped(report.command), html_escaped(fmt::format("{}", fmt::join(versions, ", "))),
                  html_escaped(fmt::format("{}", fmt::join(machines, "; "))), done, report.runs.size());
  if (versions.size() > 1) {
    html += html_paragraph("Results of several versions of the program are mixed here.", "differs");
  }
  if (!report.overrides.empty()) html += html_paragraph(report.overrides, "differs");
  return html;
}

/// A sentence if the results of a data set say that it was not the same for all of them: its identity is its name, and
/// somebody may have given another folder by that name.
std::string mixed_data(const ExperimentReport& report, const std::string& data) {
  std::set<std::string> fingerprints;
  for (const auto& run : report.runs) {
    const auto found = report.results.find(run.id());
    if (run.data.name != data || found == report.results.end()) continue;
    const auto fingerprint = found->second.result.find("fingerprint");
    if (fingerprint != found->second.result.end() && fingerprint->is_string()) {
      fingerprints.insert(fingerprint->get<std::string>());
    }
  }
  if (fingerprints.size() < 2) return {};
  return html_paragraph(
      fmt::format("The results of data set {} are not of the same data: do not compare them. Give another --out, where "
                  "all of it is done again.",
                  data),
      "differs");
}

/// The report without the runs of data sets that are not here and have never been trained on, and a paragraph for each.
std::string leave_out(ExperimentReport& report) {
  std::string html;
  for (const auto& [data, why] : report.absent) {
    const auto of_it = [&data = data](const ExperimentRun& run) { return run.data.name == data; };
    const auto done = [&](const ExperimentRun& run) { return of_it(run) && report.results.contains(run.id()); };
    if (std::ranges::any_of(report.runs, done)) continue;
    std::erase_if(report.runs, of_it);
    html += html_paragraph(why + ". It is left out.", "differs");
  }
  return html;
}

std::string missing_runs(const ExperimentReport& report) {
  std::vector<std::string> missing;
  for (const auto& run : report.runs) {
    if (auto id = run.id(); !report.results.contains(id)) missing.push_back(std::move(id));
  }
  if (missing.empty()) return {};
  std::string html = "<h2>Not done</h2>\n";
  html += html_paragraph(
      "These failed or have not been run; the figures above are without them. The same command does them.", "differs");
  html += "<ul>\n";
  for (const auto& id : std::span(missing).first(std::min(missing.size(), kMostMissingShown))) {
    html += fmt::format("<li><code>{}</code></li>\n", html_escaped(id));
  }
  html += "</ul>\n";
  if (missing.size() > kMostMissingShown) {
    html += html_paragraph(fmt::format("… and {} more", missing.size() - kMostMissingShown));
  }
  return html;
}

void write_whole(const std::filesystem::path& file, const std::string& text) {
  auto partial = file;
  partial += ".part";
  std::ofstream stream(partial, std::ios::binary);
  stream << text;
  stream.close();
  std::error_code error;
  if (stream) std::filesystem::rename(partial, file, error);
  if (!stream || error) {
    throw std::runtime_error(file.string() + ": cannot be written; is the folder there, the disk full?");
  }
}

}  // namespace

WrittenReport write_report(ExperimentReport report, const std::filesystem::path& file) {
  const auto left_out = leave_out(report);
  const auto variants = summarise(report.runs, report.results);
  const auto done =
      std::ranges::count_if(report.runs, [&](const auto& run) { return report.results.contains(run.id()); });
  Drawer drawer(report.gnuplot);
  std::string body = beginning(report, static_cast<std::size_t>(done)) + left_out;
  for (const auto& data : report.plan.data) body += mixed_data(report, data.name);
  const auto wanted = [&](std::string_view section) {
    return report.plan.report.empty() || std::ranges::find(report.plan.report, section) != report.plan.report.end();
  };
  if (variants.empty()) body += html_paragraph("No training has ended yet: there is nothing to report.");
  for (const auto section : kReportSections) {
    if (!wanted(section)) continue;
    std::string html;
    // Variants follow each other by data set, as the runs do.
    for (auto first = variants.begin(); first != variants.end();) {
      const auto last = std::find_if(first, variants.end(),
                                     [&](const Variant& v) { return v.run.data.name != first->run.data.name; });
      const std::span<const Variant> of_data(first, last);
      if (const auto part = content(section, of_data, report, drawer); !part.empty()) {
        html += fmt::format("<h3>{}</h3>\n", html_escaped(first->run.data.name)) + part;
        html += html_paragraph(protocol_text(of_data), "protocol");
        if (const auto difference = difference_text(of_data); !difference.empty()) {
          html += html_paragraph(difference, "differs");
        }
      }
      first = last;
    }
    if (!html.empty())
      body += fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n{}</section>\n", section, heading(section), html);
  }
  body += missing_runs(report);
  write_whole(file, html_page(report.plan.title, body));
  return {.plots_missing = drawer.missing()};
}

}  // namespace propriod::train
