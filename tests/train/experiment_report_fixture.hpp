#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "tests/support/temporary_directory.hpp"
#include "train/experiment_report.hpp"

namespace propriod::train {

using Json = nlohmann::ordered_json;

/// Whether every element is closed in its order, every attribute quoted and every "&" an entity: an XML parser would
/// take it.
inline testing::AssertionResult well_formed(const std::string& page) {
  static const std::regex kTag{R"(<(/?)([A-Za-z][\w:-]*)((?:\s+[\w:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(/?)>)"};
  static const std::regex kEntity{"&(?!(amp|lt|gt|quot|#39|#x[0-9a-fA-F]+);)"};
  if (std::regex_search(page, kEntity)) return testing::AssertionFailure() << "a bare &";
  std::vector<std::string> open;
  std::size_t at = page.find("<html");
  while ((at = page.find('<', at)) != std::string::npos) {
    std::smatch match;
    const auto from = page.begin() + static_cast<std::ptrdiff_t>(at);
    if (!std::regex_search(from, page.end(), match, kTag, std::regex_constants::match_continuous)) {
      return testing::AssertionFailure() << "no tag: " << page.substr(at, 80);
    }
    if (match[1].length() > 0) {
      if (open.empty() || open.back() != match[2]) return testing::AssertionFailure() << "closes " << match[2];
      open.pop_back();
    } else if (match[4].length() == 0) {
      open.push_back(match[2]);
    }
    at += static_cast<std::size_t>(match.length());
  }
  return open.empty() ? testing::AssertionSuccess() : testing::AssertionFailure() << open.back() << " stays open";
}

/// As `train --json` tells it, three epochs each phase: singletask trains the activity, then the placement.
inline Json history_of(const ExperimentRun& run) {
  Json history = Json::array();
  const int phases = run.method == "singletask" || run.method == "born-again" ? 2 : 1;
  for (int phase = 1; phase <= phases; ++phase) {
    for (int epoch = 1; epoch <= 3; ++epoch) {
      Json entry{{"phase", phase}, {"epoch", epoch}, {"training_loss", 2.0 / epoch}};
      for (const auto* task : {"activity", "placement"}) {
        const bool trained = run.method != "singletask" || (task == std::string("activity")) == (phase == 1);
        const auto figure = [&](double value) { return trained ? Json(value) : Json(); };
        const std::string name(task);
        entry["training_" + name + "_loss"] = figure(1.0 / epoch);
        entry["training_" + name + "_accuracy"] = figure(20 * epoch);
        entry["validation_" + name + "_loss"] = figure(1.5 / epoch);
        entry["validation_" + name + "_accuracy"] = figure(15 * epoch);
      }
      history.push_back(std::move(entry));
    }
  }
  return history;
}

/// What `train --json` says of a run whose activity is right in `right` of 10 windows of each class.
inline Json result_of(const ExperimentRun& run, int right) {
  const auto task = [&](const std::vector<std::string>& labels) {
    Json classes = Json::array();
    for (const auto& label : labels) classes.push_back({{"label", label}});
    return Json{{"accuracy", 10.0 * right},
                {"macro_f1", 10.0 * right},
                {"ece", 4.5},
                {"classes", classes},
                {"confusion", {{right, 10 - right}, {10 - right, right}}}};
  };
  Json groups = Json::array();
  for (const auto* person : {"p1", "p2"}) {
    for (const auto* placement : {"wrist", "hip"}) {
      const int correct = person[1] == '1' ? right / 2 : 0;
      groups.push_back({{"subject", person},
                        {"placement", placement},
                        {"activity_windows", 5},
                        {"activity_correct", correct},
                        {"placement_windows", 5},
                        {"placement_correct", 5}});
    }
  }
  return {{"tasks", {{"activity", task({"sit <down>", "walk"})}, {"placement", task({"wrist", "hip"})}}},
          {"windows", 20},
          {"training_windows", 64},
          {"validation_windows", 16},
          {"epochs", 3},
          {"epochs_run", 3},
          {"method", run.method.value_or("smooth-distill")},
          {"architecture", run.architecture.value_or(run.recipe == "best" ? "mtl-net-compact" : "mtl-net")},
          {"rate_hz", 20},
          {"train_seconds", run.method == "multitask" ? 10.0 : 13.0},
          {"parameters", 1797519},
          {"flops", 5008128},
          {"device", "cpu"},
          {"history", history_of(run)},
          {"groups", groups}};
}

class ReportOfAnExperiment : public testing::Test {
 protected:
  ReportOfAnExperiment() {
    report_.plan.title = "A <title> & more";
    report_.plan.data = {{.name = "w", .path = "/data", .format = "wisdm2019"}};
    report_.command = "propriod experiment e.yaml";
    report_.folder = out_.path();
    report_.gnuplot = "/nowhere/gnuplot";
  }

  /// Gives every run a result; `right_of` says how many of 10 windows it gets right.
  void run_all(const std::function<int(const ExperimentRun&)>& right_of) {
    report_.runs = expand(report_.plan);
    for (const auto& run : report_.runs) {
      report_.results[run.id()] = {.run = run.id(),
                                   .configuration = Json::parse(run.configuration()),
                                   .result = result_of(run, right_of(run)),
                                   .command = {},
                                   .program_version = "1.2.3",
                                   .machine = "a machine",
                                   .finished = {}};
    }
  }

  std::string page() {
    written_ = write_report(report_, out_ / "report.html");
    std::ifstream stream(out_ / "report.html");
    std::string text{std::istreambuf_iterator<char>(stream), {}};
    EXPECT_TRUE(well_formed(text));
    return text;
  }

  void predictions(const ExperimentRun& run, int right) {
    std::filesystem::create_directories(out_ / "runs" / run.id());
    std::ofstream csv(out_ / "runs" / run.id() / "predictions.csv");
    csv << "recording,start_s,activity,activity_predicted,activity_confidence,placement,placement_predicted,"
           "placement_confidence\n";
    for (int i = 0; i < 10; ++i) {
      csv << "r," << i << ".000000,walk," << (i < right ? "walk" : "sit") << ",0.500000,hip,hip,0.500000\n";
    }
  }

  tests::TemporaryDirectory out_;
  ExperimentReport report_;
  WrittenReport written_;
};

}  // namespace propriod::train
