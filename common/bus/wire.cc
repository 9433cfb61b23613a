#include "common/bus/wire.h"

#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>

#include "common/base/strings.h"

namespace parley::bus {
namespace {

constexpr std::string_view kPrefix = "parley:";
constexpr size_t kMaxKey = 1024;
constexpr size_t kMaxHeartbeat = 1 << 20;
constexpr Partition kMaxPartition = 1 << 16;

using Words = std::vector<absl::string_view>;

std::optional<Partition> ParsePartition(absl::string_view text) {
  Partition partition = 0;
  if (!absl::SimpleAtoi(text, &partition) || partition >= kMaxPartition) return std::nullopt;
  return partition;
}

bool ReadAlive(const Words& words, Heartbeat& heartbeat) {
  for (size_t i = 1; i < words.size(); ++i) {
    const auto partition = ParsePartition(words[i]);
    if (!partition) return false;
    heartbeat.alive.push_back(*partition);
  }
  return true;
}

bool ReadHead(const Words& words, Heartbeat& heartbeat) {
  if (words.size() != 4) return false;
  const auto partition = ParsePartition(words[2]);
  int64_t position = 0;
  if (!partition || !absl::SimpleAtoi(words[3], &position) || position < 0) return false;
  heartbeat.moved.push_back({{std::string(words[1]), *partition}, position});
  return true;
}

bool ReadLine(const Words& words, Heartbeat& heartbeat) {
  if (words[0] == "alive") return ReadAlive(words, heartbeat);
  if (words[0] == "head") return ReadHead(words, heartbeat);
  if (words[0] == "service" && words.size() == 2) heartbeat.services.emplace_back(words[1]);
  return true;  // a line of a newer version is skipped
}

}  // namespace

std::string ChannelOf(std::string_view service, Partition partition) {
  return StrCat(kPrefix, service, ":", partition);
}

std::optional<Topic> TopicOf(std::string_view channel) {
  if (!channel.starts_with(kPrefix)) return std::nullopt;
  channel.remove_prefix(kPrefix.size());
  const size_t colon = channel.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const auto partition = ParsePartition(Abs(channel.substr(colon + 1)));
  if (!partition) return std::nullopt;
  return Topic{std::string(channel.substr(0, colon)), *partition};
}

std::string EncodeWake(const Wake& wake) {
  return StrCat(wake.position, " ", wake.key);
}

std::optional<Wake> DecodeWake(const Topic& topic, std::string_view payload) {
  const size_t space = payload.find(' ');
  if (space == std::string_view::npos || payload.size() - space > kMaxKey) return std::nullopt;
  int64_t position = 0;
  if (!absl::SimpleAtoi(Abs(payload.substr(0, space)), &position) || position < 0)
    return std::nullopt;
  return Wake{topic.service, topic.partition, position, payload.substr(space + 1)};
}

std::string EncodeHeartbeat(const Heartbeat& heartbeat) {
  std::string out;
  for (const std::string& service : heartbeat.services) StrAppend(&out, "service ", service, "\n");
  StrAppend(&out, "alive");
  for (const Partition partition : heartbeat.alive) StrAppend(&out, " ", partition);
  for (const Head& head : heartbeat.moved) {
    StrAppend(&out, "\nhead ", head.topic.service, " ", head.topic.partition, " ", head.position);
  }
  return out;
}

std::optional<Heartbeat> DecodeHeartbeat(std::string_view payload) {
  if (payload.size() > kMaxHeartbeat) return std::nullopt;
  Heartbeat heartbeat;
  for (const absl::string_view line : absl::StrSplit(Abs(payload), '\n')) {
    if (!ReadLine(absl::StrSplit(line, ' '), heartbeat)) return std::nullopt;
  }
  return heartbeat;
}

}  // namespace parley::bus
