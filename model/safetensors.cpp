#include "model/safetensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "model/errors.hpp"
#include "model/safetensors_header.hpp"

namespace propriod::model {
namespace {

static_assert(std::endian::native == std::endian::little, "lengths and values are copied as they lie in the file");

constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kMaxHeaderBytes = std::size_t{1} << 20;
constexpr std::size_t kAlignment = 8;

[[noreturn]] void fail(const std::string& what, const std::string& message) {
  throw BundleError(fmt::format("{}: {}; copy the bundle again", what, message));
}

/// Throws BundleError for a name that is not UTF-8.
std::string json_text(const std::string& name) try {
  return nlohmann::json(name).dump();
} catch (const nlohmann::json::type_error&) {
  throw BundleError(fmt::format("tensor name {} is not UTF-8; rename the parameter", shown(name)));
}

/// The number of values in a tensor; nothing when it is more than a file can hold.
std::optional<std::uint64_t> count_values(std::span<const std::uint64_t> shape) {
  constexpr std::uint64_t kMaxValues = kMaxSafetensorsBytes / sizeof(float);
  std::uint64_t count = 1;
  for (const auto size : shape) {
    if (size > kMaxValues) return std::nullopt;
    count *= size;  // below 2^56
    if (count > kMaxValues) return std::nullopt;
  }
  return count;
}

/// Throws unless the entries, sorted by place, fill `size` bytes without gap or overlap, each with as many as its shape
/// says.
void check_layout(std::span<const TensorEntry> entries, std::uint64_t size, const std::string& what) {
  std::uint64_t filled = 0;
  for (const auto& entry : entries) {
    const auto name = shown(entry.name);
    if (entry.begin > entry.end || entry.end > size) {
      fail(what, fmt::format("tensor {} lies at bytes {} to {} of {}", name, entry.begin, entry.end, size));
    }
    const auto values = count_values(entry.shape);
    if (!values) fail(what, fmt::format("the shape of tensor {} is too large", name));
    if (entry.end - entry.begin != *values * sizeof(float)) {
      fail(what, fmt::format("tensor {} has {} bytes, its shape says {}", name, entry.end - entry.begin,
                             *values * sizeof(float)));
    }
    if (entry.begin < filled) fail(what, fmt::format("tensor {} overlaps the one before it", name));
    if (entry.begin > filled) fail(what, fmt::format("there is a gap before tensor {}", name));
    filled = entry.end;
  }
  if (filled != size) fail(what, fmt::format("{} bytes follow the last tensor", size - filled));
}

NamedTensor read_tensor(const TensorEntry& entry, std::span<const std::byte> values, const std::string& what) {
  NamedTensor tensor{.name = entry.name, .shape = {entry.shape.begin(), entry.shape.end()}, .values = {}};
  tensor.values.resize((entry.end - entry.begin) / sizeof(float));
  if (!tensor.values.empty()) {
    std::memcpy(tensor.values.data(), values.data() + entry.begin, tensor.values.size() * sizeof(float));
  }
  const auto bad = std::ranges::find_if_not(tensor.values, [](float value) { return std::isfinite(value); });
  if (bad != tensor.values.end()) {
    throw BundleError(fmt::format("{}: tensor {} has {} at index {}; train the model again", what, shown(entry.name),
                                  *bad, bad - tensor.values.begin()));
  }
  return tensor;
}

}  // namespace

std::vector<std::byte> to_safetensors(std::span<const NamedTensor> tensors) {
  std::vector<const NamedTensor*> sorted;
  for (const auto& tensor : tensors) sorted.push_back(&tensor);
  std::ranges::sort(sorted, {}, &NamedTensor::name);

  // Entry by entry, since an object of nlohmann's would drop one of two tensors of the same name unseen.
  std::string header = R"({"__metadata__":{"format":"pt"})";
  std::size_t end = 0;
  for (const auto* tensor : sorted) {
    const auto begin = std::exchange(end, end + tensor->values.size() * sizeof(float));
    header += fmt::format(R"(,{}:{{"dtype":"F32","shape":[{}],"data_offsets":[{},{}]}})", json_text(tensor->name),
                          fmt::join(tensor->shape, ","), begin, end);
  }
  header += '}';
  header.resize((header.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');

  std::vector<std::byte> bytes(kLengthBytes + header.size() + end);
  auto next = bytes.begin();
  const auto append = [&](std::span<const std::byte> part) { next = std::ranges::copy(part, next).out; };
  const std::uint64_t header_size = header.size();
  append(std::as_bytes(std::span(&header_size, 1)));
  append(std::as_bytes(std::span(header)));
  for (const auto* tensor : sorted) append(std::as_bytes(std::span(tensor->values)));
  return bytes;
}

std::vector<NamedTensor> parse_safetensors(std::span<const std::byte> bytes, const std::string& what) {
  if (bytes.size() > kMaxSafetensorsBytes) fail(what, fmt::format("has more than {} bytes", kMaxSafetensorsBytes));
  if (bytes.size() < kLengthBytes) fail(what, fmt::format("has {} bytes, too few for a header", bytes.size()));
  std::uint64_t header_size = 0;
  std::memcpy(&header_size, bytes.data(), kLengthBytes);
  bytes = bytes.subspan(kLengthBytes);
  if (header_size > kMaxHeaderBytes) {
    fail(what, fmt::format("its header claims {} bytes, allowed are {}", header_size, kMaxHeaderBytes));
  }
  if (header_size > bytes.size()) {
    fail(what, fmt::format("its header claims {} bytes, the file has {} more", header_size, bytes.size()));
  }
  const auto header = bytes.first(header_size);
  const auto values = bytes.subspan(header_size);

  auto entries = parse_safetensors_header({reinterpret_cast<const char*>(header.data()), header.size()}, what);
  std::ranges::sort(entries, {}, [](const TensorEntry& entry) { return std::tuple(entry.begin, entry.end); });
  check_layout(entries, values.size(), what);

  std::vector<NamedTensor> tensors;
  tensors.reserve(entries.size());
  for (const auto& entry : entries) tensors.push_back(read_tensor(entry, values, what));
  return tensors;
}

}  // namespace propriod::model
