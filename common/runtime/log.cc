#include "common/runtime/log.h"

#include <atomic>
#include <utility>

#include <absl/strings/str_format.h>
#include <absl/time/clock.h>
#include <absl/time/time.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace parley::log {
namespace {

std::atomic<Format> g_format = Format::kPlain;
std::atomic<Level> g_level = Level::kInfo;
thread_local std::string t_request_id;

spdlog::logger& Logger() {
  static spdlog::logger& logger = [] () -> spdlog::logger& {
    auto* made = new spdlog::logger("parley", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::trace);
    made->flush_on(spdlog::level::trace);
    return *made;  // never destroyed: threads may log until the process ends
  }();
  return logger;
}

const char* NameOf(Level level) {
  static constexpr const char* kNames[] = {"debug", "info", "warning", "error", "off"};
  return kNames[static_cast<int>(level)];
}

void AppendEscaped(std::string& out, std::string_view text) {
  for (const unsigned char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c < 0x20 || c == 0x7f) {
      absl::StrAppendFormat(&out, "\\u%04x", c);
    } else {
      out += static_cast<char>(c);
    }
  }
}

void AppendMember(std::string& out, std::string_view name, std::string_view value) {
  out += out.size() > 1 ? ",\"" : "\"";
  AppendEscaped(out, name);
  out += "\":\"";
  AppendEscaped(out, value);
  out += '"';
}

void AppendPair(std::string& out, std::string_view name, std::string_view value) {
  const bool bare = !value.empty() && value.find_first_of(" \"\\=\n\r\t") == std::string_view::npos;
  out += ' ';
  out += name;
  out += bare ? "=" : "=\"";
  AppendEscaped(out, value);
  if (!bare) out += '"';
}

std::string Timestamp(int64_t unix_ms) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::FromUnixMillis(unix_ms), absl::UTCTimeZone());
}

std::string JsonLine(Level level, int64_t unix_ms, std::string_view message, Fields fields, std::string_view id) {
  std::string line = "{";
  AppendMember(line, "time", Timestamp(unix_ms));
  AppendMember(line, "level", NameOf(level));
  AppendMember(line, "message", message);
  if (!id.empty()) AppendMember(line, "request_id", id);
  for (const Field& field : fields) AppendMember(line, field.name, field.value);
  return line + "}";
}

std::string PlainLine(Level level, int64_t unix_ms, std::string_view message, Fields fields, std::string_view id) {
  std::string line = absl::StrFormat("%s %-7s ", Timestamp(unix_ms), NameOf(level));
  AppendEscaped(line, message);
  for (const Field& field : fields) AppendPair(line, field.name, field.value);
  if (!id.empty()) AppendPair(line, "request_id", id);
  return line;
}

void Write(Level level, std::string_view message, Fields fields) {
  if (level < g_level.load(std::memory_order_relaxed)) return;
  const std::string line =
      FormatLine(g_format.load(std::memory_order_relaxed), level, absl::ToUnixMillis(absl::Now()), message, fields,
                 t_request_id);
  Logger().log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace

void Init(Format format, Level level) {
  g_format = format;
  g_level = level;
}

Level LevelFromName(std::string_view name) {
  for (const Level level : {Level::kDebug, Level::kInfo, Level::kWarning, Level::kError, Level::kOff}) {
    if (name == NameOf(level)) return level;
  }
  return Level::kInfo;
}

void Debug(std::string_view message, Fields fields) { Write(Level::kDebug, message, fields); }
void Info(std::string_view message, Fields fields) { Write(Level::kInfo, message, fields); }
void Warning(std::string_view message, Fields fields) { Write(Level::kWarning, message, fields); }
void Error(std::string_view message, Fields fields) { Write(Level::kError, message, fields); }

RequestScope::RequestScope(std::string_view id) : previous_(std::exchange(t_request_id, std::string(id))) {}
RequestScope::~RequestScope() { t_request_id = std::move(previous_); }

std::string FormatLine(Format format, Level level, int64_t unix_ms, std::string_view message, Fields fields,
                       std::string_view request_id) {
  const auto write = format == Format::kJson ? JsonLine : PlainLine;
  return write(level, unix_ms, message, fields, request_id);
}

}  // namespace parley::log
