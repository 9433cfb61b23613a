#include "common/base/strings.h"
#include "common/event/room_version.h"
#include "common/status/matrix_error.h"
#include "services/gateway/config.h"
#include "services/gateway/deps.h"
#include "services/gateway/router.h"

namespace parley::gateway {
namespace {

constexpr int kLatestMinor = 16;  // of the client-server API, v1.x

// MSCs that are not in any version of the specification yet, and that clients ask for by these names.
constexpr std::string_view kUnstableFeatures[] = {
    "org.matrix.msc3266",
    "uk.half-shot.msc2666.query_mutual_rooms",
    "uk.tcpip.msc4133",
    "uk.tcpip.msc4133.stable",
    "org.matrix.msc4222",
    "org.matrix.msc4140",
    "org.matrix.msc4143",
    "dev.parley.calls",
};

std::string Versions(const Config& config) {
  json::Array versions;
  for (int patch = 0; patch <= 1; ++patch) versions.emplace_back(StrCat("r0.6.", patch));
  for (int minor = 1; minor <= kLatestMinor; ++minor) versions.emplace_back(StrCat("v1.", minor));
  json::Object features;
  for (const std::string_view feature : kUnstableFeatures) features.Set(feature, true);
  features.Set("org.matrix.msc3026.busy_presence", config.busy_presence);
  return json::Serialize(json::Object{{"versions", std::move(versions)}, {"unstable_features", std::move(features)}});
}

json::Value Enabled(bool enabled) { return json::Object{{"enabled", enabled}}; }

json::Value RoomVersions(std::string_view default_version) {
  json::Object available;
  for (int number = 1; number <= 12; ++number) {
    const event::RoomVersion* version = event::FindRoomVersion(StrCat(number));
    if (version != nullptr) available.Set(version->id, version->stable ? "stable" : "unstable");
  }
  return json::Object{{"default", default_version}, {"available", std::move(available)}};
}

std::string Capabilities(const Config& config) {
  json::Object capabilities{{"m.change_password", Enabled(true)},
                            {"m.room_versions", RoomVersions(config.default_room_version)},
                            {"m.set_displayname", Enabled(true)},
                            {"m.set_avatar_url", Enabled(true)},
                            {"m.profile_fields", Enabled(true)},
                            {"m.3pid_changes", Enabled(false)},
                            {"m.get_login_token", Enabled(true)}};
  return json::Serialize(json::Object{{"capabilities", std::move(capabilities)}});
}

std::string ClientWellKnown(const Config& config) {
  const std::string base_url =
      config.public_base_url.empty() ? StrCat("https://", config.server_name) : config.public_base_url;
  return json::Serialize(json::Object{{"m.homeserver", json::Object{{"base_url", base_url}}}});
}

std::string ServerWellKnown(const Config& config) {
  const std::string host = config.federation_host.empty() ? StrCat(config.server_name, ":443") : config.federation_host;
  return json::Serialize(json::Object{{"m.server", host}});
}

absl::StatusOr<std::string> Support(const Config& config) {
  if (config.support_email.empty() && config.support_page.empty()) return NotFound("There is no such page");
  json::Object page;
  if (!config.support_email.empty()) {
    json::Object contact{{"role", "m.role.admin"}, {"email_address", config.support_email}};
    page.Set("contacts", json::Array{std::move(contact)});
  }
  if (!config.support_page.empty()) page.Set("support_page", config.support_page);
  return json::Serialize(page);
}

// A document that is the same for everybody, made once.
void AddDocument(Router& router, std::string_view path, Auth auth, absl::StatusOr<std::string> document) {
  router.Add({.method = "GET",
              .path = path,
              .auth = auth,
              .limit = Limit::kNone,
              .handler = [document = std::move(document)](RequestContext&) -> absl::StatusOr<HttpAnswer> {
                if (!document.ok()) return document.status();
                return JsonAnswer(*document);
              }});
}

}  // namespace

void AddServerRoutes(Router& router, const Deps& deps) {
  // GET /_matrix/client/versions
  AddDocument(router, "/_matrix/client/versions", Auth::kNone, Versions(deps.config));
  // GET /_matrix/client/v3/capabilities
  AddDocument(router, "/_matrix/client/v3/capabilities", Auth::kUser, Capabilities(deps.config));
  // GET /.well-known/matrix/client
  AddDocument(router, "/.well-known/matrix/client", Auth::kNone, ClientWellKnown(deps.config));
  // GET /.well-known/matrix/server
  AddDocument(router, "/.well-known/matrix/server", Auth::kNone, ServerWellKnown(deps.config));
  // GET /.well-known/matrix/support
  AddDocument(router, "/.well-known/matrix/support", Auth::kNone, Support(deps.config));
}

}  // namespace parley::gateway
