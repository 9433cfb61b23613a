#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <string>
#include <string_view>

// A raw socket for tests: says exactly what it is told to, and shows exactly what came back.
namespace parley::http {

class TestingClient {
 public:
  explicit TestingClient(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    const timeval timeout{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  }
  ~TestingClient() { Close(); }
  TestingClient(const TestingClient&) = delete;
  TestingClient& operator=(const TestingClient&) = delete;

  void Send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t count = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (count <= 0) return;
      text.remove_prefix(static_cast<size_t>(count));
    }
  }

  // Reads until `count` times `text` has come in all, or the connection ended. Returns all that has come.
  const std::string& ReadUntil(std::string_view text, int count = 1) {
    while (Occurrences(text) < count && ReadSome()) {
    }
    return received_;
  }

  const std::string& ReadAll() {
    while (ReadSome()) {
    }
    return received_;
  }

  void HalfClose() { ::shutdown(fd_, SHUT_WR); }
  void Close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  int Occurrences(std::string_view text) const {
    int count = 0;
    for (size_t at = received_.find(text); at != received_.npos; at = received_.find(text, at + 1)) ++count;
    return count;
  }

 private:
  bool ReadSome() {
    char buffer[16 << 10];
    const ssize_t count = ::recv(fd_, buffer, sizeof(buffer), 0);
    if (count > 0) received_.append(buffer, static_cast<size_t>(count));
    return count > 0;
  }

  int fd_;
  std::string received_;
};

}  // namespace parley::http
