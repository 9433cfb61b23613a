#pragma once

#include <string>
#include <string_view>

#include "common/event/pdu.h"

namespace parley::event {

// Unpadded standard base64 of the SHA-256 of `text`, as `hashes` and references have it.
std::string HashOf(std::string_view text);

// Sets what follows from the reference hash in this room version: event_id (v3 and later), and
// room_id of a create event (v12). `signed_text` is EventText::SignedText. Internal to
// common/event.
void SetIdsFromHash(Pdu& pdu, std::string_view signed_text);

}  // namespace parley::event
