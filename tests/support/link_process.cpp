// A process with an MQTT link and nothing else, for a test to kill: link_process PORT STATUS_TOPIC
#include <cstdint>
#include <string>

#include "daemon/mqtt_link.hpp"

int main(int, char** arguments) {
  propriod::drivers::Wakeup bell;
  propriod::daemon::MqttLink link{{.host = "127.0.0.1",
                                   .port = static_cast<std::uint16_t>(std::stoi(arguments[1])),
                                   .client_id = "link_process",
                                   .status_topic = arguments[2]},
                                  bell};
  while (true) {
    link.poll();
    bell.wait_until(link.next_deadline());
  }
}
