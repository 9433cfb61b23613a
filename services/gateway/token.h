#pragma once

#include <string_view>

#include "common/http/message.h"

namespace parley::gateway {

// The access token that came with `request`: "Authorization: Bearer …", or, with `from_query`, the parameter
// `access_token`. Empty when there is none. Client-server API, "Using access tokens".
std::string_view TokenOf(const http::Request& request, bool from_query);

}  // namespace parley::gateway
