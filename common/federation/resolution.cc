#include "common/federation/resolution.h"

#include <algorithm>

#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/json/value.h"

namespace parley::federation {
namespace {

constexpr uint16_t kDefaultPort = 8448;
constexpr uint32_t kMaxPort = 65535;
constexpr size_t kMaxTargets = 8;

bool HasPossiblePort(const ServerName& name) {
  return !name.port || (*name.port > 0 && *name.port <= kMaxPort);
}

std::optional<ServerName> ParseReachable(std::string_view text) {
  auto name = ParseServerName(text);
  if (name && !HasPossiblePort(*name)) name.reset();
  return name;
}

// One of `records` by weight. RFC 2782.
size_t ChooseByWeight(const std::vector<SrvRecord>& records, size_t from, size_t to, Rng& rng) {
  uint32_t sum = 0;
  for (size_t i = from; i < to; ++i) sum += records[i].weight + 1u;
  const std::string bytes = rng.Bytes(4);
  uint32_t number = 0;
  for (const char c : bytes) number = number << 8 | static_cast<unsigned char>(c);
  number %= sum;
  for (size_t i = from; i < to; ++i) {
    if (number < records[i].weight + 1u) return i;
    number -= records[i].weight + 1u;
  }
  return from;
}

void Order(std::vector<SrvRecord>& records, Rng& rng) {
  std::stable_sort(records.begin(), records.end(),
                   [](const SrvRecord& a, const SrvRecord& b) { return a.priority < b.priority; });
  for (size_t i = 0; i < records.size(); ++i) {
    size_t end = i;
    while (end < records.size() && records[end].priority == records[i].priority) ++end;
    std::swap(records[i], records[ChooseByWeight(records, i, end, rng)]);
  }
}

// A record must lead to a name (RFC 2782); "." says that there is no such service.
bool IsUsable(const SrvRecord& record) {
  const auto name = ParseServerName(record.target);
  return record.port != 0 && name && !name->is_ip_literal && !name->port && record.target != ".";
}

}  // namespace

absl::StatusOr<Resolution> Resolution::Begin(std::string_view server_name) {
  const auto name = ParseReachable(server_name);
  if (!name) return absl::InvalidArgumentError("no server can have this name");
  Resolution resolution;
  resolution.Resolve(*name, server_name, /*may_delegate=*/true);
  return resolution;
}

void Resolution::Resolve(const ServerName& server, std::string_view text, bool may_delegate) {
  host_ = server.host;
  route_.host_header = text;
  route_.tls_name = server.HostToConnectTo();
  if (server.is_ip_literal || server.port) {
    const auto port = static_cast<uint16_t>(server.port.value_or(kDefaultPort));
    return Finish({{server.HostToConnectTo(), port}});
  }
  if (!may_delegate) return AskSrv("_matrix-fed");
  step_ = Step::kWellKnown;
  name_ = host_;
}

void Resolution::AnswerWellKnown(const std::optional<std::string>& server) {
  const auto delegated = server ? ParseReachable(*server) : std::nullopt;
  if (delegated) return Resolve(*delegated, *server, /*may_delegate=*/false);
  AskSrv("_matrix-fed");
}

void Resolution::AskSrv(std::string_view service) {
  step_ = Step::kSrv;
  name_ = StrCat(service, "._tcp.", host_);
}

void Resolution::AnswerSrv(std::vector<SrvRecord> records, Rng& rng) {
  for (SrvRecord& record : records)
    if (record.target.ends_with('.')) record.target.pop_back();
  std::erase_if(records, [](const SrvRecord& record) { return !IsUsable(record); });
  if (records.empty() && !is_old_srv_) {
    is_old_srv_ = true;
    return AskSrv("_matrix");
  }
  if (records.empty()) return Finish({{host_, kDefaultPort}});
  Order(records, rng);
  std::vector<Target> targets;
  for (const SrvRecord& record : records) {
    if (targets.size() < kMaxTargets) targets.push_back({record.target, record.port});
  }
  Finish(std::move(targets));
}

void Resolution::Finish(std::vector<Target> targets) {
  step_ = Step::kDone;
  route_.targets = std::move(targets);
}

std::optional<std::string> ReadWellKnown(std::string_view body) {
  const auto document = json::ParseObject(body);
  if (!document.ok()) return std::nullopt;
  const std::string* server = json::FindString(*document, "m.server");
  if (server == nullptr || !ParseReachable(*server)) return std::nullopt;
  return *server;
}

}  // namespace parley::federation
