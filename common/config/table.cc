#include "common/config/table.h"

#include <algorithm>

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_replace.h>

namespace parley::config {
namespace {

std::string SizeText(size_t size) {
  for (const auto& [unit, shift] : {std::pair{"G", 30}, std::pair{"M", 20}, std::pair{"K", 10}}) {
    if (size != 0 && size % (size_t{1} << shift) == 0) return absl::StrCat(size >> shift, unit);
  }
  return absl::StrCat(size);
}

std::string DurationText(absl::Duration duration) {
  if (duration != absl::ZeroDuration() && duration % absl::Hours(24) == absl::ZeroDuration()) {
    return absl::StrCat(duration / absl::Hours(24), "d");
  }
  return absl::FormatDuration(duration);
}

struct Describer {
  std::string operator()(const bool*) const { return "true or false"; }
  std::string operator()(const std::optional<bool>*) const { return "auto, true or false"; }
  std::string operator()(const double*) const { return "a number"; }
  std::string operator()(const size_t*) const { return "a whole number (K, M and G may follow)"; }
  std::string operator()(const std::string*) const { return "text"; }
  std::string operator()(const absl::Duration*) const { return "a duration such as 500ms, 30s, 5m, 2h or 7d"; }
  std::string operator()(const std::vector<std::string>*) const { return "a list of texts"; }
  template <class Integer>
  std::string operator()(const Integer*) const {
    return "a whole number";
  }
};

struct Writer {
  std::string operator()(const bool* v) const { return *v ? "true" : "false"; }
  std::string operator()(const std::optional<bool>* v) const { return *v ? (*this)(&**v) : "auto"; }
  std::string operator()(const double* v) const { return absl::StrCat(*v); }
  std::string operator()(const size_t* v) const { return SizeText(*v); }
  std::string operator()(const std::string* v) const { return *v; }
  std::string operator()(const absl::Duration* v) const { return DurationText(*v); }
  std::string operator()(const std::vector<std::string>* v) const { return absl::StrJoin(*v, ","); }
  template <class Integer>
  std::string operator()(const Integer* v) const {
    return absl::StrCat(*v);
  }
};

}  // namespace

const Option* Table::Find(std::string_view name) const {
  const auto found =
      std::find_if(options_.begin(), options_.end(), [&](const Option& option) { return option.name == name; });
  return found == options_.end() ? nullptr : &*found;
}

std::string Describe(const Option& option) {
  if (!option.choices.empty()) return absl::StrCat("one of ", absl::StrJoin(option.choices, ", "));
  std::string text = std::visit(Describer{}, option.target);
  if (option.at_least > std::numeric_limits<double>::lowest()) absl::StrAppend(&text, ", at least ", option.at_least);
  if (option.at_most < std::numeric_limits<double>::max()) absl::StrAppend(&text, ", at most ", option.at_most);
  return text;
}

std::string EnvironmentName(std::string_view option) {
  return "PARLEY_" + absl::AsciiStrToUpper(absl::StrReplaceAll(std::string(option), {{".", "_"}}));
}

std::string ValueText(const Option& option) { return option.secret ? "" : std::visit(Writer{}, option.target); }

}  // namespace parley::config
