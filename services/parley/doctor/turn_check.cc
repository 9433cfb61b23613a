#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/strip.h>

#include "common/base/rng.h"
#include "common/base/server_name.h"
#include "common/base/strings.h"
#include "common/status/macros.h"
#include "services/parley/doctor/checks.h"

namespace parley::doctor {
namespace {

constexpr char kTurn[] = "turn";
constexpr int kAnswerMs = 3000;
constexpr uint16_t kTurnPort = 3478, kTurnsPort = 5349;

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

absl::StatusOr<Addresses> Resolve(const TurnUri& uri) {
  addrinfo hints{};
  hints.ai_socktype = uri.udp ? SOCK_DGRAM : SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(uri.host.c_str(), std::to_string(uri.port).c_str(), &hints, &found);
  if (error != 0)
    return absl::NotFoundError(StrCat("its name is not found: ", gai_strerror(error)));
  return Addresses(found, &freeaddrinfo);
}

// RFC 8489, section 5: a Binding request without attributes; everyone that speaks STUN answers it.
std::string BindingRequest(std::string_view transaction) {
  return StrCat(std::string_view("\x00\x01\x00\x00\x21\x12\xA4\x42", 8), transaction);
}

bool IsAnswer(std::string_view bytes, std::string_view transaction) {
  return bytes.size() >= 20 && bytes.substr(8, 12) == transaction;
}

bool IsReady(int fd, int16_t event) {
  pollfd waiting{fd, event, 0};
  return poll(&waiting, 1, kAnswerMs) == 1;
}

// Whether something answers STUN there; over TLS, whether a connection is taken.
absl::Status Ask(const TurnUri& uri, const addrinfo& address) {
  const absl::Status silent =
      absl::UnavailableError(StrCat("nothing answers at ", uri.host, ":", uri.port));
  const int fd = socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return silent;
  const std::unique_ptr<const int, void (*)(const int*)> closing(
      &fd, [](const int* open) { close(*open); });
  const bool connects =
      connect(fd, address.ai_addr, address.ai_addrlen) == 0 || errno == EINPROGRESS;
  int error = 0;
  socklen_t size = sizeof error;
  if (!connects || !IsReady(fd, POLLOUT) ||
      getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
    return silent;
  }
  if (uri.tls) return absl::OkStatus();
  const std::string transaction = Rng::System().Bytes(12);
  const std::string request = BindingRequest(transaction);
  char answer[1500];
  if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) < 0 || !IsReady(fd, POLLIN))
    return silent;
  const ssize_t got = recv(fd, answer, sizeof answer, 0);
  if (got > 0 && IsAnswer({answer, static_cast<size_t>(got)}, transaction)) return absl::OkStatus();
  return absl::UnavailableError(
      StrCat("what answers at ", uri.host, ":", uri.port, " is no TURN server"));
}

absl::Status Try(std::string_view text) {
  PARLEY_TRY(const TurnUri uri, ParseTurnUri(text));
  PARLEY_TRY(const Addresses addresses, Resolve(uri));
  absl::Status status = absl::NotFoundError("its name has no address");
  for (const addrinfo* address = addresses.get(); address != nullptr && !status.ok();
       address = address->ai_next) {
    status = Ask(uri, *address);
  }
  return status;
}

}  // namespace

absl::StatusOr<TurnUri> ParseTurnUri(std::string_view text) {
  const absl::Status refusal =
      absl::InvalidArgumentError("it is not of the form turn:host[:port][?transport=udp|tcp]");
  TurnUri uri;
  absl::string_view rest = Abs(text);
  uri.tls = absl::ConsumePrefix(&rest, "turns:");
  if (!uri.tls && !absl::ConsumePrefix(&rest, "turn:")) return refusal;
  uri.udp = !uri.tls;
  if (absl::ConsumeSuffix(&rest, "?transport=tcp")) uri.udp = false;
  if (absl::ConsumeSuffix(&rest, "?transport=udp")) uri.udp = true;
  const auto name = ParseServerName(Std(rest));
  if (!name || name->port.value_or(1) > 65535) return refusal;
  uri.host = name->HostToConnectTo();
  uri.port = static_cast<uint16_t>(name->port.value_or(uri.tls ? kTurnsPort : kTurnPort));
  return uri;
}

void CheckTurn(const Config& config, Report& report) {
  if (config.calls.turn_uris.empty()) {
    report.Note(kTurn, "no TURN server is configured",
                "calls between networks need one: see turn.uris");
    return;
  }
  for (const std::string& uri : config.calls.turn_uris) {
    const absl::Status status = Try(uri);
    if (status.ok()) {
      report.Good(kTurn, StrCat(uri, " answers"));
    } else {
      report.Bad(kTurn, StrCat(uri, ": ", Std(status.message())),
                 "see that coturn runs there, and the firewall");
    }
  }
}

}  // namespace parley::doctor
