#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

// The process' log, on standard error: a line for each message, plain or JSON. The request id of the work that the
// thread does is added by itself. Never log a secret: no token, password, key or message content.
//
//   log::Info("room loaded", {{"room", room.str()}, {"events", count}});
//
// Threads: everything here from any thread.
namespace parley::log {

enum class Level { kDebug, kInfo, kWarning, kError, kOff };
enum class Format { kPlain, kJson };

// A name and a value. Values are escaped, so that no text of a client can begin a line.
struct Field {
  std::string_view name;
  std::string value;

  Field(std::string_view name, std::string_view value) : name(name), value(value) {}
  Field(std::string_view name, const char* value) : name(name), value(value) {}
  Field(std::string_view name, const std::string& value) : name(name), value(value) {}
  template <class Number>
  Field(std::string_view name, Number value) : name(name), value(std::to_string(value)) {}
};
using Fields = std::initializer_list<Field>;

// Before this is called, everything from kInfo on is logged plainly.
void Init(Format format, Level level);

// kInfo for a word that is none of debug, info, warning, error, off.
Level LevelFromName(std::string_view name);

void Debug(std::string_view message, Fields fields = {});
void Info(std::string_view message, Fields fields = {});
void Warning(std::string_view message, Fields fields = {});
void Error(std::string_view message, Fields fields = {});

// While it lives, messages of this thread carry `id`. Servers make one around each request.
class RequestScope {
 public:
  explicit RequestScope(std::string_view id);
  ~RequestScope();
  RequestScope(const RequestScope&) = delete;

 private:
  std::string previous_;
};

// One line of log, without the line's end. For tests.
std::string FormatLine(Format format, Level level, int64_t unix_ms, std::string_view message, Fields fields,
                       std::string_view request_id);

}  // namespace parley::log
