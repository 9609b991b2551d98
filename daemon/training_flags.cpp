#include "daemon/training_flags.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstdlib>
#include <thread>
#include <vector>

#include "model/architectures.hpp"
#include "train/data_set.hpp"
#include "train/method_names.hpp"

namespace propriod::daemon {
namespace {

std::vector<std::string> words(std::span<const std::string_view> names) { return {names.begin(), names.end()}; }

/// `--NAME` and `--no-NAME`; neither: as the recipe says.
void add_switch(CLI::App& command, const std::string& name, std::optional<bool>& value, const std::string& help) {
  command
      .add_flag_function(
          fmt::format("--{0},!--no-{0}", name), [&value](std::int64_t count) { value = count > 0; }, help)
      ->group("Beyond the paper");
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
  const auto number = [&](const char* name, std::optional<double>& value, const char* help, double low, double high) {
    return command.add_option(name, value, help)->check(finite_range(low, high))->group("Instead of the recipe's");
  };
  command.add_option("--architecture", architecture_, "network")
      ->check(CLI::IsMember(words(model::architectures())))
      ->group("Instead of the recipe's");
  command.add_option("--epochs", epochs_, "passes over the training windows")
      ->check(CLI::Range(1, 100000))
      ->group("Instead of the recipe's");
  command.add_option("--batch", batch_, "windows a step")
      ->check(CLI::Range(1, 65536))
      ->group("Instead of the recipe's");
  number("--learning-rate", learning_rate_, "of Adam, the highest", 1e-8, 1);
  number("--alpha", alpha_, "weight of the activity task; the placement has the rest", 0, 1);
  number("--lambda", lambda_, "weight of the distillation (smooth-distill, born-again)", 0, 1000);
  number("--temperature", temperature_, "of the distillation (and of sd-dropout's views)", 0.01, 1000);
  number("--beta", beta_, "how much of itself smooth-distill's teacher keeps at each step", 0, 1);
  number("--scale", scale_, "the network sees m/s² times this; otherwise as the architecture wants it", 1e-9, 1e9);

  const auto beyond = [&](const char* name, std::optional<double>& value, const char* help, double low, double high) {
    command.add_option(name, value, help)->check(finite_range(low, high))->group("Beyond the paper");
  };
  add_switch(command, "batch-norm", batch_norm_, "batch normalisation after each convolution");
  add_switch(command, "cosine", cosine_, "the learning rate falls along half a cosine");
  add_switch(command, "class-balanced", class_balanced_, "draw every pair of activity and placement equally often");
  add_switch(command, "beta-warm-up", beta_warm_up_, "the teacher follows faster in the beginning");
  add_switch(command, "serve-teacher", serve_teacher_, "keep the teacher's weights where they validate better");
  add_switch(command, "calibrate", calibrate_, "confidences and an unknown threshold from the validation windows");
  add_switch(command, "bf16", bf16_, "mixed precision: a GPU computes products in bfloat16");
  beyond("--weight-decay", weight_decay_, "of AdamW", 0, 10);
  beyond("--warm-up", warm_up_, "share of the steps over which the learning rate rises", 0, 0.9);
  beyond("--label-smoothing", label_smoothing_, "share of the target spread over all classes", 0, 0.9);
  beyond("--rotate", rotate_degrees_, "turn windows by up to so many degrees about a random axis", 0, 180);
  beyond("--rotate-probability", rotate_probability_, "that a window is turned at all", 0, 1);
  beyond("--permute-axes", permute_axes_, "probability that a window's axes change places", 0, 1);
  beyond("--time-warp", time_warp_, "largest change of a window's speed, 0.1: 10 %", 0, 0.9);
  beyond("--scaling", scaling_, "largest change of a window's magnitude, 0.1: 10 %", 0, 10);
}

train::Recipe TrainingFlags::recipe() const {
  auto recipe = train::recipe_of(recipe_);
  if (architecture_) {
    recipe.architecture.name = *architecture_;
    recipe.scale = train::usual_scale(*architecture_);
  }
  set(batch_norm_, recipe.architecture.batch_norm);
  set(scale_, recipe.scale);
  auto& training = recipe.training;
  training.method = method_;
  training.seed = seed_;
  set(epochs_, training.epochs);
  set(batch_, training.batch);
  set(learning_rate_, training.learning_rate);
  set(alpha_, training.alpha);
  set(lambda_, training.lambda);
  set(temperature_, training.temperature);
  set(beta_, training.beta);
  set(weight_decay_, training.weight_decay);
  set(cosine_, training.cosine);
  set(warm_up_, training.warm_up);
  set(label_smoothing_, training.label_smoothing);
  set(class_balanced_, training.class_balanced);
  set(beta_warm_up_, training.beta_warm_up);
  set(serve_teacher_, training.serve_teacher);
  set(calibrate_, training.calibrate);
  set(bf16_, training.bf16);
  set(rotate_degrees_, training.augmentation.rotate_degrees);
  set(rotate_probability_, training.augmentation.rotate_probability);
  set(permute_axes_, training.augmentation.permute_axes);
  set(time_warp_, training.augmentation.time_warp);
  set(scaling_, training.augmentation.scaling);
  // Networks that share nothing are what the method is about.
  recipe.architecture.separate_tasks = training.method == "singletask";
  return recipe;
}

}  // namespace propriod::daemon
