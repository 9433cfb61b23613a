#include "common/event/room_version.h"

#include <array>
#include <cstdlib>

namespace parley::event {
namespace {

constexpr int64_t kMaxCanonicalInteger = (int64_t{1} << 53) - 1;

constexpr RoomVersion V1() {
  RoomVersion v;
  v.id = "1";
  v.event_id_format = EventIdFormat::kInEvent;
  v.references_carry_hashes = true;
  v.strict_canonical_json = false;
  v.enforce_key_validity = false;
  v.redacts_in_content = false;
  v.redaction_keeps_aliases = true;
  v.redaction_keeps_allow = false;
  v.redaction_keeps_authoriser = false;
  v.redaction_of_v11 = false;
  v.aliases_rule = true;
  v.redaction_rule = true;
  v.notification_levels_rule = false;
  v.knocking = false;
  v.restricted_join = JoinedBy::kNobody;
  v.level_syntax = LevelSyntax::kIntegersStringsFloats;
  v.creator_is_sender = false;
  v.state_resolution = StateResolution::kV1;
  return v;
}

constexpr RoomVersion V2() {
  RoomVersion v = V1();
  v.id = "2";
  v.state_resolution = StateResolution::kV2;
  return v;
}

constexpr RoomVersion V3() {
  RoomVersion v = V2();
  v.id = "3";
  v.event_id_format = EventIdFormat::kBase64;
  v.references_carry_hashes = false;
  v.redaction_rule = false;
  return v;
}

constexpr RoomVersion V4() {
  RoomVersion v = V3();
  v.id = "4";
  v.event_id_format = EventIdFormat::kUrlSafeBase64;
  return v;
}

constexpr RoomVersion V5() {
  RoomVersion v = V4();
  v.id = "5";
  v.enforce_key_validity = true;
  return v;
}

constexpr RoomVersion V6() {
  RoomVersion v = V5();
  v.id = "6";
  v.strict_canonical_json = true;
  v.redaction_keeps_aliases = false;
  v.aliases_rule = false;
  v.notification_levels_rule = true;
  v.level_syntax = LevelSyntax::kIntegersStrings;
  return v;
}

constexpr RoomVersion V7() {
  RoomVersion v = V6();
  v.id = "7";
  v.knocking = true;
  return v;
}

constexpr RoomVersion V8() {
  RoomVersion v = V7();
  v.id = "8";
  v.redaction_keeps_allow = true;
  v.restricted_join = JoinedBy::kRestricted;
  return v;
}

constexpr RoomVersion V9() {
  RoomVersion v = V8();
  v.id = "9";
  v.redaction_keeps_authoriser = true;
  return v;
}

constexpr RoomVersion V10() {
  RoomVersion v = V9();
  v.id = "10";
  v.restricted_join = JoinedBy::kRestrictedOrKnock;
  v.level_syntax = LevelSyntax::kIntegers;
  return v;
}

constexpr RoomVersion V11() {
  RoomVersion v = V10();
  v.id = "11";
  v.redacts_in_content = true;
  v.redaction_of_v11 = true;
  v.creator_is_sender = true;
  return v;
}

constexpr RoomVersion V12() {
  RoomVersion v = V11();
  v.id = "12";
  v.room_id_is_create_hash = true;
  v.privileged_creators = true;
  v.create_in_auth_events = false;
  v.state_resolution = StateResolution::kV2_1;
  return v;
}

constexpr std::array kVersions = {V1(), V2(), V3(), V4(),  V5(),  V6(),
                                  V7(), V8(), V9(), V10(), V11(), V12()};

}  // namespace

int64_t RoomVersion::MaxDepth() const {
  return strict_canonical_json ? kMaxCanonicalInteger : INT64_MAX;
}

const RoomVersion* FindRoomVersion(std::string_view id) {
  for (const RoomVersion& version : kVersions) {
    if (version.id == id) return &version;
  }
  return nullptr;
}

const RoomVersion& GetRoomVersion(std::string_view id) {
  const RoomVersion* version = FindRoomVersion(id);
  if (version == nullptr) std::abort();
  return *version;
}

const RoomVersion& DefaultRoomVersion() {
  return kVersions.back();
}

absl::Span<const RoomVersion> AllRoomVersions() {
  return kVersions;
}

}  // namespace parley::event
