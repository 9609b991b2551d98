#include "config/mqtt_url.hpp"

#include <gtest/gtest.h>

#include <string>

namespace propriod::config {
namespace {

MqttAddress parsed(std::string_view url) { return parse_mqtt_url(url).value(); }

std::string error_of(std::string_view url) {
  const auto address = parse_mqtt_url(url);
  return address ? "none" : address.error();
}

TEST(MqttUrl, HasAHostAndPerhapsAPort) {
  EXPECT_EQ(parsed("mqtt://localhost"), (MqttAddress{"localhost", 1883}));
  EXPECT_EQ(parsed("mqtt://broker.local:8883"), (MqttAddress{"broker.local", 8883}));
  EXPECT_EQ(parsed("mqtt://192.168.0.2:1"), (MqttAddress{"192.168.0.2", 1}));
}

TEST(MqttUrl, HasAnIpv6AddressInBrackets) {
  EXPECT_EQ(parsed("mqtt://[::1]"), (MqttAddress{"::1", 1883}));
  EXPECT_EQ(parsed("mqtt://[fe80::1%eth0]:65535"), (MqttAddress{"fe80::1%eth0", 65535}));
  EXPECT_EQ(error_of("mqtt://::1"), "an IPv6 address belongs in brackets");
  for (const auto* url : {"mqtt://[::1", "mqtt://[]", "mqtt://[localhost]", "mqtt://[::1%"}) {
    EXPECT_EQ(error_of(url), "there is no IPv6 address in the brackets") << url;
  }
}

TEST(MqttUrl, SaysWhichSchemesAreStillToCome) {
  EXPECT_EQ(error_of("mqtts://broker"), "mqtts:// is not supported yet by this version");
  EXPECT_EQ(error_of("ws://broker"), "ws:// is not supported yet by this version");
  EXPECT_EQ(error_of("wss://broker"), "wss:// is not supported yet by this version");
  for (const auto* url : {"", "broker", "tcp://broker", "MQTT://broker"}) {
    EXPECT_EQ(error_of(url), "mqtt:// is missing in front") << url;
  }
}

TEST(MqttUrl, RefusesOtherHostsAndPorts) {
  for (const auto* url : {"mqtt://", "mqtt://:1883", "mqtt://bro ker", "mqtt://broker/topic"}) {
    EXPECT_EQ(error_of(url), "there is no host name or address") << url;
  }
  for (const auto* url : {"mqtt://b:", "mqtt://b:0", "mqtt://b:65536", "mqtt://b:-1", "mqtt://b:1/", "mqtt://[::1]1"}) {
    EXPECT_EQ(error_of(url), "after the host comes nothing but a port from 1 to 65535") << url;
  }
  EXPECT_EQ(error_of("mqtt://user:secret@broker"), "a user belongs into the keys user and password_file");
}

}  // namespace
}  // namespace propriod::config
