#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/json/value.h"

// How other servers learn that a user's devices or cross-signing keys have changed. Server-server
// API, "Device Management".
namespace parley::accounts {

// The number of a device list, by where in the accounts stream it has changed last. Odd numbers are
// never given out.
int64_t DeviceListStreamId(int64_t position);

// An m.device_list_update that follows on a number that nobody has seen: whoever gets it reads the
// whole list anew, so one EDU serves for whatever has changed, and a later one can take its place.
std::string DeviceListEdu(std::string_view user_id, std::string_view device_id, int64_t position);

// An m.signing_key_update with the keys that `devices`, the answer to user/devices, names. Empty
// when it names none.
std::string SigningKeysEdu(std::string_view user_id, const json::Object& devices);

}  // namespace parley::accounts
