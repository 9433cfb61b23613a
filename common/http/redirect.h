#pragma once

#include <string_view>

#include "common/http/client.h"

// Where a request goes on to. RFC 9110, "Redirection 3xx". Pure.
namespace parley::http {

bool IsRedirect(int status);

// Points `request` to where `location` says: "/path" of the same host, or an https URL. False, and
// nothing is changed, for anything else.
bool PointTo(std::string_view location, ClientRequest& request);

}  // namespace parley::http
