// /_matrix/client/v3/devices and /delete_devices. Client-Server API, "Device Management".
#include "common/status/macros.h"
#include "services/gateway/deps.h"
#include "services/gateway/routes/forward.h"

namespace parley::gateway {
namespace {

RouteHandler List(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    accounts::ListDevicesRequest request;
    *request.mutable_requester() = context.requester().ToProto();
    return ToAnswer(service.ListDevices(context.call(), request));
  };
}

RouteHandler Get(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    accounts::GetDeviceRequest request;
    *request.mutable_requester() = context.requester().ToProto();
    request.set_device_id(context.Param("deviceId"));
    return ToAnswer(service.GetDevice(context.call(), request));
  };
}

RouteHandler Update(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    PARLEY_RETURN_IF_ERROR(context.Body().status());
    accounts::UpdateDeviceRequest request;
    *request.mutable_requester() = context.requester().ToProto();
    request.set_device_id(context.Param("deviceId"));
    request.set_body(context.RawBody());
    return ToEmptyAnswer(service.UpdateDevice(context.call(), request));
  };
}

RouteHandler DeleteOne(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    PARLEY_RETURN_IF_ERROR(context.BodyOrEmpty().status());
    accounts::DeleteDevicesRequest request;
    *request.mutable_requester() = context.requester().ToProto();
    request.set_device_id(context.Param("deviceId"));
    request.set_body(context.RawBody());
    return ToEmptyAnswer(service.DeleteDevices(context.call(), request));
  };
}

RouteHandler DeleteSeveral(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    PARLEY_RETURN_IF_ERROR(context.Body().status());
    accounts::DeleteDevicesRequest request;
    *request.mutable_requester() = context.requester().ToProto();
    request.set_body(context.RawBody());
    return ToEmptyAnswer(service.DeleteDevices(context.call(), request));
  };
}

}  // namespace

void AddDeviceRoutes(Router& router, const Deps& deps) {
  accounts::AccountsService& service = deps.accounts;
  constexpr std::string_view kDevice = "/_matrix/client/v3/devices/{deviceId}";
  router.Add({.method = "GET", .path = "/_matrix/client/v3/devices", .auth = Auth::kGuest, .handler = List(service)});
  router.Add({.method = "GET", .path = kDevice, .auth = Auth::kGuest, .handler = Get(service)});
  router.Add({.method = "PUT",
              .path = kDevice,
              .auth = Auth::kGuest,
              .limit = Limit::kWrite,
              .handler = Update(service)});
  router.Add({.method = "DELETE",
              .path = kDevice,
              .limit = Limit::kWrite,
              .ends_tokens = true,
              .handler = DeleteOne(service)});
  router.Add({.method = "POST",
              .path = "/_matrix/client/v3/delete_devices",
              .limit = Limit::kWrite,
              .ends_tokens = true,
              .handler = DeleteSeveral(service)});
}

}  // namespace parley::gateway
