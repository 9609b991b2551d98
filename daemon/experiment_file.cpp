#include "daemon/experiment_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <optional>
#include <set>
#include <system_error>
#include <tuple>
#include <utility>

#include "config/reader.hpp"
#include "config/section.hpp"
#include "config/value.hpp"
#include "config/yaml_tree.hpp"
#include "model/architectures.hpp"
#include "train/data_set.hpp"
#include "train/method_names.hpp"
#include "train/recipe.hpp"
#include "train/recipe_settings.hpp"

namespace propriod::daemon {
namespace {

using config::Key;
using config::Value;
using train::ExperimentData;
using train::ExperimentPlan;
using train::ExperimentVariant;

constexpr bool kRequired = true;
constexpr bool kOptional = false;

constexpr std::size_t kMaxTextBytes = 4096;
constexpr std::size_t kMaxPatternBytes = 256;
constexpr std::size_t kMaxVariantNameBytes = 80;
constexpr std::size_t kMaxItems = 1000;

constexpr std::array<std::string_view, 2> kProtocols{"honest", "published"};
constexpr std::array<std::string_view, 3> kSplits{"random", "subject", "leave-one-subject-out"};
constexpr std::array<std::string_view, 3> kDevices{"auto", "cpu", "cuda"};

/// A list of at least one value, none twice; `read` reads one over `unread`, which is no value itself.
template <typename T, typename Read>
void read_list(const Value& value, std::vector<T>& into, const T& unread, Read read) {
  const auto items = value.items("a list");
  if (!items) return;
  if (items->empty() || items->size() > kMaxItems) {
    return value.fail(fmt::format("found {} values; allowed: 1 to {}", items->size(), kMaxItems));
  }
  std::vector<T> list;
  for (const auto& item : *items) {
    T found = unread;
    read(item, found);
    if (found == unread) continue;
    if (std::ranges::find(list, found) != list.end()) item.fail("is in the list twice; allowed: once");
    list.push_back(std::move(found));
  }
  into = std::move(list);
}

void read_words(const Value& value, std::vector<std::string>& into, std::span<const std::string_view> allowed) {
  read_list<std::string>(value, into, {}, [&](const Value& item, auto& word) { item.read_one_of(word, allowed); });
}

void read_numbers(const Value& value, std::vector<double>& into, double min, double max) {
  read_list<double>(value, into, -1, [&](const Value& item, auto& number) { item.read_number(number, min, max); });
}

void read_patterns(const Value& value, std::vector<std::string>& into) {
  read_list<std::string>(value, into, {},
                         [](const Value& item, auto& text) { item.read_text(text, kMaxPatternBytes); });
}

/// A number, or `native`.
void read_rate(const Value& value, ExperimentData& data) {
  if (value.text() == "native") return;
  const auto number = value.number();
  if (!number || *number < 1 || *number > 1000) return value.refuse("native, or a number from 1 to 1000");
  data.rate_hz = *number;
}

struct DataEntry {
  ExperimentData data;
  std::string path;  ///< as written
};

constexpr std::array<Key<DataEntry>, 11> kDataKeys{{
    {"name", kRequired, [](const Value& v, DataEntry& d) { v.read_name(d.data.name); }},
    {"path", kOptional, [](const Value& v, DataEntry& d) { v.read_text(d.path, kMaxTextBytes); }},
    {"format", kRequired,
     [](const Value& v, DataEntry& d) { v.read_one_of(d.data.format, train::data_set_formats()); }},
    {"rate", kOptional, [](const Value& v, DataEntry& d) { read_rate(v, d.data); }},
    {"protocol", kOptional, [](const Value& v, DataEntry& d) { v.read_one_of(d.data.protocol, kProtocols); }},
    {"split", kOptional, [](const Value& v, DataEntry& d) { v.read_one_of(d.data.split, kSplits); }},
    {"test_fraction", kOptional, [](const Value& v, DataEntry& d) { v.read_number(d.data.test_fraction, 0.01, 0.95); }},
    {"test_folds", kOptional, [](const Value& v, DataEntry& d) { v.read_whole_number(d.data.test_folds, 2, 1000); }},
    {"only", kOptional, [](const Value& v, DataEntry& d) { read_patterns(v, d.data.only); }},
    {"exclude", kOptional, [](const Value& v, DataEntry& d) { read_patterns(v, d.data.exclude); }},
    {"chosen_on", kOptional, [](const Value& v, DataEntry& d) { read_patterns(v, d.data.chosen_on); }},
}};

/// What the file says, before paths are looked for.
struct Draft {
  ExperimentPlan plan;
  std::vector<DataEntry> data;
};

void read_data(const Value& value, Draft& draft) {
  const auto items = value.items("a list of data sets");
  if (!items) return;
  if (items->empty()) return value.fail("found an empty list; allowed: at least one data set");
  std::set<std::string> names;
  for (const auto& item : *items) {
    auto& entry = draft.data.emplace_back();
    config::read_section<DataEntry>(item, kDataKeys, entry);
    if (!entry.data.name.empty() && !names.insert(entry.data.name).second) {
      item.fail("another data set has this name; allowed: a name of its own");
    }
    if (entry.data.split == "leave-one-subject-out" && entry.data.test_folds == 0) {
      item.fail_missing("test_folds", "missing; leave-one-subject-out needs the number of people here");
    }
    if (item.member("test_folds") && item.member("test_fraction")) {
      item.fail("has test_folds and test_fraction; allowed: one of them");
    }
  }
}

constexpr std::array<Key<ExperimentVariant>, 2> kVariantKeys{{
    {"name", kRequired, [](const Value& v, ExperimentVariant& e) { v.read_text(e.name, kMaxVariantNameBytes); }},
    {"architecture", kOptional,
     [](const Value& v, ExperimentVariant& e) {
       std::string name;
       v.read_one_of(name, model::architectures());
       if (!name.empty()) e.architecture = name;
     }},
}};

/// Whatever is not right makes a problem, and then nobody uses the value.
void read_change(const Value& value, const train::RecipeSetting& setting, ExperimentVariant& into) {
  train::RecipeChange change{.setting = std::string(setting.name), .value = 0};
  if (setting.is_switch) {
    bool on = false;
    value.read_boolean(on);
    change.value = on ? 1 : 0;
  } else {
    value.read_number(change.value, setting.low, setting.high);
  }
  into.changes.push_back(std::move(change));
}

ExperimentVariant read_variant(const Value& value) {
  ExperimentVariant variant;
  auto names = config::names_of<ExperimentVariant>(kVariantKeys);
  for (const auto& setting : train::recipe_settings()) names.push_back(setting.name);
  for (const auto& member : config::read_known<ExperimentVariant>(value, kVariantKeys, variant)) {
    if (const auto* const setting = train::recipe_setting(member.name)) {
      read_change(member.value, *setting, variant);
    } else {
      config::refuse_unknown(member, names);
    }
  }
  std::ranges::sort(variant.changes, {}, &train::RecipeChange::setting);  // the order in the file makes no difference
  return variant;
}

void read_variants(const Value& value, std::vector<ExperimentVariant>& into) {
  const auto items = value.items("a list of variants");
  if (!items) return;
  if (items->empty() || items->size() > kMaxItems) {
    return value.fail(fmt::format("found {} variants; allowed: 1 to {}", items->size(), kMaxItems));
  }
  for (const auto& item : *items) {
    auto variant = read_variant(item);
    for (const auto& other : into) {
      if (!variant.name.empty() && other.name == variant.name) {
        item.fail("another variant has this name; allowed: a name of its own");
      } else if (other.architecture == variant.architecture && other.changes == variant.changes) {
        item.fail(fmt::format("says the same as {}; allowed: something of its own", other.name));
      }
    }
    into.push_back(std::move(variant));
  }
}

/// What a list of the file varies, no variant can.
void refuse_varied_twice(const Value& root, const ExperimentPlan& plan) {
  for (const auto& variant : plan.variants) {
    if (variant.architecture && !plan.architectures.empty()) {
      root.fail(fmt::format("has architectures, and variant {} has one; allowed: one of them", variant.name));
    }
    const bool has_lambda =
        std::ranges::find(variant.changes, "lambda", &train::RecipeChange::setting) != variant.changes.end();
    if (has_lambda && !plan.lambdas.empty()) {
      root.fail(fmt::format("has lambdas, and variant {} has one; allowed: one of them", variant.name));
    }
  }
}

template <typename T>
void read_optional_count(const Value& value, std::optional<T>& into, T max) {
  T number = 0;
  value.read_whole_number<T>(number, 1, max);
  if (number > 0) into = number;
}

constexpr std::array<Key<Draft>, 18> kPlanKeys{{
    {"title", kRequired, [](const Value& v, Draft& d) { v.read_text(d.plan.title, 200); }},
    {"notes", kOptional, [](const Value& v, Draft& d) { v.read_text(d.plan.notes, kMaxTextBytes); }},
    {"data", kRequired, read_data},
    {"methods", kOptional, [](const Value& v, Draft& d) { read_words(v, d.plan.methods, train::methods()); }},
    {"architectures", kOptional,
     [](const Value& v, Draft& d) { read_words(v, d.plan.architectures, model::architectures()); }},
    {"recipes", kOptional, [](const Value& v, Draft& d) { read_words(v, d.plan.recipes, train::recipes()); }},
    {"seeds", kOptional,
     [](const Value& v, Draft& d) {
       read_list<std::uint64_t>(v, d.plan.seeds, train::kMostSeed + 1, [](const Value& item, auto& seed) {
         item.read_whole_number<std::uint64_t>(seed, 0, train::kMostSeed);
       });
     }},
    {"folds", kOptional, [](const Value& v, Draft& d) { v.read_whole_number(d.plan.folds, 2, 100); }},
    {"lambdas", kOptional, [](const Value& v, Draft& d) { read_numbers(v, d.plan.lambdas, 0, 1000); }},
    {"training_ratios", kOptional,
     [](const Value& v, Draft& d) { read_numbers(v, d.plan.training_ratios, 0.05, 0.99); }},
    {"variants", kOptional, [](const Value& v, Draft& d) { read_variants(v, d.plan.variants); }},
    {"epochs", kOptional, [](const Value& v, Draft& d) { read_optional_count(v, d.plan.epochs, 100'000); }},
    {"batch", kOptional, [](const Value& v, Draft& d) { read_optional_count(v, d.plan.batch, 65'536); }},
    {"device", kOptional, [](const Value& v, Draft& d) { v.read_one_of(d.plan.device, kDevices); }},
    {"devices", kOptional,
     [](const Value& v, Draft& d) {
       read_list<int>(v, d.plan.devices, -1,
                      [](const Value& item, auto& gpu) { item.read_whole_number(gpu, 0, 1023); });
     }},
    {"jobs", kOptional, [](const Value& v, Draft& d) { v.read_whole_number(d.plan.jobs, 1, 1024); }},
    {"threads", kOptional, [](const Value& v, Draft& d) { v.read_whole_number(d.plan.threads, 1, 1024); }},
    {"report", kOptional, [](const Value& v, Draft& d) { read_words(v, d.plan.report, train::kReportSections); }},
}};

/// `text` with every `${NAME}` replaced; the error is the first name that the environment has not.
tl::expected<std::string, std::string> expanded(std::string_view text) {
  std::string result;
  while (true) {
    const auto start = text.find("${");
    const auto end = start == std::string_view::npos ? start : text.find('}', start);
    if (end == std::string_view::npos) return result.append(text);
    const std::string name(text.substr(start + 2, end - start - 2));
    const char* const value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') return tl::unexpected(name);
    result.append(text.substr(0, start)).append(value);
    text.remove_prefix(end + 1);
  }
}

/// Finds the path of a data set; the error says why there is none.
tl::expected<std::filesystem::path, std::string> find_path(const DataEntry& entry, const std::filesystem::path& folder,
                                                           const DataPaths& paths) {
  const auto& name = entry.data.name;
  std::filesystem::path path;
  if (const auto given = paths.find(name); given != paths.end()) {
    std::error_code ignored;
    path = std::filesystem::absolute(given->second, ignored);
  } else if (entry.path.empty()) {
    return tl::unexpected(fmt::format("data set {} is not here: say where it is with --data {}=PATH", name, name));
  } else {
    const auto text = expanded(entry.path);
    if (!text) {
      return tl::unexpected(fmt::format("data set {} is not here: ${{{}}} is not set; set it or say --data {}=PATH",
                                        name, text.error(), name));
    }
    path = folder / *text;
  }
  path = path.lexically_normal();
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return tl::unexpected(
        fmt::format("data set {} is not here: there is nothing at {}; say --data {}=PATH", name, path.string(), name));
  }
  return path;
}

}  // namespace

tl::expected<ExperimentFile, std::vector<config::Problem>> read_experiment(const std::filesystem::path& file,
                                                                           const DataPaths& paths) {
  const auto text = config::read_text(file);
  if (!text) return tl::unexpected(std::vector<config::Problem>{text.error()});
  return parse_experiment(*text, file, paths);
}

tl::expected<ExperimentFile, std::vector<config::Problem>> parse_experiment(std::string_view text,
                                                                            const std::filesystem::path& file,
                                                                            const DataPaths& paths) {
  const auto tree = config::parse_yaml(text);
  if (!tree) {
    const auto& [mark, what] = tree.error();
    return tl::unexpected(std::vector<config::Problem>{{file, mark.line, mark.column, {}, what}});
  }
  std::error_code ignored;
  config::Reading reading{
      .file = file, .folder = std::filesystem::absolute(file, ignored).parent_path(), .problems = {}};
  Draft draft;
  const Value root{*tree, tree->mark, {}, reading};
  config::read_section<Draft>(root, kPlanKeys, draft);
  auto& plan = draft.plan;
  const bool in_folds = std::ranges::any_of(draft.data, [](const auto& entry) { return entry.data.test_folds > 0; });
  if (!plan.training_ratios.empty() && in_folds) {
    root.fail("has training_ratios and a data set with test_folds; allowed: one of them");
  }
  refuse_varied_twice(root, plan);
  for (const auto& [name, path] : paths) {
    if (std::ranges::none_of(draft.data, [&](const auto& entry) { return entry.data.name == name; })) {
      root.fail_missing("data", fmt::format("has no data set {}, which --data names", name));
    }
  }
  if (!reading.problems.empty()) {
    std::ranges::stable_sort(reading.problems, {}, [](const auto& p) { return std::tie(p.line, p.column); });
    return tl::unexpected(std::move(reading.problems));
  }
  ExperimentFile read{.plan = std::move(plan), .absent = {}};
  for (auto& entry : draft.data) {
    const auto path = find_path(entry, reading.folder, paths);
    if (path) {
      entry.data.path = *path;
    } else {
      read.absent.emplace(entry.data.name, path.error());
    }
    read.plan.data.push_back(std::move(entry.data));
  }
  return read;
}

}  // namespace propriod::daemon
