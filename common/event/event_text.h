#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/event/room_version.h"
#include "common/json/value.h"

namespace parley::event {

// The members of one event, each serialised once. Its stored bytes, the text that is hashed and the
// text that is signed are joins of the same pieces. Internal to common/event.
class EventText {
 public:
  EventText() { members_.reserve(16); }

  // The pieces of a parsed event.
  static EventText Of(const json::Object& event);

  // `json` is the canonical JSON of the member's value. Replaces an equal key.
  void Set(std::string_view key, std::string json);
  void Erase(std::string_view key);

  // Everything.
  std::string Whole() const;
  // What the content hash covers: all but hashes, signatures and unsigned.
  std::string HashedText() const;
  // What signatures and the reference hash cover: the redacted event without signatures and
  // unsigned.
  std::string SignedText(const RoomVersion& version, std::string_view redacted_content) const;

 private:
  using Member = std::pair<std::string, std::string>;

  template <class Keep>
  std::string Join(Keep keep, const std::string_view* content) const;

  std::vector<Member> members_;  // sorted by key
};

}  // namespace parley::event
