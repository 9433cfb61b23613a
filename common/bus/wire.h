#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/bus/topic.h"

// How wakes and heartbeats look on Redis. Everything that comes in may be forged or cut: what does
// not parse is nothing.
namespace parley::bus {

inline constexpr std::string_view kEveryWake =
    "parley:*:*";  // a pattern; matches no other channel of ours
inline constexpr std::string_view kHeartbeats = "parley-heartbeats";

// "parley:<service>:<partition>"
std::string ChannelOf(std::string_view service, Partition partition);
std::optional<Topic> TopicOf(std::string_view channel);

// "<position> <key>"
std::string EncodeWake(const Wake& wake);
// The views are into `topic` and `payload`.
std::optional<Wake> DecodeWake(const Topic& topic, std::string_view payload);

// Lines: "service events", "alive 0 1 2", "head events 3 17".
std::string EncodeHeartbeat(const Heartbeat& heartbeat);
std::optional<Heartbeat> DecodeHeartbeat(std::string_view payload);

}  // namespace parley::bus
