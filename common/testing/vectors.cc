#include "common/testing/vectors.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace parley::testing {
namespace {

std::filesystem::path SharedFolder() {
  const char* folder = std::getenv("PARLEY_SHARED");
  return folder != nullptr ? folder : std::filesystem::path(PARLEY_SOURCE_DIR) / "../shared";
}

}  // namespace

std::optional<std::vector<json::Object>> LoadVectors(const std::string& file) {
  std::ifstream lines(SharedFolder() / "adversarial/vectors" / file);
  if (!lines) return std::nullopt;
  std::vector<json::Object> vectors;
  for (std::string line; std::getline(lines, line);) {
    vectors.push_back(json::ParseObject(line).value());
  }
  return vectors;
}

}  // namespace parley::testing
