#include "common/base/files.h"
#include "common/config/load.h"

#include <cstdlib>
#include <vector>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <yaml-cpp/yaml.h>

#include "common/config/assign.h"
#include "common/config/nearest.h"
#include "common/status/macros.h"

namespace parley::config {
namespace {

constexpr char kFileSuffix[] = "_file";

absl::StatusOr<std::string> Read(const std::string& path) {
  std::optional<std::string> text = ReadFile(path);
  if (!text) return absl::InvalidArgumentError(absl::StrCat("cannot read ", path));
  return *std::move(text);
}

// The secret whose companion `name` is: turn.shared_secret for turn.shared_secret_file.
const Option* SecretOfFile(const Table& table, const std::string& name) {
  if (!absl::EndsWith(name, kFileSuffix)) return nullptr;
  const Option* option = table.Find(name.substr(0, name.size() - sizeof(kFileSuffix) + 1));
  return option != nullptr && option->secret ? option : nullptr;
}

absl::Status AssignFromFile(const Option& option, const std::string& path) {
  PARLEY_TRY(const std::string text, Read(path));
  return Assign(option, std::string(absl::StripTrailingAsciiWhitespace(text)));
}

bool IsSection(const Table& table, const std::string& name) {
  for (const Option& option : table.options()) {
    if (absl::StartsWith(option.name, name + ".")) return true;
  }
  return false;
}

std::vector<std::string> AllNames(const Table& table) {
  std::vector<std::string> names;
  for (const Option& option : table.options()) {
    names.push_back(option.name);
    if (option.secret) names.push_back(option.name + kFileSuffix);
  }
  return names;
}

class YamlReader {
 public:
  YamlReader(const Table& table, const std::string& source) : table_(table), source_(source) {}

  absl::Status Read(const YAML::Node& node, const std::string& prefix) {
    if (!node || node.IsNull()) return absl::OkStatus();
    if (!node.IsMap()) return At(node, "a map of options is expected here");
    for (const auto& entry : node) {
      PARLEY_RETURN_IF_ERROR(ReadEntry(entry.first, entry.second, prefix));
    }
    return absl::OkStatus();
  }

 private:
  absl::Status ReadEntry(const YAML::Node& key, const YAML::Node& value, const std::string& prefix) {
    if (!key.IsScalar()) return At(key, "a key must be a plain word");
    const std::string name = prefix.empty() ? key.Scalar() : absl::StrCat(prefix, ".", key.Scalar());
    if (const Option* option = table_.Find(name)) return Locate(value, AssignNode(*option, value));
    if (const Option* secret = SecretOfFile(table_, name)) {
      if (!value.IsScalar()) return At(value, absl::StrCat(name, " must be a path"));
      return Locate(value, AssignFromFile(*secret, value.Scalar()));
    }
    if (IsSection(table_, name)) return Read(value, name);
    return At(key, absl::StrCat("unknown key `", name, "`; the nearest is `", Nearest(name, AllNames(table_)), "`"));
  }

  static absl::Status AssignNode(const Option& option, const YAML::Node& node) {
    if (IsList(option) && node.IsSequence()) return AssignSequence(option, node);
    if (node.IsNull() && !IsList(option)) return Assign(option, "");
    const bool fits = node.IsScalar() && !IsList(option);
    if (fits) return Assign(option, node.Scalar());
    return absl::InvalidArgumentError(absl::StrCat(option.name, " must be ", Describe(option)));
  }

  static absl::Status AssignSequence(const Option& option, const YAML::Node& node) {
    std::vector<std::string> items;
    for (const YAML::Node& item : node) {
      if (!item.IsScalar()) return absl::InvalidArgumentError(absl::StrCat(option.name, " must be a list of texts"));
      items.push_back(item.Scalar());
    }
    return AssignList(option, std::move(items));
  }

  absl::Status Locate(const YAML::Node& node, const absl::Status& status) const {
    return status.ok() ? status : At(node, std::string(status.message()));
  }

  absl::Status At(const YAML::Node& node, const std::string& message) const {
    return absl::InvalidArgumentError(absl::StrCat(source_, " line ", node.Mark().line + 1, ": ", message));
  }

  const Table& table_;
  const std::string& source_;
};

}  // namespace

absl::Status LoadYaml(const Table& table, const std::string& yaml, const std::string& source) {
  try {
    return YamlReader(table, source).Read(YAML::Load(yaml), "");
  } catch (const YAML::Exception& e) {
    return absl::InvalidArgumentError(absl::StrCat(source, " line ", e.mark.line + 1, ": not YAML: ", e.msg));
  }
}

absl::Status LoadEnvironment(const Table& table,
                             const std::function<std::optional<std::string>(const std::string&)>& get) {
  for (const Option& option : table.options()) {
    const std::string name = EnvironmentName(option.name);
    absl::Status status;
    if (const auto text = get(name)) status = Assign(option, *text);
    if (const auto path = option.secret ? get(name + "_FILE") : std::nullopt; path && status.ok()) {
      status = AssignFromFile(option, *path);
    }
    if (!status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("environment variable ", name, ": ", status.message()));
    }
  }
  return absl::OkStatus();
}

absl::Status Load(const Table& table, const std::string& path) {
  if (!path.empty()) {
    PARLEY_TRY(const std::string yaml, Read(path));
    PARLEY_RETURN_IF_ERROR(LoadYaml(table, yaml, path));
  }
  return LoadEnvironment(table, [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  });
}

}  // namespace parley::config
