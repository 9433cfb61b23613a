#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/status/status.h>

// HTTP messages as plain values. RFC 9110.
namespace parley::http {

// Header fields in the order they came. Names compare without regard to case. A value.
class Headers {
 public:
  void Add(std::string_view name, std::string_view value);
  // The first field of this name; empty when there is none. Valid until the next Add or move.
  std::string_view Get(std::string_view name) const;
  size_t Count(std::string_view name) const;
  size_t size() const { return fields_.size(); }

 private:
  struct Field {
    uint32_t name_at, name_size, value_at, value_size;
  };
  std::string_view Name(const Field& field) const;
  std::string_view ValueOf(const Field& field) const;

  std::string text_;  // all names and values, one after the other
  std::vector<Field> fields_;
};

// Decoded query parameters in the order they came.
using Query = std::vector<std::pair<std::string, std::string>>;

// A request as a handler gets it: syntactically sound, every part within the server's limits, and every decoded text
// valid UTF-8. `body` is bytes.
struct Request {
  std::string method;                 // as sent; case-sensitive
  std::string path;                   // raw, beginning with '/', without the query
  std::vector<std::string> segments;  // decoded: "/a/b%2Fc/" is {"a", "b/c", ""}
  std::string raw_query;              // what stood behind '?', undecoded
  Query query;
  Headers headers;
  std::string body;
  std::string peer;  // the client's address, without port
  std::string id;    // names this request in logs and in rpc::Call

  // The first parameter of this name.
  std::optional<std::string_view> QueryParam(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  // Besides Content-Type, Content-Length, Date, Connection and CORS, which the server writes.
  std::vector<std::pair<std::string, std::string>> headers;
};

// The standard error object of the client-server API for `status`, with its HTTP status; a 429 has Retry-After too.
// What is inside an unexpected error is not shown.
Response ErrorResponse(const absl::Status& status);

// "Not Found" for 404; empty when unknown.
std::string_view ReasonPhrase(int status);

}  // namespace parley::http
