#pragma once

#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "parley/accounts/v1/accounts.parley.h"
#include "parley/common/v1/common.pb.h"
#include "services/gateway/endpoint.h"
#include "services/gateway/router.h"

// What the routes of accounts share: they hand the request on as the contract has it, and the answer as it comes.
namespace parley::gateway {

// Where the request came from.
accounts::ClientInfo ClientOf(const RequestContext& context);

// The body has been looked at: an error when it is no JSON object. `required`: an absent one is an error as well.
absl::StatusOr<accounts::BodyRequest> ToBodyRequest(RequestContext& context, bool required = true);

absl::StatusOr<HttpAnswer> ToAnswer(absl::StatusOr<accounts::JsonResponse> response);

// 200 {} when the call went well.
template <class Response>
absl::StatusOr<HttpAnswer> ToEmptyAnswer(const absl::StatusOr<Response>& response) {
  if (!response.ok()) return response.status();
  return EmptyAnswer();
}

// A method of the contract that takes a BodyRequest and answers with JSON.
using BodyMethod = absl::StatusOr<accounts::JsonResponse> (accounts::AccountsService::*)(const rpc::Call&,
                                                                                        const accounts::BodyRequest&);
RouteHandler Forward(accounts::AccountsService& service, BodyMethod method, bool body_required = true);

// Always this error.
RouteHandler Refuse(absl::Status error);

}  // namespace parley::gateway
