#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace propriod::model {

/// SHA-256 (FIPS 180-4) of bytes that arrive in pieces. Throws std::runtime_error where libcrypto refuses: only when it
/// is broken or out of memory. Thread-bound.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(std::span<const std::byte> bytes);

  /// 64 lower-case hex digits. Ends the computation: neither function may be called again.
  [[nodiscard]] std::string finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

[[nodiscard]] std::string sha256(std::span<const std::byte> bytes);
[[nodiscard]] std::string sha256(std::string_view text);

/// True for what `finish` returns.
[[nodiscard]] bool is_sha256(std::string_view text) noexcept;

}  // namespace propriod::model
