#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <absl/status/statusor.h>

#include "common/http/message.h"

// The head of a request, read strictly (RFC 9112). Pure: no sockets, no state between calls.
namespace parley::http {

struct HeadLimits {
  size_t max_bytes = 16 << 10;
  size_t max_headers = 100;
  size_t max_query_params = 256;
};

// What a head says beyond what the handler is to see.
struct Head {
  Request request;
  bool keep_alive = true;
  bool chunked = false;
  // Absent: no Content-Length field.
  std::optional<uint64_t> content_length;
  bool expects_continue = false;
};

// Where the head ends in `input` (behind the empty line), or nothing while it is incomplete. 400 as soon as it can't
// become one; 431, or 414 when even the request line has no end, once it is longer than `limits` allow.
absl::StatusOr<std::optional<size_t>> FindHeadEnd(std::string_view input, const HeadLimits& limits);

// `text` is a whole head with its empty line. Errors carry the HTTP status to answer (400, 405, 417, 431, 501, 505);
// after one the connection must close, since where the next request begins is anybody's guess.
//
// Refused, since other readers in the chain may take them differently: bare CR or LF, folded lines, white space before a
// colon, control characters, several or odd Content-Lengths, Transfer-Encoding other than one `chunked`, both of them,
// Transfer-Encoding in HTTP/1.0, no or several Hosts, fragments and non-ASCII in the target.
absl::StatusOr<Head> ParseHead(std::string_view text, const HeadLimits& limits);

// The head of an answer to a request of ours.
struct ResponseHead {
  int status = 0;
  Headers headers;
  bool keep_alive = true;
  bool chunked = false;
  // Absent: no Content-Length field. Neither this nor chunked: the body ends with the connection.
  std::optional<uint64_t> content_length;
};

// As ParseHead, and as strict. Errors carry no meaningful HTTP status.
absl::StatusOr<ResponseHead> ParseResponseHead(std::string_view text, const HeadLimits& limits);

}  // namespace parley::http
