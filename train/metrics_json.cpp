#include "train/metrics_json.hpp"

#include <nlohmann/json.hpp>

namespace propriod::train {
namespace {

using Json = nlohmann::ordered_json;

template <typename Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json();
}

Json task_json(const std::optional<TaskMetrics>& metrics, const std::optional<double>& ece_uncalibrated = {},
               const std::optional<UnknownMetrics>& unknown = {}) {
  if (!metrics) return {};
  Json classes = Json::array();
  for (const auto& result : metrics->classes) {
    classes.push_back({{"label", result.label},
                       {"precision", result.precision},
                       {"recall", result.recall},
                       {"specificity", result.specificity},
                       {"npv", result.npv},
                       {"one_vs_rest_accuracy", result.one_vs_rest_accuracy},
                       {"f1", result.f1},
                       {"support", result.support}});
  }
  Json json{{"accuracy", metrics->accuracy},
            {"macro_f1", metrics->macro_f1},
            {"weighted_f1", metrics->weighted_f1},
            {"ece", metrics->ece}};
  if (ece_uncalibrated) json["ece_uncalibrated"] = *ece_uncalibrated;
  if (unknown) {
    json["unknown"] = {{"below", unknown->below},
                       {"windows", unknown->windows},
                       {"share", unknown->share},
                       {"accuracy_known", or_null(unknown->accuracy_known)}};
  }
  json["windows"] = metrics->windows;
  json["classes"] = std::move(classes);
  json["confusion"] = metrics->confusion;
  return json;
}

Json spread_json(const std::optional<Spread>& spread) {
  if (!spread) return {};
  return {{"mean", spread->mean},
          {"sd", spread->sd},
          {"low", spread->low},
          {"high", spread->high},
          {"subjects", spread->count}};
}

}  // namespace

Json tasks_json(const Evaluation& evaluation) {
  return {
      {"activity", task_json(evaluation.activity, evaluation.activity_ece_uncalibrated, evaluation.activity_unknown)},
      {"placement",
       task_json(evaluation.placement, evaluation.placement_ece_uncalibrated, evaluation.placement_unknown)}};
}

void add_breakdown(Json& json, const Evaluation& evaluation) {
  json["per_placement"] = Json::array();
  for (const auto& at : evaluation.by_placement) {
    json["per_placement"].push_back(
        {{"label", at.label}, {"activity", task_json(at.activity)}, {"placement", task_json(at.placement)}});
  }
  const auto& people = evaluation.by_subject;
  Json subjects = Json::array();
  for (const auto& person : people.subjects) {
    subjects.push_back({{"subject", person.subject},
                        {"windows", person.windows},
                        {"activity_accuracy", or_null(person.activity_accuracy)},
                        {"placement_accuracy", or_null(person.placement_accuracy)}});
  }
  json["per_subject"] = {{"activity", spread_json(people.activity)},
                         {"placement", spread_json(people.placement)},
                         {"subjects", std::move(subjects)}};
  json["groups"] = Json::array();
  for (const auto& group : evaluation.groups) {
    json["groups"].push_back({{"subject", group.subject},
                              {"placement", or_null(group.placement)},
                              {"windows", group.windows},
                              {"activity_windows", group.activity_windows},
                              {"activity_correct", group.activity_correct},
                              {"placement_windows", group.placement_windows},
                              {"placement_correct", group.placement_correct}});
  }
}

}  // namespace propriod::train
