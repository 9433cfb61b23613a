#include "common/store/postgres/testing/postgres_server.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <absl/time/clock.h>

extern char** environ;

namespace parley::store {
namespace {

constexpr char kBinaries[] = "/usr/lib/postgresql/15/bin/";

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "PostgreSQL is needed for this test: %s\n", what.c_str());
  std::abort();
}

// PostgreSQL does not run as root: then it runs as the user that its package made.
std::vector<std::string> AsServerUser(std::vector<std::string> command) {
  if (geteuid() != 0) return command;
  std::vector<std::string> all = {"setpriv", "--reuid=postgres", "--regid=postgres",
                                  "--clear-groups"};
  all.insert(all.end(), command.begin(), command.end());
  return all;
}

// A group of its own, so that signals reach it whole and a terminal's do not.
pid_t Spawn(std::vector<std::string> words, const std::string& log) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  if (posix_spawnp(&pid, argv[0], &files, &attributes, argv.data(), environ) != 0) Fail(argv[0]);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  return pid;
}

void RunToEnd(const std::vector<std::string>& words, const std::string& log) {
  int status = 0;
  waitpid(Spawn(words, log), &status, 0);
  if (status != 0) Fail(words[0] + " failed: see " + log);
}

void GiveToServerUser(const std::string& path) {
  if (geteuid() != 0) return;
  const passwd* const user = getpwnam("postgres");
  if (user == nullptr || chown(path.c_str(), user->pw_uid, user->pw_gid) != 0) Fail(path);
}

// An initialised data folder that is copied for each server: making one takes a second.
std::string Template() {
  const std::string home =
      (std::filesystem::temp_directory_path() / ("parley-postgres-" + std::to_string(getuid())))
          .string();
  mkdir(home.c_str(), 0700);
  GiveToServerUser(home);
  const int lock = open((home + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  flock(lock, LOCK_EX);
  const std::string data = home + "/data";
  if (!std::filesystem::exists(data)) {
    const std::string draft = home + "/draft";
    std::filesystem::remove_all(draft);
    RunToEnd(AsServerUser({std::string(kBinaries) + "initdb", "--pgdata=" + draft, "--auth=trust",
                           "--username=parley", "--encoding=UTF8", "--locale=C", "--no-sync"}),
             home + "/log");
    std::filesystem::rename(draft, data);
  }
  close(lock);
  return data;
}

bool Answers(const std::string& host) {
  PGconn* const connection = PQconnectdb(("host=" + host + " user=parley dbname=postgres").c_str());
  const bool ok = PQstatus(connection) == CONNECTION_OK;
  PQfinish(connection);
  return ok;
}

}  // namespace

PostgresServer::PostgresServer(std::vector<std::string> settings) : settings_(std::move(settings)) {
  GiveToServerUser(folder_.path());
  RunToEnd(AsServerUser({"cp", "-r", Template(), folder_.path() + "/data"}), "/dev/null");
  Start();
}

PostgresServer::~PostgresServer() {
  Kill();
}

void PostgresServer::CreateDatabase(const std::string& name) {
  Run("postgres", "CREATE DATABASE " + name);
}

void PostgresServer::Run(const std::string& database, const std::string& sql) {
  PGconn* const connection =
      PQconnectdb(("host=" + host() + " user=parley dbname=" + database).c_str());
  PGresult* const result = PQexec(connection, sql.c_str());
  if (PQresultStatus(result) == PGRES_FATAL_ERROR) Fail(PQresultErrorMessage(result));
  PQclear(result);
  PQfinish(connection);
}

void PostgresServer::Start() {
  std::vector<std::string> words = {std::string(kBinaries) + "postgres",
                                    "-D",
                                    folder_.path() + "/data",
                                    "-k",
                                    folder_.path(),
                                    "-c",
                                    "listen_addresses="};
  for (const std::string& setting : settings_) words.insert(words.end(), {"-c", setting});
  pid_ = Spawn(AsServerUser(words), folder_.path() + "/log");
  while (!Answers(folder_.path())) {
    if (waitpid(pid_, nullptr, WNOHANG) != 0) Fail("it ended: see " + folder_.path() + "/log");
    absl::SleepFor(absl::Milliseconds(5));
  }
}

// SIGQUIT is the server's own "immediate shutdown": it ends its children and recovers when it
// starts again.
void PostgresServer::Kill() {
  if (pid_ < 0) return;
  kill(pid_, SIGQUIT);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace parley::store
