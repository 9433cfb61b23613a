#include "common/store/postgres/reader_pool.h"

#include <utility>

#include "common/status/macros.h"

namespace parley::store::postgres {
namespace {

constexpr std::string_view kBegin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

class SnapshotReader final : public Reader {
 public:
  SnapshotReader(Connector& connector, std::unique_ptr<Connection>& connection)
      : connector_(connector), connection_(connection) {}

  absl::Status Query(std::string_view sql, absl::Span<const Arg> args,
                     RowCallback on_row) override {
    const Params params(args);
    const bool first = !begun_;
    auto answers = Ask(sql, params);
    if (!answers.ok() && first && !connection_->usable()) {
      PARLEY_RETURN_IF_ERROR(Reconnect());
      answers = Ask(sql, params);
    }
    PARLEY_RETURN_IF_ERROR(answers.status());
    if (answers->empty()) return absl::InternalError("a query that answers no rows");
    answers->front().ForEach(on_row);
    return absl::OkStatus();
  }
  using Reader::Query;

  void End() {
    if (begun_ && connection_->usable() && connection_->Queue("COMMIT").ok()) {
      connection_->Leave().IgnoreError();
    }
  }

 private:
  absl::StatusOr<std::vector<Answer>> Ask(std::string_view sql, const Params& params) {
    if (!begun_) PARLEY_RETURN_IF_ERROR(connection_->Queue(kBegin));
    begun_ = true;
    PARLEY_RETURN_IF_ERROR(connection_->Queue(sql, params));
    return connection_->Collect();
  }

  // An idle connection does not notice that the server was restarted. Nothing was answered yet.
  absl::Status Reconnect() {
    PARLEY_TRY(connection_, connector_.Connect());
    begun_ = false;
    return absl::OkStatus();
  }

  Connector& connector_;
  std::unique_ptr<Connection>& connection_;
  bool begun_ = false;
};

}  // namespace

ReaderPool::ReaderPool(Connector& connector, size_t max_connections)
    : connector_(connector), max_connections_(max_connections) {}

absl::Status ReaderPool::Read(absl::FunctionRef<absl::Status(Reader&)> read) {
  PARLEY_TRY(auto connection, Take());
  SnapshotReader reader(connector_, connection);
  const absl::Status status = read(reader);
  reader.End();
  GiveBack(std::move(connection));
  return status;
}

absl::StatusOr<std::unique_ptr<Connection>> ReaderPool::Take() {
  {
    const absl::Condition can_take(this, &ReaderPool::CanTake);
    absl::MutexLock lock(&mutex_);
    if (!mutex_.AwaitWithTimeout(can_take, connector_.options().connect_timeout)) {
      return absl::UnavailableError("postgres: all connections are reading");
    }
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
    ++open_;
  }
  auto connection = connector_.Connect();
  if (!connection.ok()) {
    absl::MutexLock lock(&mutex_);
    --open_;
  }
  return connection;
}

void ReaderPool::GiveBack(std::unique_ptr<Connection> connection) {
  absl::MutexLock lock(&mutex_);
  if (connection && connection->usable()) {
    idle_.push_back(std::move(connection));
  } else {
    --open_;
  }
}

}  // namespace parley::store::postgres
