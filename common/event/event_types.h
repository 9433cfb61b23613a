#pragma once

#include <string_view>

// Event types that the rules of a room name.
namespace parley::event {

inline constexpr std::string_view kCreate = "m.room.create";
inline constexpr std::string_view kMember = "m.room.member";
inline constexpr std::string_view kPowerLevels = "m.room.power_levels";
inline constexpr std::string_view kJoinRules = "m.room.join_rules";
inline constexpr std::string_view kHistoryVisibility = "m.room.history_visibility";
inline constexpr std::string_view kThirdPartyInvite = "m.room.third_party_invite";
inline constexpr std::string_view kAliases = "m.room.aliases";
inline constexpr std::string_view kRedaction = "m.room.redaction";

}  // namespace parley::event
