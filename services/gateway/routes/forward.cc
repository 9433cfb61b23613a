#include "services/gateway/routes/forward.h"

#include "common/status/macros.h"

namespace parley::gateway {

accounts::ClientInfo ClientOf(const RequestContext& context) {
  accounts::ClientInfo client;
  client.set_ip(context.request().peer);
  client.set_user_agent(std::string(context.request().headers.Get("User-Agent").substr(0, 255)));
  return client;
}

absl::StatusOr<accounts::BodyRequest> ToBodyRequest(RequestContext& context, bool required) {
  PARLEY_RETURN_IF_ERROR((required ? context.Body() : context.BodyOrEmpty()).status());
  accounts::BodyRequest request;
  *request.mutable_requester() = context.requester().ToProto();
  *request.mutable_client() = ClientOf(context);
  request.set_body(context.RawBody());
  return request;
}

absl::StatusOr<HttpAnswer> ToAnswer(absl::StatusOr<accounts::JsonResponse> response) {
  if (!response.ok()) return response.status();
  return JsonAnswer(std::move(*response->mutable_json()));
}

RouteHandler Forward(accounts::AccountsService& service, BodyMethod method, bool body_required) {
  return [&service, method, body_required](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    PARLEY_TRY(const accounts::BodyRequest request, ToBodyRequest(context, body_required));
    return ToAnswer((service.*method)(context.call(), request));
  };
}

RouteHandler Refuse(absl::Status error) {
  return [error = std::move(error)](RequestContext&) -> absl::StatusOr<HttpAnswer> { return error; };
}

}  // namespace parley::gateway
