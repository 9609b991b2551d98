#include "train/checkpoint.hpp"

#include <spdlog/fmt/fmt.h>

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

#include "model/bundle_files.hpp"
#include "model/errors.hpp"
#include "model/safetensors.hpp"
#include "model/sha256.hpp"

// A line with the SHA-256 of all that follows it, a line of JSON, then the tensors in the safetensors format.
namespace propriod::train {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kAdvice = "remove it and start over";

/// JSON has no NaN.
Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(); }
double number_or_nan(const Json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

Json task_json(const TaskEpoch& task) {
  return {number_or_null(task.training_loss), number_or_null(task.training_accuracy),
          number_or_null(task.validation_loss), number_or_null(task.validation_accuracy),
          number_or_null(task.teacher_validation_accuracy)};
}

TaskEpoch read_task(const Json& json) {
  return {.training_loss = number_or_nan(json.at(0)),
          .training_accuracy = number_or_nan(json.at(1)),
          .validation_loss = number_or_nan(json.at(2)),
          .validation_accuracy = number_or_nan(json.at(3)),
          .teacher_validation_accuracy = number_or_nan(json.at(4))};
}

std::string digest(std::string_view state, std::span<const std::byte> tensors) {
  model::Sha256 sha256;
  sha256.update(std::as_bytes(std::span(state)));
  sha256.update(tensors);
  return sha256.finish();
}

std::string state_text(const Checkpoint& checkpoint) {
  Json history = Json::array();
  for (const auto& epoch : checkpoint.history) {
    history.push_back(
        {epoch.phase, epoch.epoch, epoch.training_loss, task_json(epoch.activity), task_json(epoch.placement)});
  }
  return Json{{"request", checkpoint.request},
              {"phase", checkpoint.phase},
              {"epoch", checkpoint.epoch},
              {"optimizer_steps", checkpoint.optimizer_steps},
              {"best_epoch", checkpoint.best_epoch},
              {"best_score", checkpoint.best_score},
              {"teacher_kept", checkpoint.teacher_kept},
              {"seconds", checkpoint.seconds},
              {"seconds_in_steps", checkpoint.seconds_in_steps},
              {"trained_windows", checkpoint.trained_windows},
              {"history", std::move(history)}}
      .dump();
}

Checkpoint parse_state(std::string_view text) {
  const Json json = Json::parse(text);
  Checkpoint checkpoint{.request = json.at("request"),
                        .phase = json.at("phase"),
                        .epoch = json.at("epoch"),
                        .optimizer_steps = json.at("optimizer_steps"),
                        .best_epoch = json.at("best_epoch"),
                        .best_score = json.at("best_score"),
                        .teacher_kept = json.at("teacher_kept"),
                        .history = {},
                        .seconds = json.at("seconds"),
                        .seconds_in_steps = json.at("seconds_in_steps"),
                        .trained_windows = json.at("trained_windows"),
                        .tensors = {}};
  for (const auto& epoch : json.at("history")) {
    checkpoint.history.push_back({.phase = epoch.at(0),
                                  .epoch = epoch.at(1),
                                  .training_loss = epoch.at(2),
                                  .activity = read_task(epoch.at(3)),
                                  .placement = read_task(epoch.at(4))});
  }
  return checkpoint;
}

}  // namespace

void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  const auto tensors = model::to_safetensors(checkpoint.tensors);
  const auto state = state_text(checkpoint);
  const auto head = digest(state, tensors) + "\n" + state + "\n";
  std::vector<std::byte> bytes;
  bytes.reserve(head.size() + tensors.size());
  const auto head_bytes = std::as_bytes(std::span(head));
  bytes.insert(bytes.end(), head_bytes.begin(), head_bytes.end());
  bytes.insert(bytes.end(), tensors.begin(), tensors.end());
  const auto incoming = path.string() + ".new";
  std::remove(incoming.c_str());  // of a process that was killed
  model::write_new_file(incoming, bytes);
  if (std::rename(incoming.c_str(), path.c_str()) != 0) model::throw_file_error(path, "be replaced", errno);
  model::sync_directory(path.parent_path());
}

Checkpoint read_checkpoint(const std::filesystem::path& path) {
  const auto refuse = [&](std::string_view what) -> model::BundleError {
    return model::BundleError(fmt::format("{}: {}; {}", path.string(), what, kAdvice));
  };
  const auto bytes = model::read_file(path, 4 * model::kMaxSafetensorsBytes);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto first_end = text.find('\n');
  const auto second_end = first_end == std::string_view::npos ? first_end : text.find('\n', first_end + 1);
  if (second_end == std::string_view::npos) throw refuse("is no checkpoint of a training");
  const auto state = text.substr(first_end + 1, second_end - first_end - 1);
  const auto tensors = std::span(bytes).subspan(second_end + 1);
  if (text.substr(0, first_end) != digest(state, tensors)) throw refuse("is damaged: its SHA-256 does not fit");
  try {
    auto checkpoint = parse_state(state);
    checkpoint.tensors = model::parse_safetensors(tensors, path.string());
    return checkpoint;
  } catch (const Json::exception&) {  // another program's version wrote it
    throw refuse("is not of this program's version");
  }
}

}  // namespace propriod::train
