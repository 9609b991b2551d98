#include "tests/support/mosquitto.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <stdexcept>

namespace propriod::tests {
namespace {

/// Nobody else is given it soon: the kernel hands out ephemeral ports in no order.
std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  const bool bound = bind(socket, generic, size) == 0 && getsockname(socket, generic, &size) == 0;
  close(socket);
  if (!bound) throw std::runtime_error("no free port on 127.0.0.1");
  return ntohs(address.sin_port);
}

/// Debian installs it where the PATH of an ordinary user does not lead.
std::string mosquitto_program() {
  const std::string in_sbin = "/usr/sbin/mosquitto";
  return access(in_sbin.c_str(), X_OK) == 0 ? in_sbin : "mosquitto";
}

}  // namespace

Mosquitto::Mosquitto(const std::string& more_configuration) : port_(free_port()) {
  std::ofstream configuration{directory_ / "mosquitto.conf"};
  configuration << "listener " << port_ << " 127.0.0.1\n"
                << "user root\n"  // when root runs it, it would change to a user that cannot read the directory
                << "persistence false\n"
                << "log_dest stderr\nlog_type error\nlog_type information\n";
  if (more_configuration.find("allow_anonymous") == std::string::npos) configuration << "allow_anonymous true\n";
  configuration << more_configuration;
}

void Mosquitto::start() {
  process_.emplace(std::vector<std::string>{mosquitto_program(), "-c", (directory_ / "mosquitto.conf").string()});
  process_->await_output(" running");
}

void Mosquitto::stop() {
  process_->send_signal(SIGTERM);
  process_->wait();
  process_.reset();
}

void Mosquitto::kill() { process_.reset(); }

void Mosquitto::freeze() { process_->send_signal(SIGSTOP); }

void Mosquitto::thaw() { process_->send_signal(SIGCONT); }

}  // namespace propriod::tests
