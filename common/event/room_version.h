#pragma once

#include <cstdint>
#include <string_view>

#include <absl/types/span.h>

// What differs between room versions, as data. Logic asks for the feature (`version.knocking`),
// never for the number, so that a new version is a new row. Specification: "Room Versions".
namespace parley::event {

enum class EventIdFormat {
  kInEvent,        // v1, v2: "$opaque:server", a field of the event
  kBase64,         // v3: the reference hash, standard alphabet
  kUrlSafeBase64,  // v4 and later
};

enum class StateResolution { kV1, kV2, kV2_1 };

enum class JoinedBy { kNobody, kRestricted, kRestrictedOrKnock };

// Which representations of a power level count as one.
enum class LevelSyntax {
  kIntegersStringsFloats,  // v1 to v5
  kIntegersStrings,        // v6 to v9
  kIntegers,               // v10 and later
};

struct RoomVersion {
  std::string_view id;
  bool stable = true;

  // Event format.
  EventIdFormat event_id_format = EventIdFormat::kUrlSafeBase64;
  bool references_carry_hashes =
      false;                          // prev_events and auth_events are [id, {"sha256": …}] pairs
  bool strict_canonical_json = true;  // floats and integers beyond ±(2^53 - 1) are refused
  bool enforce_key_validity = true;   // a signing key counts only up to its valid_until_ts
  bool redacts_in_content = true;     // m.room.redaction names its target in content
  bool room_id_is_create_hash =
      false;  // the create event has no room_id; the room's id is its hash

  // Redaction: what survives, beyond what survives in every version.
  bool redaction_keeps_aliases = false;    // m.room.aliases: aliases
  bool redaction_keeps_allow = true;       // m.room.join_rules: allow
  bool redaction_keeps_authoriser = true;  // m.room.member: join_authorised_via_users_server
  // All of m.room.create, `invite` of power levels, `third_party_invite.signed`, a redaction's
  // `redacts`; but no longer the top-level origin, membership and prev_state.
  bool redaction_of_v11 = true;

  // Authorisation rules.
  bool aliases_rule = false;    // m.room.aliases need no membership
  bool redaction_rule = false;  // m.room.redaction needs the redact level or the same server
  bool notification_levels_rule =
      true;  // changes of `notifications` are checked like those of `events`
  bool knocking = true;
  JoinedBy restricted_join = JoinedBy::kRestrictedOrKnock;
  LevelSyntax level_syntax = LevelSyntax::kIntegers;
  bool creator_is_sender = true;     // otherwise `content.creator` of the create event
  bool privileged_creators = false;  // creators stand above every power level
  bool create_in_auth_events = true;

  StateResolution state_resolution = StateResolution::kV2;

  // Largest `depth`; a room that is there stays there.
  int64_t MaxDepth() const;

  bool AllowsRestrictedJoins() const { return restricted_join != JoinedBy::kNobody; }
  bool AllowsKnockRestricted() const { return restricted_join == JoinedBy::kRestrictedOrKnock; }
};

// The row of version `id`, or null if this server does not know it. Rows live for ever: keep the
// pointer.
const RoomVersion* FindRoomVersion(std::string_view id);

// For version ids that are known to exist: read back from our own store, or written in our code.
const RoomVersion& GetRoomVersion(std::string_view id);

// What a new room gets when nobody says otherwise.
const RoomVersion& DefaultRoomVersion();

// All that this server knows, oldest first (capability m.room_versions).
absl::Span<const RoomVersion> AllRoomVersions();

}  // namespace parley::event
