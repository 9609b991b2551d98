#include "model/manifest_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <vector>

#include "model/bundle_files.hpp"
#include "model/errors.hpp"
#include "model/sha256.hpp"
#include "model/strict_yaml.hpp"
#include "model/version.hpp"

namespace propriod::model {
namespace {

constexpr std::size_t kMaxLabels = 256;
constexpr std::size_t kMaxLabelBytes = 64;
constexpr std::size_t kMaxWordBytes = 64;
constexpr std::size_t kMaxSubjectBytes = 256;  // as in the sidecars of recordings
constexpr std::size_t kMaxNoteBytes = 4096;    // likewise
constexpr double kSmallest = 1e-9;             // of what must be positive
constexpr double kLargest = 1e9;
constexpr int kMaxCount = 1'000'000'000;
constexpr auto kMaxWindows = std::numeric_limits<std::int64_t>::max();
constexpr std::string_view kLabelAdvice = "correct the labels of the recordings and train again";
constexpr std::string_view kSealKey = "manifest_sha256";

/// Shortest text that reads back as the same number.
std::string exact(double number) { return fmt::format("{}", number); }

std::string seal_of(std::string_view yaml) { return fmt::format("{}: {}\n", kSealKey, sha256(yaml)); }

YAML::Emitter& operator<<(YAML::Emitter& out, const Manifest::Architecture& architecture) {
  out << YAML::BeginMap;
  out << YAML::Key << "name" << YAML::Value << architecture.name;
  out << YAML::Key << "batch_norm" << YAML::Value << architecture.batch_norm;
  // Only where it says something: the programs from before it read all other bundles.
  if (architecture.separate_tasks) out << YAML::Key << "separate_tasks" << YAML::Value << true;
  return out << YAML::EndMap;
}

YAML::Emitter& operator<<(YAML::Emitter& out, const Manifest::Input& input) {
  out << YAML::BeginMap;
  out << YAML::Key << "rate_hz" << YAML::Value << exact(input.rate_hz);
  out << YAML::Key << "window" << YAML::Value << input.window << YAML::Comment("samples");
  out << YAML::Key << "step" << YAML::Value << input.step << YAML::Comment("samples");
  out << YAML::Key << "scale" << YAML::Value << exact(input.scale) << YAML::Comment("the network sees m/s² times this");
  return out << YAML::EndMap;
}

YAML::Emitter& operator<<(YAML::Emitter& out, const Manifest::Augmentation& augmentation) {
  out << YAML::BeginMap;
  out << YAML::Key << "rotate_degrees" << YAML::Value << exact(augmentation.rotate_degrees);
  out << YAML::Key << "rotate_probability" << YAML::Value << exact(augmentation.rotate_probability);
  out << YAML::Key << "permute_axes" << YAML::Value << exact(augmentation.permute_axes);
  out << YAML::Key << "time_warp" << YAML::Value << exact(augmentation.time_warp);
  out << YAML::Key << "scaling" << YAML::Value << exact(augmentation.scaling);
  return out << YAML::EndMap;
}

YAML::Emitter& operator<<(YAML::Emitter& out, const Manifest::Training& training) {
  out << YAML::BeginMap;
  out << YAML::Key << "method" << YAML::Value << training.method;
  out << YAML::Key << "epochs" << YAML::Value << training.epochs;
  out << YAML::Key << "epochs_run" << YAML::Value << training.epochs_run;
  out << YAML::Key << "best_epoch" << YAML::Value << training.best_epoch;
  out << YAML::Key << "batch" << YAML::Value << training.batch;
  out << YAML::Key << "learning_rate" << YAML::Value << exact(training.learning_rate);
  out << YAML::Key << "alpha" << YAML::Value << exact(training.alpha);
  out << YAML::Key << "lambda" << YAML::Value << exact(training.lambda);
  out << YAML::Key << "temperature" << YAML::Value << exact(training.temperature);
  out << YAML::Key << "beta" << YAML::Value << exact(training.beta);
  out << YAML::Key << "seed" << YAML::Value << training.seed;
  out << YAML::Key << "weight_decay" << YAML::Value << exact(training.weight_decay);
  out << YAML::Key << "cosine" << YAML::Value << training.cosine;
  out << YAML::Key << "warm_up" << YAML::Value << exact(training.warm_up);
  out << YAML::Key << "label_smoothing" << YAML::Value << exact(training.label_smoothing);
  out << YAML::Key << "class_balanced" << YAML::Value << training.class_balanced;
  out << YAML::Key << "beta_warm_up" << YAML::Value << training.beta_warm_up;
  out << YAML::Key << "serve_teacher" << YAML::Value << training.serve_teacher;
  out << YAML::Key << "calibrate" << YAML::Value << training.calibrate;
  out << YAML::Key << "teacher_kept" << YAML::Value << training.teacher_kept;
  out << YAML::Key << "augmentation" << YAML::Value << training.augmentation;
  // Only where it says something: the programs from before it read all other bundles.
  if (training.bf16) out << YAML::Key << "bf16" << YAML::Value << true;
  return out << YAML::EndMap;
}

YAML::Emitter& operator<<(YAML::Emitter& out, const Manifest::Data& data) {
  out << YAML::BeginMap;
  out << YAML::Key << "format" << YAML::Value << data.format;
  out << YAML::Key << "fingerprint" << YAML::Value << data.fingerprint;
  // Only where they say something: the programs from before them read all other bundles.
  if (data.protocol != Manifest::Data{}.protocol) out << YAML::Key << "protocol" << YAML::Value << data.protocol;
  out << YAML::Key << "split" << YAML::Value << data.split;
  out << YAML::Key << "test_fraction" << YAML::Value << exact(data.test_fraction);
  if (data.test_folds != 0) {
    out << YAML::Key << "test_folds" << YAML::Value << data.test_folds;
    out << YAML::Key << "test_fold" << YAML::Value << data.test_fold;
  }
  if (data.folds != 1) {
    out << YAML::Key << "folds" << YAML::Value << data.folds;
    out << YAML::Key << "fold" << YAML::Value << data.fold;
  }
  out << YAML::Key << "test_subjects" << YAML::Value << data.test_subjects;
  out << YAML::Key << "training_windows" << YAML::Value << data.training_windows;
  out << YAML::Key << "validation_windows" << YAML::Value << data.validation_windows;
  out << YAML::Key << "test_windows" << YAML::Value << data.test_windows;
  out << YAML::Key << "simulated" << YAML::Value << data.simulated;
  out << YAML::Key << "notes" << YAML::Value << data.notes;
  return out << YAML::EndMap;
}

YAML::Emitter& operator<<(YAML::Emitter& out, const Manifest::Calibration& calibration) {
  out << YAML::BeginMap;
  out << YAML::Key << "activity_temperature" << YAML::Value << exact(calibration.activity_temperature);
  out << YAML::Key << "placement_temperature" << YAML::Value << exact(calibration.placement_temperature);
  if (const auto& threshold = calibration.activity_unknown_below) {
    out << YAML::Key << "activity_unknown_below" << YAML::Value << exact(*threshold);
  }
  if (const auto& threshold = calibration.placement_unknown_below) {
    out << YAML::Key << "placement_unknown_below" << YAML::Value << exact(*threshold);
  }
  return out << YAML::EndMap;
}

YAML::Emitter& operator<<(YAML::Emitter& out, const std::map<std::string, double>& metrics) {
  out << YAML::BeginMap;
  for (const auto& [name, value] : metrics) out << YAML::Key << name << YAML::Value << exact(value);
  return out << YAML::EndMap;
}

/// A name of ours: an architecture, a method, a format, a split.
std::string read_word(StrictMap& map, const std::string& key) {
  auto word = map.text(key, kMaxWordBytes);
  if (word.empty()) map.fail(key, "is empty");
  return word;
}

std::string read_sha256(StrictMap& map, const std::string& key) {
  auto digits = map.text(key, kMaxWordBytes);
  if (!is_sha256(digits)) map.fail(key, fmt::format("must be 64 lower-case hex digits, not {}", shown(digits)));
  return digits;
}

std::vector<std::string> read_labels(StrictMap& map, const std::string& key) {
  auto labels = map.texts(key, kMaxLabelBytes);
  if (labels.empty() || labels.size() > kMaxLabels) {
    map.fail(key, fmt::format("has {} labels, allowed are 1 … {}", labels.size(), kMaxLabels), kLabelAdvice);
  }
  std::set<std::string> seen;
  for (const auto& label : labels) {
    if (label.empty()) map.fail(key, "has an empty label", kLabelAdvice);
    if (label == "unknown" || label == "non_wear")
      map.fail(key, fmt::format("{} is reserved", shown(label)), kLabelAdvice);
    if (!seen.insert(label).second) map.fail(key, fmt::format("has {} twice", shown(label)), kLabelAdvice);
  }
  return labels;
}

Manifest::Architecture read_architecture(StrictMap map) {
  Manifest::Architecture architecture;
  architecture.name = read_word(map, "name");
  architecture.batch_norm = map.boolean("batch_norm");
  if (map.has("separate_tasks")) architecture.separate_tasks = map.boolean("separate_tasks");
  map.finish();
  return architecture;
}

Manifest::Input read_input(StrictMap map) {
  Manifest::Input input;
  input.rate_hz = map.number<double>("rate_hz", 1, 1000);
  input.window = map.number<int>("window", 8, 4096);
  input.step = map.number<int>("step", 1, input.window);
  input.scale = map.number<double>("scale", kSmallest, kLargest);
  map.finish();
  return input;
}

Manifest::Augmentation read_augmentation(StrictMap map) {
  Manifest::Augmentation augmentation;
  augmentation.rotate_degrees = map.number<double>("rotate_degrees", 0, 180);
  augmentation.rotate_probability = map.number<double>("rotate_probability", 0, 1);
  augmentation.permute_axes = map.number<double>("permute_axes", 0, 1);
  augmentation.time_warp = map.number<double>("time_warp", 0, 0.9);
  augmentation.scaling = map.number<double>("scaling", 0, 10);
  map.finish();
  return augmentation;
}

Manifest::Training read_training(StrictMap map) {
  Manifest::Training training;
  training.method = read_word(map, "method");
  training.epochs = map.number<int>("epochs", 1, kMaxCount);
  training.epochs_run = map.number<int>("epochs_run", 0, training.epochs);
  training.best_epoch = map.number<int>("best_epoch", 0, training.epochs_run);
  training.batch = map.number<int>("batch", 1, kMaxCount);
  training.learning_rate = map.number<double>("learning_rate", kSmallest, kLargest);
  training.alpha = map.number<double>("alpha", 0, 1);
  training.lambda = map.number<double>("lambda", 0, kLargest);
  training.temperature = map.number<double>("temperature", kSmallest, kLargest);
  training.beta = map.number<double>("beta", 0, 1);
  training.seed = map.number<std::uint64_t>("seed", 0, std::numeric_limits<std::uint64_t>::max());
  if (map.has("weight_decay")) {  // left out: a bundle from before there was anything beyond the paper
    training.weight_decay = map.number<double>("weight_decay", 0, kLargest);
    training.cosine = map.boolean("cosine");
    training.warm_up = map.number<double>("warm_up", 0, 0.9);
    training.label_smoothing = map.number<double>("label_smoothing", 0, 0.9);
    training.class_balanced = map.boolean("class_balanced");
    training.beta_warm_up = map.boolean("beta_warm_up");
    training.serve_teacher = map.boolean("serve_teacher");
    training.calibrate = map.boolean("calibrate");
    training.teacher_kept = map.boolean("teacher_kept");
    training.augmentation = read_augmentation(map.map("augmentation"));
    if (map.has("bf16")) training.bf16 = map.boolean("bf16");
  }
  map.finish();
  return training;
}

Manifest::Data read_data(StrictMap map) {
  Manifest::Data data;
  data.format = read_word(map, "format");
  data.fingerprint = read_sha256(map, "fingerprint");
  data.split = read_word(map, "split");
  if (data.split != "random" && data.split != "subject" && data.split != "leave-one-subject-out") {
    map.fail("split", "must be random, subject or leave-one-subject-out");
  }
  if (map.has("protocol")) {
    data.protocol = read_word(map, "protocol");
    if (data.protocol != "honest" && data.protocol != "published") {
      map.fail("protocol", "must be honest or published");
    }
  }
  data.test_fraction = map.number<double>("test_fraction", 0, 1);
  if (map.has("test_folds")) {
    data.test_folds = map.number<int>("test_folds", 2, kMaxCount);
    data.test_fold = map.number<int>("test_fold", 0, data.test_folds - 1);
  }
  if (map.has("folds")) {
    data.folds = map.number<int>("folds", 2, kMaxCount);
    data.fold = map.number<int>("fold", 0, data.folds - 1);
  }
  data.test_subjects = map.texts("test_subjects", kMaxSubjectBytes);
  data.training_windows = map.number<std::int64_t>("training_windows", 0, kMaxWindows);
  data.validation_windows = map.number<std::int64_t>("validation_windows", 0, kMaxWindows);
  data.test_windows = map.number<std::int64_t>("test_windows", 0, kMaxWindows);
  data.simulated = map.boolean("simulated");
  data.notes = map.texts("notes", kMaxNoteBytes);
  map.finish();
  return data;
}

Manifest::Calibration read_calibration(StrictMap map) {
  constexpr double kLeastTemperature = 0.01;
  constexpr double kMostTemperature = 100;
  Manifest::Calibration calibration;
  calibration.activity_temperature = map.number<double>("activity_temperature", kLeastTemperature, kMostTemperature);
  calibration.placement_temperature = map.number<double>("placement_temperature", kLeastTemperature, kMostTemperature);
  const auto threshold = [&](const std::string& key) -> std::optional<double> {
    if (!map.has(key)) return std::nullopt;
    return map.number<double>(key, 0, 1);
  };
  calibration.activity_unknown_below = threshold("activity_unknown_below");
  calibration.placement_unknown_below = threshold("placement_unknown_below");
  map.finish();
  return calibration;
}

std::map<std::string, double> read_metrics(StrictMap map) {
  std::map<std::string, double> metrics;
  for (const auto& name : map.keys()) metrics[name] = map.number<double>(name, -kLargest, kLargest);
  return metrics;
}

}  // namespace

std::string to_yaml(const Manifest& manifest) {
  YAML::Emitter out;
  out << YAML::BeginMap;
  out << YAML::Key << "format" << YAML::Value << Manifest::kFormat << YAML::Comment("of this file");
  out << YAML::Key << "version" << YAML::Value << manifest.version;
  out << YAML::Key << "counter" << YAML::Value << manifest.counter;
  out << YAML::Key << "architecture" << YAML::Value << manifest.architecture;
  out << YAML::Key << "activities" << YAML::Value << manifest.activities;
  out << YAML::Key << "placements" << YAML::Value << manifest.placements;
  out << YAML::Key << "input" << YAML::Value << manifest.input;
  out << YAML::Key << "training" << YAML::Value << manifest.training;
  out << YAML::Key << "data" << YAML::Value << manifest.data;
  if (manifest.calibration != Manifest::Calibration{}) {
    out << YAML::Key << "calibration" << YAML::Value << manifest.calibration;
  }
  out << YAML::Key << "metrics" << YAML::Value << manifest.metrics;
  out << YAML::Key << "weights_sha256" << YAML::Value << manifest.weights_sha256;
  out << YAML::Key << "program_version" << YAML::Value << manifest.program_version;
  out << YAML::EndMap;
  const std::string yaml = std::string(out.c_str(), out.size()) + "\n";
  return yaml + seal_of(yaml);
}

Manifest parse_manifest(std::string_view yaml, const std::string& path) {
  if (yaml.size() > kMaxManifestBytes) {
    throw BundleError(
        fmt::format("{}: has {} bytes, allowed are {}; copy the bundle again", path, yaml.size(), kMaxManifestBytes));
  }
  auto map = StrictMap::parse(yaml, path);
  const int format = map.number<int>("format", 1, std::numeric_limits<int>::max());
  if (format != Manifest::kFormat) {
    map.fail("format", fmt::format("is {}, this program reads {}", format, Manifest::kFormat),
             "use the program that wrote it");
  }
  Manifest manifest;
  manifest.version = map.text("version", kMaxWordBytes);
  manifest.counter = map.number<std::uint64_t>("counter", 1, std::numeric_limits<std::uint64_t>::max());
  if (counter_of(manifest.version) != manifest.counter) {
    map.fail("version",
             fmt::format("{} is not a UTC time and the counter {}", shown(manifest.version), manifest.counter));
  }
  manifest.architecture = read_architecture(map.map("architecture"));
  manifest.activities = read_labels(map, "activities");
  manifest.placements = read_labels(map, "placements");
  manifest.input = read_input(map.map("input"));
  manifest.training = read_training(map.map("training"));
  manifest.data = read_data(map.map("data"));
  if (map.has("calibration")) manifest.calibration = read_calibration(map.map("calibration"));
  manifest.metrics = read_metrics(map.map("metrics"));
  manifest.weights_sha256 = read_sha256(map, "weights_sha256");
  manifest.program_version = read_word(map, "program_version");

  const auto seal = std::string(kSealKey);
  static_cast<void>(read_sha256(map, seal));
  map.finish();
  const auto sealed = yaml.substr(0, yaml.rfind(seal));
  if (yaml.substr(sealed.size()) != seal_of(sealed)) map.fail(seal, "is not that of the text above it");
  return manifest;
}

Manifest read_manifest(const std::filesystem::path& path) {
  const auto bytes = read_file(path, kMaxManifestBytes);
  return parse_manifest({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string());
}

}  // namespace propriod::model
