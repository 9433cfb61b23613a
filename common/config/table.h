#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <absl/time/time.h>

namespace parley::config {

// Where an option's value is kept. What is there before loading is the default.
//   optional<bool>   `auto` (nothing), true or false
//   size_t           a whole number, also of bytes with a suffix: 64K, 50M, 1G
//   Duration         500ms, 30s, 5m, 2h, 7d
using Target = std::variant<bool*, std::optional<bool>*, int*, uint16_t*, uint32_t*, int64_t*, size_t*, double*,
                            std::string*, absl::Duration*, std::vector<std::string>*>;

struct Option {
  std::string name;  // "presence.idle_timeout": section and key; or just the key
  Target target;
  std::string text;  // a sentence for the operator

  // What numbers must be within, and strings one of (empty: any).
  double at_least = std::numeric_limits<double>::lowest();
  double at_most = std::numeric_limits<double>::max();
  std::vector<std::string> choices = {};

  // Never printed. Has a companion `<name>_file`: the file to read it from.
  bool secret = false;
};

// All options of a program, in the order they are printed. Lifetime: borrows the targets.
class Table {
 public:
  explicit Table(std::vector<Option> options) : options_(std::move(options)) {}

  const std::vector<Option>& options() const { return options_; }
  const Option* Find(std::string_view name) const;

 private:
  std::vector<Option> options_;
};

// "a duration such as 500ms, 30s, 5m or 2h": what an option wants, for people.
std::string Describe(const Option& option);

// PARLEY_PRESENCE_IDLE_TIMEOUT for presence.idle_timeout.
std::string EnvironmentName(std::string_view option);

// The option's value as text that the loader reads back; empty for a secret.
std::string ValueText(const Option& option);

}  // namespace parley::config
