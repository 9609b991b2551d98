#include "daemon/training_flags.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstdlib>
#include <thread>
#include <vector>

#include "model/architectures.hpp"
#include "train/data_set.hpp"
#include "train/method_names.hpp"
#include "train/recipe_settings.hpp"

namespace propriod::daemon {
namespace {

std::vector<std::string> words(std::span<const std::string_view> names) { return {names.begin(), names.end()}; }

/// `--NAME` and `--no-NAME`; neither: as the recipe says.
CLI::Option* add_switch(CLI::App& command, const std::string& name, std::optional<double>& value,
                        const std::string& help) {
  return command.add_flag_function(
      fmt::format("--{0},!--no-{0}", name), [&value](std::int64_t count) { value = count > 0 ? 1 : 0; }, help);
}

template <typename Value>
void set(const std::optional<Value>& from, Value& to) {
  if (from) to = *from;
}

}  // namespace

CLI::Validator finite_range(double low, double high) {
  return {[=](std::string& text) {
            char* end = nullptr;
            const double value = std::strtod(text.c_str(), &end);
            if (end != text.c_str() && *end == '\0' && value >= low && value <= high) return std::string{};
            return fmt::format("{} is not a number from {} to {}", text, low, high);
          },
          fmt::format("FLOAT in [{} - {}]", low, high)};
}

void DataFlags::add_to(CLI::App& command) {
  command.add_option("--data", path, "folder with the recordings, or a zip, tar.gz or tar.xz of it")
      ->required()
      ->check(CLI::ExistingPath);
  command.add_option("--format", format, "how they are laid out")
      ->required()
      ->check(CLI::IsMember(words(train::data_set_formats())));
  command.add_option("--only", only, "take only these recordings: SUBJECT/PLACEMENT or name, with * and ?")
      ->allow_extra_args(false);
  command.add_option("--exclude", exclude, "leave these recordings out; both may be given more than once")
      ->allow_extra_args(false);
}

MachineFlags::MachineFlags() : threads(static_cast<int>(std::max(1U, std::thread::hardware_concurrency()))) {}

void MachineFlags::add_to(CLI::App& command) {
  command.add_option("--rate", rate, "samples a second the model works on; native: the data set's own")
      ->check(CLI::IsMember({"native"}) | finite_range(1, 1000))
      ->capture_default_str();
  command.add_option("--device", device, "where to train")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->capture_default_str();
  command.add_flag("--no-cuda-graph", no_cuda_graph, "launch a GPU's kernels one by one, not a whole step at once");
  command.add_option("--threads", threads, "threads for training on the CPU")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
}

std::optional<double> MachineFlags::rate_hz() const {
  if (rate == "native") return std::nullopt;
  return std::stod(rate);
}

TrainingFlags::TrainingFlags() : settings_(train::recipe_settings().size()) {}

void TrainingFlags::add_to(CLI::App& command) {
  command.add_option("--recipe", recipe_, "settings that belong together: as published, or best for unseen people")
      ->check(CLI::IsMember(words(train::recipes())))
      ->capture_default_str();
  command.add_option("--method", method_, "training method")
      ->check(CLI::IsMember(words(train::methods())))
      ->capture_default_str();
  command.add_option("--seed", seed_, "of initial weights, split and order")
      ->check(finite_range(0, 9'007'199'254'740'992))
      ->capture_default_str();
  command.add_option("--architecture", architecture_, "network")
      ->check(CLI::IsMember(words(model::architectures())))
      ->group("Instead of the recipe's");
  command.add_option("--epochs", epochs_, "passes over the training windows")
      ->check(CLI::Range(1, 100000))
      ->group("Instead of the recipe's");
  command.add_option("--batch", batch_, "windows a step")
      ->check(CLI::Range(1, 65536))
      ->group("Instead of the recipe's");
  for (std::size_t i = 0; i < settings_.size(); ++i) {
    const auto& setting = train::recipe_settings()[i];
    const auto name = train::option_name(setting);
    const std::string help(setting.help);
    auto& value = settings_[i];
    auto* const option =
        setting.is_switch ? add_switch(command, name.substr(2), value, help) : command.add_option(name, value, help);
    if (!setting.is_switch) option->check(finite_range(setting.low, setting.high));
    option->group(setting.beyond_paper ? "Beyond the paper" : "Instead of the recipe's");
  }
}

train::Recipe TrainingFlags::recipe() const {
  auto recipe = train::recipe_of(recipe_);
  if (architecture_) {
    recipe.architecture.name = *architecture_;
    recipe.scale = train::usual_scale(*architecture_);
  }
  auto& training = recipe.training;
  training.method = method_;
  training.seed = seed_;
  set(epochs_, training.epochs);
  set(batch_, training.batch);
  for (std::size_t i = 0; i < settings_.size(); ++i) {
    if (settings_[i]) train::recipe_settings()[i].set(recipe, *settings_[i]);
  }
  // Networks that share nothing are what the method is about.
  recipe.architecture.separate_tasks = training.method == "singletask";
  return recipe;
}

}  // namespace propriod::daemon
