#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/event/client_format.h"
#include "common/event/received_pdu.h"
#include "common/event/redact.h"
#include "common/json/value.h"
#include "tests/fuzz/require.h"

// An event of another server, from its bytes to what clients get. The first byte chooses the room
// version.
namespace parley::event {
namespace {

// The store gives back what was put into it.
PduPtr Stored(const Pdu& pdu) {
  auto loaded = LoadPdu(pdu.bytes, pdu.event_id, *pdu.version);
  PARLEY_REQUIRE(loaded.ok());
  PARLEY_REQUIRE((*loaded)->bytes == pdu.bytes);
  PARLEY_REQUIRE((*loaded)->type == pdu.type && (*loaded)->state_key == pdu.state_key);
  PARLEY_REQUIRE((*loaded)->prev_events == pdu.prev_events);
  PARLEY_REQUIRE((*loaded)->auth_events == pdu.auth_events);
  // Old room versions allow 50.0, which is read back as 50.
  PARLEY_REQUIRE(!pdu.version->strict_canonical_json ||
                 json::Value((*loaded)->content) == json::Value(pdu.content));
  return *std::move(loaded);
}

// Canonical JSON is its own canonical form, and names the same event.
void CheckCanonical(std::string_view bytes, const Pdu& pdu) {
  const auto again = ParsePdu(bytes, *pdu.version);
  PARLEY_REQUIRE(again.ok());
  PARLEY_REQUIRE(again->peek().bytes == bytes);
  PARLEY_REQUIRE(again->event_id() == pdu.event_id);
}

void CheckRedaction(const Pdu& pdu) {
  const auto redacted = Redact(pdu);
  PARLEY_REQUIRE(redacted.ok());
  CheckCanonical((*redacted)->bytes, pdu);
  const auto twice = Redact(**redacted);
  PARLEY_REQUIRE(twice.ok() && (*twice)->bytes == (*redacted)->bytes);
}

void CheckForClients(const Pdu& pdu) {
  for (const ClientShape shape :
       {ClientShape::kWithRoomId, ClientShape::kWithoutRoomId, ClientShape::kApiV1}) {
    const std::string client = ClientEventJson(StoredEvent::Of(pdu), {.age_ms = 1}, shape);
    PARLEY_REQUIRE(json::ParseObject(client).ok());
  }
  std::string stripped;
  AppendStrippedEvent(stripped, pdu.bytes);
  if (pdu.IsState()) PARLEY_REQUIRE(json::ParseObject(stripped).ok());
}

void Check(const RoomVersion& version, std::string_view text) {
  const auto received = ParsePdu(text, version);
  if (!received.ok()) return;
  const PduPtr stored = Stored(received->peek());
  CheckCanonical(stored->bytes, *stored);
  CheckRedaction(*stored);
  CheckForClients(*stored);
}

}  // namespace
}  // namespace parley::event

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto versions = parley::event::AllRoomVersions();
  parley::event::Check(versions[data[0] % versions.size()],
                       {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
