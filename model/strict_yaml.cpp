#include "model/strict_yaml.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <utility>

#include "drivers/label.hpp"
#include "drivers/parse_number.hpp"
#include "model/errors.hpp"

namespace propriod::model {
namespace {

constexpr std::size_t kMaxKeyBytes = 64;

/// From 1; what has no place in the file counts as its first line.
int line_of(const YAML::Mark& mark) { return std::max(mark.line, 0) + 1; }

[[noreturn]] void fail_at(const std::string& path, int line, std::string_view message,
                          std::string_view advice = StrictMap::kAdvice) {
  throw BundleError(fmt::format("{}:{}: {}; {}", path, line, message, advice));
}

/// Without this yaml-cpp would turn UTF-16 and broken UTF-8 into something.
void check_text(std::string_view yaml, const std::string& path) {
  for (int line = 1; !yaml.empty(); ++line) {
    const auto text = yaml.substr(0, yaml.find('\n'));
    if (!drivers::is_plain_text(text, text.size())) fail_at(path, line, "is not UTF-8 without control characters");
    yaml.remove_prefix(std::min(text.size() + 1, yaml.size()));
  }
}

/// Sees a document before any of it is kept: an alias can make a small file large, and levels cost stack.
class PlainDocument final : public YAML::EventHandler {
 public:
  explicit PlainDocument(const std::string& path) : path_(path) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (std::exchange(started_, true)) fail_at(path_, line_of(mark), "a second document begins");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { count(mark, "?", anchor); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    fail_at(path_, line_of(mark), "an alias, which is not allowed");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string&) override {
    count(mark, tag, anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    descend(mark, tag, anchor);
  }
  void OnSequenceEnd() override { --level_; }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    descend(mark, tag, anchor);
  }
  void OnMapEnd() override { --level_; }

 private:
  static constexpr int kMaxLevels = 8;
  static constexpr int kMaxNodes = 16384;

  void count(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) fail_at(path_, line_of(mark), "an anchor, which is not allowed");
    if (!tag.empty() && tag != "?" && tag != "!") fail_at(path_, line_of(mark), "a tag, which is not allowed");
    if (++nodes_ > kMaxNodes) fail_at(path_, line_of(mark), fmt::format("more than {} values", kMaxNodes));
  }
  void descend(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    count(mark, tag, anchor);
    if (++level_ > kMaxLevels) fail_at(path_, line_of(mark), fmt::format("more than {} levels", kMaxLevels));
  }

  const std::string& path_;
  bool started_ = false;
  int level_ = 0;
  int nodes_ = 0;
};

}  // namespace

StrictMap StrictMap::parse(std::string_view yaml, const std::string& path) {
  check_text(yaml, path);
  try {
    const std::string text(yaml);
    std::istringstream stream(text);
    PlainDocument plain(path);
    for (YAML::Parser parser(stream); parser.HandleNextDocument(plain);) {
    }
    return StrictMap(YAML::Load(text), path, "");
  } catch (const YAML::Exception& error) {
    fail_at(path, line_of(error.mark), "not YAML: " + shown(error.msg));
  }
}

StrictMap::StrictMap(const YAML::Node& node, std::string path, std::string prefix)
    : path_(std::move(path)), prefix_(std::move(prefix)), line_(line_of(node.Mark())) {
  if (!node.IsMap()) fail_at(path_, line_, "must be keys and values");
  for (const auto& pair : node) {
    const int line = line_of(pair.first.Mark());
    if (!pair.first.IsScalar()) fail_at(path_, line, "a key must be a single word");
    const auto& key = pair.first.Scalar();
    if (!drivers::is_plain_text(key, kMaxKeyBytes)) fail_at(path_, line, fmt::format("{}: unknown key", shown(key)));
    if (!entries_.emplace(key, Entry{pair.second, line}).second)
      fail_at(path_, line, prefix_ + key + ": is there twice");
  }
}

StrictMap StrictMap::map(const std::string& key) {
  const auto& node = take(key);
  if (!node.IsMap()) fail(key, "must be keys and values");
  return {node, path_, prefix_ + key + "."};
}

bool StrictMap::boolean(const std::string& key) {
  const auto value = text(key, kMaxKeyBytes);
  if (value != "true" && value != "false") fail(key, fmt::format("must be true or false, not {}", shown(value)));
  return value == "true";
}

std::string StrictMap::text(const std::string& key, std::size_t max_bytes) {
  return checked_text(key, take(key), max_bytes);
}

std::vector<std::string> StrictMap::texts(const std::string& key, std::size_t max_bytes) {
  const auto& node = take(key);
  if (!node.IsSequence()) fail(key, "must be a list");
  std::vector<std::string> texts;
  for (const auto& item : node) texts.push_back(checked_text(key, item, max_bytes));
  return texts;
}

template <typename Number>
Number StrictMap::number(const std::string& key, std::type_identity_t<Number> least,
                         std::type_identity_t<Number> most) {
  const auto value = text(key, kMaxKeyBytes);
  Number number{};
  if (!drivers::parse_number(value, number) || number < least || number > most) {
    fail(key, fmt::format("must be {} within {} … {}, not {}",
                          std::is_integral_v<Number> ? "a whole number" : "a number", least, most, shown(value)));
  }
  return number;
}
template int StrictMap::number<int>(const std::string&, int, int);
template std::int64_t StrictMap::number<std::int64_t>(const std::string&, std::int64_t, std::int64_t);
template std::uint64_t StrictMap::number<std::uint64_t>(const std::string&, std::uint64_t, std::uint64_t);
template double StrictMap::number<double>(const std::string&, double, double);

std::vector<std::string> StrictMap::keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, entry] : entries_) keys.push_back(key);
  return keys;
}

void StrictMap::finish() const {
  for (const auto& [key, entry] : entries_) {
    if (!entry.taken) fail(key, "unknown key");
  }
}

void StrictMap::fail(const std::string& key, std::string_view message, std::string_view advice) const {
  fail_at(path_, entries_.at(key).line, fmt::format("{}{}: {}", prefix_, key, message), advice);
}

const YAML::Node& StrictMap::take(const std::string& key) {
  const auto entry = entries_.find(key);
  if (entry == entries_.end()) fail_at(path_, line_, prefix_ + key + ": is missing");
  entry->second.taken = true;
  return entry->second.value;
}

std::string StrictMap::checked_text(const std::string& key, const YAML::Node& node, std::size_t max_bytes) const {
  if (!node.IsScalar()) fail(key, "must be a single value");
  if (!drivers::is_plain_text(node.Scalar(), max_bytes)) {
    fail(key, fmt::format("must be text of at most {} bytes, not {}", max_bytes, shown(node.Scalar())));
  }
  return node.Scalar();
}

}  // namespace propriod::model
