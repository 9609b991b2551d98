#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "drivers/byte_source.hpp"

struct z_stream_s;  // zlib's

namespace propriod::drivers {

/// Decompresses gzip, of any number of members; what does not begin as gzip passes through as it is.
class Gunzip final : public ByteSource {
 public:
  /// `name` is for messages.
  Gunzip(std::string name, std::unique_ptr<ByteSource> source);
  ~Gunzip() override;

  /// Throws TruncatedError where the gzip ends too early and RecordingError where it is corrupt, after all bytes before
  /// were given; and what `source` throws.
  [[nodiscard]] std::size_t read(std::span<char> buffer) override;

 private:
  enum class Kind : std::uint8_t { kUnknown, kPlain, kGzip, kEnded };

  bool begins_as_gzip();
  bool refill();
  std::size_t take_plain(std::span<char> buffer);
  std::size_t inflate_into(std::span<char> buffer);

  std::string name_;
  std::unique_ptr<ByteSource> source_;
  std::unique_ptr<z_stream_s> stream_;  // made for gzip only
  Kind kind_ = Kind::kUnknown;
  std::array<char, 16384> input_;
  std::size_t begin_ = 0;  // what of input_ was read and not yet taken
  std::size_t end_ = 0;
  std::uint64_t given_bytes_ = 0;
};

}  // namespace propriod::drivers
