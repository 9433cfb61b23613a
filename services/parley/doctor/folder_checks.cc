#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "common/base/files.h"
#include "common/base/strings.h"
#include "common/crypto/sign.h"
#include "services/parley/doctor/checks.h"

namespace parley::doctor {
namespace {

namespace fs = std::filesystem;

constexpr uintmax_t kLittleSpace = 5ull << 30;
constexpr uintmax_t kNoSpace = 500ull << 20;

constexpr char kFolder[] = "data";
constexpr char kKey[] = "key";

void JudgeSpace(const std::string& path, Report& report) {
  std::error_code error;
  const uintmax_t free = fs::space(path, error).available;
  if (error) return;
  const std::string text = StrCat(free >> 20, " MiB are free on the disk of ", path);
  if (free < kNoSpace) {
    report.Bad(kFolder, text, "make room: a full disk refuses every write");
  } else if (free < kLittleSpace) {
    report.Note(kFolder, text, "make room before it is full");
  } else {
    report.Good(kFolder, text);
  }
}

}  // namespace

void CheckDataFolder(const Config& config, Report& report) {
  const std::string& path = config.data_dir;
  std::error_code error;
  if (!fs::exists(path, error)) {
    report.Note(kFolder, StrCat(path, " is not there"),
                "the first start makes it; or set data_dir");
    return;
  }
  if (access(path.c_str(), R_OK | W_OK | X_OK) != 0) {
    report.Bad(kFolder, StrCat(path, " can't be read and written by this user"),
               "run as the user that Parley runs as, or change the folder's owner");
    return;
  }
  JudgeSpace(path, report);
}

void CheckSigningKey(const Config& config, Report& report) {
  const std::string& path = config.signing_key_path;
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0) {
    report.Note(kKey, StrCat("there is no ", path),
                "the first start makes it; keep a copy of it then");
    return;
  }
  const auto key = crypto::SigningKey::ParseFile(ReadFile(path).value_or(""));
  if (!key.ok()) {
    report.Bad(
        kKey, StrCat(path, " holds no signing key that this user can read"),
        "restore it from a backup: with another key, other servers refuse what this one says");
  } else if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    report.Bad(kKey, StrCat(path, " can be read by other users"), StrCat("chmod 600 ", path));
  } else {
    report.Good(kKey, StrCat(key->id(), " in ", path));
  }
}

}  // namespace parley::doctor
