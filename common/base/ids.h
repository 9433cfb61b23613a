#pragma once

#include <string>
#include <string_view>

#include <absl/status/statusor.h>

// Matrix identifiers, parsed once at the edge and typed after that.
// Specification: Appendices, "Identifier Grammar". All lengths are bytes (at most 255).
namespace parley {

// One identifier type per kind, so that a room id can't be passed for a user id.
// A value: copy freely. A default-constructed one is empty and equals no parsed one.
template <class Kind>
class Id {
 public:
  Id() = default;

  // M_INVALID_PARAM when `text` does not follow the grammar of this kind.
  static absl::StatusOr<Id> Parse(std::string_view text);

  // For text that is known to be valid: read back from our own store, or built by us.
  static Id Trusted(std::string text) {
    Id id;
    id.text_ = std::move(text);
    return id;
  }

  const std::string& str() const { return text_; }
  bool empty() const { return text_.empty(); }

  // What stands behind the first ':'; empty where a kind has no server part (room v12 ids, event ids
  // of v3+). Points into this id.
  std::string_view server_name() const;
  // Between the sigil and the first ':'.
  std::string_view localpart() const;

  friend bool operator==(const Id&, const Id&) = default;
  friend auto operator<=>(const Id&, const Id&) = default;
  template <class H>
  friend H AbslHashValue(H h, const Id& id) {
    return H::combine(std::move(h), id.text_);
  }

 private:
  std::string text_;
};

using UserId = Id<struct UserIdKind>;        // @localpart:server; historical localparts are accepted
using RoomId = Id<struct RoomIdKind>;        // !opaque:server, or !opaque from room version 12
using EventId = Id<struct EventIdKind>;      // $ and anything: the room version says what
using RoomAlias = Id<struct RoomAliasKind>;  // #localpart:server

// True for the event ids of room versions 4 and up: $ and 43 URL-safe base64 characters.
bool IsHashEventId(std::string_view text);

// True for a server name as the specification has it: DNS name, IPv4 or
// bracketed IPv6, optional port of up to five digits; at most 255 bytes.
bool IsValidServerName(std::string_view name);

// True for a localpart that we let a new user have: [a-z0-9._=/+-]+.
bool IsValidNewLocalpart(std::string_view localpart);

}  // namespace parley
