#include <memory>

#include <absl/time/clock.h>

#include "common/base/clock.h"
#include "common/base/rng.h"
#include "common/base/strings.h"
#include "common/federation/key_document.h"
#include "common/http/client.h"
#include "common/http/redirect.h"
#include "common/json/value.h"
#include "common/status/macros.h"
#include "services/federation/discovery.h"
#include "services/parley/doctor/checks.h"

namespace parley::doctor {
namespace {

constexpr absl::Duration kAnswerTime = absl::Seconds(10);

constexpr char kFederation[] = "federation";
constexpr char kClients[] = "clients";
constexpr char kClock[] = "clock";

// It asks from the inside, so it may go to any address.
absl::StatusOr<std::unique_ptr<http::Client>> MakeClient(const Config& config) {
  http::ClientOptions options;
  PARLEY_TRY(options.addresses, http::AddressRules::Make({"0.0.0.0/0", "::/0"}, {}));
  options.extra_ca_file = config.federation.ca_file;
  options.connect_timeout = absl::Seconds(5);
  return http::Client::Make(options);
}

absl::StatusOr<http::ClientResponse> Get(http::Client& client, http::ClientRequest request) {
  request.deadline = absl::Now() + kAnswerTime;
  PARLEY_TRY(http::ClientResponse answer, client.SendAndWait(std::move(request)));
  if (answer.status != 200)
    return absl::UnavailableError(StrCat("the answer's status is ", answer.status));
  return answer;
}

absl::StatusOr<http::ClientResponse> GetFrom(http::Client& client, const federation::Route& route,
                                             const char* path) {
  absl::Status last;
  for (const federation::Target& target : route.targets) {
    auto answer = Get(client, {.host = target.host,
                               .port = target.port,
                               .tls_name = route.tls_name,
                               .host_header = route.host_header,
                               .target = path});
    if (answer.ok()) return answer;
    last = absl::Status(answer.status().code(), StrCat(target.host, ":", target.port, ": ",
                                                       Std(answer.status().message())));
  }
  return last;
}

absl::StatusOr<std::string> FindOwnKey(const Config& config, http::Client& client) {
  federation::Discovery discovery(client, Clock::System(), Rng::System());
  PARLEY_TRY(const federation::Route route,
             discovery.Find(config.server_name, absl::Now() + kAnswerTime));
  PARLEY_TRY(const auto answer, GetFrom(client, route, "/_matrix/key/v2/server"));
  PARLEY_TRY(json::Object document, json::ParseObject(answer.body));
  PARLEY_TRY(const auto keys,
             federation::ReadKeyDocument(std::move(document), config.server_name, absl::Now()));
  const federation::Target& first = route.targets.front();
  return StrCat("other servers reach ", config.server_name, " at ", first.host, ":", first.port,
                " and find its key ", keys.keys.empty() ? "" : keys.keys.front().key_id);
}

absl::StatusOr<http::ClientResponse> GetUrl(http::Client& client, std::string_view url) {
  http::ClientRequest request;
  if (!http::PointTo(url, request))
    return absl::InvalidArgumentError(StrCat(url, " is no https URL"));
  return Get(client, std::move(request));
}

absl::StatusOr<std::string> FindBaseUrl(const Config& config, http::Client& client) {
  PARLEY_TRY(const auto answer,
             GetUrl(client, StrCat("https://", config.server_name, "/.well-known/matrix/client")));
  PARLEY_TRY(const json::Object document, json::ParseObject(answer.body));
  const json::Object* server = json::FindObject(document, "m.homeserver");
  const std::string* url = server == nullptr ? nullptr : json::FindString(*server, "base_url");
  if (url == nullptr)
    return absl::InvalidArgumentError("/.well-known/matrix/client names no m.homeserver.base_url");
  return *url;
}

// The first notary that answers.
absl::StatusOr<std::pair<std::string, absl::Time>> AskTime(const Config& config,
                                                           http::Client& client) {
  federation::Discovery discovery(client, Clock::System(), Rng::System());
  for (const std::string& notary : config.federation.notaries) {
    const auto route = discovery.Find(notary, absl::Now() + kAnswerTime);
    if (!route.ok()) continue;
    const auto answer = GetFrom(client, *route, "/_matrix/federation/v1/version");
    if (!answer.ok()) continue;
    absl::Time time;
    if (absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", Abs(answer->headers.Get("Date")), &time,
                        nullptr)) {
      return std::make_pair(notary, time);
    }
  }
  return absl::UnavailableError("no notary tells the time");
}

}  // namespace

void CheckFederation(const Config& config, Report& report) {
  const auto client = MakeClient(config);
  const auto found = client.ok() ? FindOwnKey(config, **client) : client.status();
  if (found.ok()) return report.Good(kFederation, *found);
  report.Bad(kFederation,
             StrCat("other servers do not reach ", config.server_name, ": ",
                    Std(found.status().message())),
             "let /.well-known/matrix/server name host and port, and see to DNS, certificate and "
             "proxy there");
}

void CheckClients(const Config& config, Report& report) {
  const auto client = MakeClient(config);
  if (!client.ok())
    return report.Bad(kClients, Std(client.status().message()), "see federation.ca_file");
  const auto url = FindBaseUrl(config, **client);
  if (!url.ok()) {
    return report.Note(
        kClients,
        StrCat("clients do not find the server by its name: ", Std(url.status().message())),
        "serve /.well-known/matrix/client there, or tell users the server's URL");
  }
  const std::string_view base =
      url->ends_with('/') ? std::string_view(*url).substr(0, url->size() - 1) : *url;
  const auto versions = GetUrl(**client, StrCat(base, "/_matrix/client/versions"));
  if (versions.ok())
    return report.Good(kClients, StrCat("clients are sent to ", *url, ", which answers"));
  report.Bad(kClients,
             StrCat("clients are sent to ", *url,
                    ", which does not answer: ", Std(versions.status().message())),
             "see to DNS, certificate and proxy there, and public_baseurl");
}

void JudgeClock(absl::Duration ahead, std::string_view whose, Report& report) {
  const absl::Duration off = absl::AbsDuration(ahead);
  const std::string text = StrCat("the clock of ", whose, " is ",
                                  absl::FormatDuration(absl::Trunc(off, absl::Milliseconds(100))),
                                  ahead < absl::ZeroDuration() ? " behind ours" : " ahead of ours");
  if (off < absl::Seconds(2)) return report.Good(kClock, StrCat("as that of ", whose));
  if (off < absl::Seconds(30)) return report.Note(kClock, text, "run chrony or systemd-timesyncd");
  report.Bad(kClock, text, "run chrony or systemd-timesyncd: keys and tokens expire by the clock");
}

void CheckClock(const Config& config, Report& report) {
  const auto client = MakeClient(config);
  if (!client.ok() || config.federation.notaries.empty()) return;
  const auto told = AskTime(config, **client);
  if (told.ok()) {
    JudgeClock(told->second - absl::Now(), told->first, report);
  } else {
    report.Note(kClock, Std(told.status().message()),
                "see that the server may reach others by HTTPS, and federation.notaries");
  }
}

}  // namespace parley::doctor
