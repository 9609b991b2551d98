#include "config/mqtt_url.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace propriod::config {
namespace {

using Wrong = tl::unexpected<std::string>;

constexpr std::size_t kMaxHostLength = 253;  // RFC 1035

bool is_ipv6(std::string_view host) {
  const std::string address{host.substr(0, host.find('%'))};  // fe80::1%eth0: the zone is the resolver's business
  in6_addr parsed{};
  return inet_pton(AF_INET6, address.c_str(), &parsed) == 1;
}

bool is_name_or_ipv4(std::string_view host) {
  return !host.empty() && host.size() <= kMaxHostLength && std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_';
  });
}

}  // namespace

tl::expected<MqttAddress, std::string> parse_mqtt_url(std::string_view url) {
  constexpr std::string_view kScheme = "mqtt://";
  for (const std::string_view later : {"mqtts://", "ws://", "wss://"}) {
    if (url.starts_with(later)) return Wrong(std::string{later} + " is not supported yet by this version");
  }
  if (!url.starts_with(kScheme)) return Wrong("mqtt:// is missing in front");
  url.remove_prefix(kScheme.size());
  if (url.find('@') != std::string_view::npos) {
    return Wrong("a user belongs into the keys user and password_file");
  }

  MqttAddress address;
  std::string_view port;
  if (url.starts_with('[')) {
    const std::size_t end = url.find(']');
    address.host = url.substr(1, end == std::string_view::npos ? end : end - 1);
    if (end == std::string_view::npos || !is_ipv6(address.host))
      return Wrong("there is no IPv6 address in the brackets");
    port = url.substr(end + 1);
  } else {
    const std::size_t colon = std::min(url.find(':'), url.size());
    address.host = url.substr(0, colon);
    port = url.substr(colon);
    if (is_ipv6(url)) return Wrong("an IPv6 address belongs in brackets");
    if (!is_name_or_ipv4(address.host)) return Wrong("there is no host name or address");
  }
  if (port.empty()) return address;
  const char* const end = port.data() + port.size();
  const auto [rest, error] = std::from_chars(port.data() + 1, end, address.port);
  if (port.front() != ':' || error != std::errc{} || rest != end || address.port == 0) {
    return Wrong("after the host comes nothing but a port from 1 to 65535");
  }
  return address;
}

}  // namespace propriod::config
