#include "services/federation/transaction_sender.h"

#include <algorithm>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include "common/json/splice.h"
#include "common/json/value.h"
#include "common/status/macros.h"

namespace parley::federation {
namespace {

constexpr absl::Duration kRequestTime = absl::Seconds(30);
// Of one transaction; two events among 150 parts are found with less.
constexpr int kMaxRefusals = 20;

// How long an answer of 429 asks to be left alone.
std::optional<absl::Duration> RetryAfter(const RequestResponse& response) {
  if (response.status() != 429) return std::nullopt;
  const auto body = json::ParseObject(response.body());
  const int64_t ms = body.ok() ? json::IntOr(*body, "retry_after_ms", 0) : 0;
  return absl::Milliseconds(std::max<int64_t>(ms, 0));
}

// For what the transaction holds. The rest of 4xx is about us, or about the server's day.
bool IsRefusal(int64_t status) {
  constexpr int64_t kOthers[] = {401, 403, 404, 405, 408, 429};
  return status >= 400 && status < 500 &&
         std::find(std::begin(kOthers), std::end(kOthers), status) == std::end(kOthers);
}

std::pair<TransactionSender::Parts, TransactionSender::Parts> Halves(
    const TransactionSender::Parts& parts) {
  const size_t half = parts.size() / 2;
  const size_t pdus = std::min(half, parts.pdus.size());
  const size_t edus = half - pdus;
  return {{parts.pdus.subspan(0, pdus), parts.edus.subspan(0, edus)},
          {parts.pdus.subspan(pdus), parts.edus.subspan(edus)}};
}

}  // namespace

struct TransactionSender::Attempt {
  const std::string& destination;
  int refusals = 0;
  bool takes_others = false;  // the server has answered 200 to some transaction
  std::optional<absl::Duration> asked;
};

TransactionSender::TransactionSender(std::string server_name, const Clock& clock,
                                     const SenderMetrics& metrics, Transport transport)
    : server_name_(std::move(server_name)),
      clock_(clock),
      metrics_(metrics),
      transport_(std::move(transport)),
      txn_prefix_(absl::StrCat(clock.NowMs(), "-")) {}

TransactionSender::Outcome TransactionSender::Send(const std::string& destination,
                                                   const Parts& parts) {
  Attempt attempt{destination};
  const absl::Status status = SendParts(attempt, parts);
  if (!status.ok()) metrics_.failures.Add();
  return {status, attempt.asked};
}

absl::StatusOr<RequestResponse> TransactionSender::Put(const Attempt& attempt, const Parts& parts) {
  RequestRequest request;
  request.set_destination(attempt.destination);
  request.set_method("PUT");
  request.set_path(absl::StrCat("/_matrix/federation/v1/send/", txn_prefix_, ++txn_count_));
  request.set_body(Transaction(parts));
  request.set_ignore_backoff(true);
  const rpc::Call call{.deadline = absl::Now() + kRequestTime, .request_id = "sender"};
  return transport_(call, request);
}

absl::Status TransactionSender::SendParts(Attempt& attempt, const Parts& parts) {
  PARLEY_TRY(const RequestResponse response, Put(attempt, parts));
  if (response.status() == 200) {
    attempt.takes_others = true;
    metrics_.transactions.Add();
    metrics_.pdus.Add(static_cast<double>(parts.pdus.size()));
    metrics_.edus.Add(static_cast<double>(parts.edus.size()));
    return absl::OkStatus();
  }
  if (!IsRefusal(response.status()) || ++attempt.refusals > kMaxRefusals) {
    attempt.asked = RetryAfter(response);
    return absl::UnavailableError(absl::StrCat("the server answered ", response.status()));
  }
  if (parts.size() == 1) return Drop(attempt);
  const auto [first, second] = Halves(parts);
  PARLEY_RETURN_IF_ERROR(SendParts(attempt, first));
  return SendParts(attempt, second);
}

absl::Status TransactionSender::Drop(Attempt& attempt) {
  if (!attempt.takes_others) {
    PARLEY_TRY(const RequestResponse empty, Put(attempt, {}));
    if (empty.status() != 200) {
      return absl::UnavailableError(absl::StrCat("the server answers ", empty.status(),
                                                 " to transactions with nothing in them"));
    }
    attempt.takes_others = true;
  }
  metrics_.refused.Add();
  return absl::OkStatus();
}

std::string TransactionSender::Transaction(const Parts& parts) const {
  std::string body;
  json::Writer out(body);
  out.BeginObject().Key("edus").BeginArray();
  for (const std::string& edu : parts.edus) out.Raw(edu);
  out.EndArray().Key("origin").String(server_name_);
  out.Key("origin_server_ts").Int(clock_.NowMs()).Key("pdus").BeginArray();
  for (const std::string& pdu : parts.pdus) out.Raw(pdu);
  out.EndArray().EndObject();
  return body;
}

}  // namespace parley::federation
