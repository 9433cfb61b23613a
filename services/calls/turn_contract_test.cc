// What coturn makes of our credentials (S79): a real one on an address of its own; it is in
// tests/packages.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include <absl/time/clock.h>
#include <gtest/gtest.h>

#include "common/testing/temporary_folder.h"
#include "services/calls/turn.h"

extern char** environ;

namespace parley::calls {
namespace {

constexpr char kAddress[] = "127.77.5.3";
constexpr char kSecret[] = "the secret of both";

pid_t Spawn(std::vector<std::string> arguments, const std::string& log) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t pid = -1;
  posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

int ExitStatus(pid_t pid) {
  int status = -1;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

sockaddr_in AddressOf(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  inet_pton(AF_INET, kAddress, &address.sin_addr);
  return address;
}

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = AddressOf(0);
  socklen_t size = sizeof(address);
  bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

bool Listens(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = AddressOf(port);
  const bool connected =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  close(fd);
  return connected;
}

class TurnContract : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists("/usr/bin/turnserver")) GTEST_SKIP() << "coturn is not installed";
    port_ = std::to_string(FreePort());
    server_ = Spawn(
        {"turnserver", "-n", "--use-auth-secret", std::string("--static-auth-secret=") + kSecret,
         "--realm=test", "--listening-ip", kAddress, "--listening-port", port_, "--relay-ip",
         kAddress, "--no-tls", "--no-dtls", "--no-cli", "--allow-loopback-peers", "--pidfile",
         Path("pid"), "--log-file", "stdout"},
        Path("server.log"));
    const absl::Time end = absl::Now() + absl::Seconds(30);
    while (!Listens(std::stoi(port_)) && absl::Now() < end) absl::SleepFor(absl::Milliseconds(20));
  }
  void TearDown() override {
    if (server_ <= 0) return;
    kill(server_, SIGKILL);
    ExitStatus(server_);
  }

  std::string Path(const std::string& name) const { return folder_.path() + "/" + name; }

  // Whether two peers with this credential get packets to each other through the relay.
  bool Relays(const TurnCredential& credential) const {
    return ExitStatus(Spawn({"timeout", "30", "turnutils_uclient", "-u", credential.username, "-w",
                             credential.password, "-p", port_, "-m", "1", "-n", "3", "-y", "-L",
                             kAddress, kAddress},
                            Path("client.log"))) == 0;
  }

  TemporaryFolder folder_;
  std::string port_;
  pid_t server_ = -1;
};

TEST_F(TurnContract, RelaysForWhoeverHasACredentialOfOurs) {
  EXPECT_TRUE(Relays(MakeTurnCredential(kSecret, "@alice:test", absl::Now() + absl::Minutes(10))));
}

TEST_F(TurnContract, RefusesCredentialsThatAreOverOrNotOurs) {
  EXPECT_FALSE(Relays(MakeTurnCredential(kSecret, "@alice:test", absl::Now() - absl::Seconds(10))));
  EXPECT_FALSE(
      Relays(MakeTurnCredential("another secret", "@alice:test", absl::Now() + absl::Minutes(10))));
}

}  // namespace
}  // namespace parley::calls
