#include "common/config/assign.h"

#include <algorithm>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

namespace parley::config {
namespace {

bool ParseSize(const std::string& text, size_t* size) {
  int shift = 0;
  absl::string_view digits = text;
  for (const auto& [unit, bits] : {std::pair{'K', 10}, std::pair{'M', 20}, std::pair{'G', 30}}) {
    if (digits.empty() || absl::ascii_toupper(digits.back()) != unit) continue;
    digits.remove_suffix(1);
    shift = bits;
    break;
  }
  uint64_t number = 0;
  if (!absl::SimpleAtoi(digits, &number) || number > (uint64_t{1} << 62 >> shift)) return false;
  *size = number << shift;
  return true;
}

bool ParseDuration(const std::string& text, absl::Duration* duration) {
  int64_t days = 0;
  if (absl::EndsWith(text, "d") && absl::SimpleAtoi(text.substr(0, text.size() - 1), &days)) {
    *duration = absl::Hours(24) * days;
    return true;
  }
  return absl::ParseDuration(text, duration);
}

// Parses `text` into a copy of the target, so that a refused value changes nothing.
struct Parser {
  const std::string& text;

  bool operator()(bool* v) const {
    if (text != "true" && text != "false") return false;
    *v = text == "true";
    return true;
  }
  bool operator()(std::optional<bool>* v) const {
    if (text == "auto") {
      v->reset();
      return true;
    }
    return (*this)(&v->emplace());
  }
  bool operator()(double* v) const { return absl::SimpleAtod(text, v); }
  bool operator()(size_t* v) const { return ParseSize(text, v); }
  bool operator()(std::string* v) const {
    *v = text;
    return true;
  }
  bool operator()(absl::Duration* v) const { return ParseDuration(text, v); }
  bool operator()(std::vector<std::string>* v) const {
    *v = absl::StrSplit(text, absl::ByAnyChar(",\n"), absl::SkipWhitespace());
    return true;
  }
  bool operator()(uint16_t* v) const {
    uint32_t wide = 0;
    if (!absl::SimpleAtoi(text, &wide) || wide > 65535) return false;
    *v = static_cast<uint16_t>(wide);
    return true;
  }
  template <class Integer>
  bool operator()(Integer* v) const {
    return absl::SimpleAtoi(text, v);
  }
};

bool WithinBounds(const Option& option, double number) {
  return number >= option.at_least && number <= option.at_most;
}

struct Checker {
  const Option& option;

  bool operator()(const std::string* v) const {
    const auto& choices = option.choices;
    return choices.empty() || std::find(choices.begin(), choices.end(), *v) != choices.end();
  }
  bool operator()(const absl::Duration* v) const { return *v >= absl::ZeroDuration(); }
  bool operator()(const double* v) const { return WithinBounds(option, *v); }
  bool operator()(const bool*) const { return true; }
  bool operator()(const std::optional<bool>*) const { return true; }
  bool operator()(const std::vector<std::string>*) const { return true; }
  template <class Integer>
  bool operator()(const Integer* v) const {
    return WithinBounds(option, static_cast<double>(*v));
  }
};

}  // namespace

absl::Status Assign(const Option& option, const std::string& text) {
  const bool accepted = std::visit(
      [&](auto* target) {
        auto value = *target;
        if (!Parser{text}(&value) || !Checker{option}(&value)) return false;
        *target = std::move(value);
        return true;
      },
      option.target);
  if (accepted) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(option.name, " must be ", Describe(option), ", not `", text, "`"));
}

absl::Status AssignList(const Option& option, std::vector<std::string> items) {
  *std::get<std::vector<std::string>*>(option.target) = std::move(items);
  return absl::OkStatus();
}

bool IsList(const Option& option) { return std::holds_alternative<std::vector<std::string>*>(option.target); }

}  // namespace parley::config
