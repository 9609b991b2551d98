#include "model/safetensors_header.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "drivers/label.hpp"
#include "model/errors.hpp"

namespace propriod::model {
namespace {

/// Takes the JSON event by event: a DOM would swallow duplicate keys, and an event that is out of place ends it at
/// once.
///     {"__metadata__": {"key": "text", …}, "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, …}
class HeaderReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderReader(const std::string& what) : what_(what) {}

  std::vector<TensorEntry> take() { return std::move(entries_); }

  bool start_object(std::size_t) override {
    if (place_ == Place::kStart) return enter(Place::kHeader);
    if (place_ == Place::kHeader) return enter(in_metadata_ ? Place::kMetadata : Place::kEntry);
    misplaced("an object");
  }

  bool end_object() override {
    if (place_ == Place::kHeader) return enter(Place::kEnd);
    if (place_ == Place::kEntry) {
      for (std::size_t i = 0; i < kFields.size(); ++i) {
        if (!seen_[i]) fail(fmt::format("tensor {} has no '{}'", shown(entry().name), kFields[i]));
      }
      if (offsets_ != 2) fail(fmt::format("tensor {} needs two data_offsets", shown(entry().name)));
    }
    return enter(Place::kHeader);
  }

  bool key(string_t& text) override {
    switch (place_) {
      case Place::kHeader:
        return start_tensor(text);
      case Place::kMetadata:
        if (!metadata_keys_.insert(text).second) fail(fmt::format("__metadata__ has {} twice", shown(text)));
        return true;
      default:
        return start_field(text);
    }
  }

  bool string(string_t& text) override {
    if (place_ == Place::kMetadata) return true;
    if (place_ != Place::kEntry || field_ != kDtype) misplaced("a text");
    if (text != "F32")
      fail(fmt::format("tensor {} is of dtype {}, only F32 is allowed", shown(entry().name), shown(text)));
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::kEntry || field_ == kDtype) misplaced("a list");
    return enter(Place::kList);
  }

  bool end_array() override { return enter(Place::kEntry); }

  bool number_unsigned(number_unsigned_t number) override {
    if (place_ != Place::kList) misplaced("a number");
    if (field_ == kShape) {
      if (entry().shape.size() == kMaxTensorDimensions) {
        fail(fmt::format("tensor {} has more than {} dimensions", shown(entry().name), kMaxTensorDimensions));
      }
      entry().shape.push_back(number);
    } else {
      if (offsets_ == 2) fail(fmt::format("tensor {} needs two data_offsets", shown(entry().name)));
      (offsets_++ == 0 ? entry().begin : entry().end) = number;
    }
    return true;
  }

  bool number_integer(number_integer_t) override { misplaced("a negative number"); }
  bool number_float(number_float_t, const string_t&) override { misplaced("a fraction or a number past 64 bits"); }
  bool null() override { misplaced("null"); }
  bool boolean(bool) override { misplaced("true or false"); }
  bool binary(binary_t&) override { misplaced("binary data"); }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
    fail(fmt::format("is not JSON in UTF-8 at byte {} of the header", position));
  }

 private:
  enum class Place : std::uint8_t { kStart, kHeader, kMetadata, kEntry, kList, kEnd };
  static constexpr std::array<std::string_view, 3> kFields{"dtype", "shape", "data_offsets"};
  static constexpr std::size_t kDtype = 0, kShape = 1;

  [[noreturn]] void fail(const std::string& message) const {
    throw BundleError(fmt::format("{}: {}; copy the bundle again", what_, message));
  }

  [[noreturn]] void misplaced(std::string_view found) const {
    if (entries_.empty()) fail(fmt::format("the header has {} where none may be", found));
    fail(fmt::format("the header has {} where none may be, near tensor {}", found, shown(entries_.back().name)));
  }

  bool enter(Place place) {
    place_ = place;
    return true;
  }

  bool start_tensor(const std::string& name) {
    if (!names_.insert(name).second) fail(fmt::format("the header has {} twice", shown(name)));
    in_metadata_ = name == "__metadata__";
    if (in_metadata_) return true;
    if (name.empty() || !drivers::is_plain_text(name, kMaxTensorNameBytes)) {
      fail(fmt::format("tensor name {} is not text of 1 to {} bytes", shown(name), kMaxTensorNameBytes));
    }
    if (entries_.size() == kMaxTensors) fail(fmt::format("has more than {} tensors", kMaxTensors));
    entries_.push_back({.name = name, .shape = {}});
    seen_ = {};
    offsets_ = 0;
    return true;
  }

  bool start_field(const std::string& name) {
    for (std::size_t i = 0; i < kFields.size(); ++i) {
      if (name != kFields[i]) continue;
      if (std::exchange(seen_[i], true)) fail(fmt::format("tensor {} has '{}' twice", shown(entry().name), name));
      field_ = i;
      return true;
    }
    fail(fmt::format("tensor {} has the unknown key {}", shown(entry().name), shown(name)));
  }

  TensorEntry& entry() { return entries_.back(); }

  const std::string& what_;
  Place place_ = Place::kStart;
  std::vector<TensorEntry> entries_;
  std::set<std::string> names_;
  std::set<std::string> metadata_keys_;
  bool in_metadata_ = false;
  // Of the last entry:
  std::array<bool, kFields.size()> seen_{};
  std::size_t field_ = 0;
  int offsets_ = 0;
};

}  // namespace

std::vector<TensorEntry> parse_safetensors_header(std::string_view json, const std::string& what) {
  HeaderReader reader(what);
  nlohmann::json::sax_parse(json.begin(), json.end(), &reader);
  return reader.take();
}

}  // namespace propriod::model
