#include "services/parley/config.h"

namespace parley {
namespace {

using config::Option;

std::vector<Option> GeneralOptions(Config& c) {
  return {
      {"server_name", &c.server_name,
       "What stands behind the ':' of your users' ids, for example example.org. It can never be changed."},
      {"public_baseurl", &c.gateway.public_base_url,
       "Where clients reach this server, for /.well-known/matrix/client. Empty: https:// and the server name."},
      {"data_dir", &c.data_dir, "The folder that holds everything: store, signing key, socket. Back it up."},
      {"partitions", &c.partitions,
       "Into how many parts rooms and users are divided. Chosen when a deployment is created; it can never be changed.",
       1, 1024},
      {"signing_key_path", &c.signing_key_path,
       "The server's Ed25519 key, made if it is not there. Empty: signing.key in data_dir."},
  };
}

std::vector<Option> ListenOptions(Config& c) {
  return {
      {"listen.client", &c.listen.client, "Address and port of the client-server API, plain HTTP."},
      {"listen.federation", &c.listen.federation,
       "Address and port of the server-server API, such as 0.0.0.0:8448. Empty: no listener of its own."},
      {"listen.metrics", &c.listen.metrics,
       "Address and port of /metrics, /livez and /readyz. Port 0 takes any free one; empty: none of them."},
      {"listen.rpc", &c.listen.rpc,
       "Address and port, or unix:/path, where the services of this process are called by others and by parleyctl. It "
       "asks for rpc.token alone: never expose it. Empty: the socket parley.sock in data_dir."},
      {"listen.rpc_advertise", &c.listen.rpc_advertise,
       "Under which address others reach listen.rpc, such as the pod's. Empty: as it stands there."},
      {"listen.behind_proxy", &c.gateway.behind_proxy,
       "A proxy of yours stands before the client listener: the client's address is the last of X-Forwarded-For."},
      {"listen.max_connections", &c.gateway.max_connections, "Client connections beyond this are closed at once."},
      {"listen.max_body_bytes", &c.gateway.max_body_bytes,
       "What requests' bodies may hold of memory together until they are answered; beyond it uploads get a 429. One alone "
       "always fits."},
  };
}

std::vector<Option> ClusterOptions(Config& c) {
  return {
      {"services.accounts", &c.services.accounts, "Where accounts is called when it runs in another process."},
      {"services.events", &c.services.events, "The same for events."},
      {"services.presence", &c.services.presence, "The same for presence."},
      {"services.profile", &c.services.profile, "The same for profile."},
      {"services.calls", &c.services.calls, "The same for calls."},
      {"services.federation", &c.services.federation, "The same for federation."},
      {"services.media", &c.services.media, "The same for media."},
      {"rpc.threads", &c.rpc.threads, "Threads that serve calls from other processes.", 1, 4096},
      {"rpc.max_queued", &c.rpc.max_queued, "Calls that may wait for such a thread; beyond it they are refused."},
      {.name = "rpc.token",
       .target = &c.rpc.token,
       .text = "A secret shared by all processes of a deployment, shown in each call between them. Empty: none.",
       .secret = true},
      {"leases.lifetime", &c.leases.lifetime,
       "How long an owner of partitions may be silent before another takes them; one whose process ended is replaced at "
       "once. With store.engine postgres."},
      {"leases.heartbeat", &c.leases.heartbeat, "How often a process renews its leases and looks for its fair share."},
      {"bus.url", &c.bus.url,
       "What carries wake-ups between processes: memory (one process), or redis://[user:password@]host[:port]."},
      {"bus.user", &c.bus.user, "The user of Redis, when the URL names none. Empty: the default one."},
      {.name = "bus.password",
       .target = &c.bus.password,
       .text = "The password for Redis, when the URL has none. Empty: it asks for none.",
       .secret = true},
      {"bus.drop_all", &c.bus.drop_all, "Lose every wake-up. For tests: everything must still work, slower."},
  };
}

std::vector<Option> StoreOptions(Config& c) {
  return {
      {.name = "store.engine",
       .target = &c.store.engine,
       .text = "sqlite: one file, for one process. postgres: a PostgreSQL server (15 or newer) that all processes share.",
       .choices = {"sqlite", "postgres"}},
      {"store.path", &c.store.path, "The SQLite file. Empty: parley.db in data_dir."},
      {"store.read_connections", &c.store.read_connections, "How many reads run at the same time.", 1, 256},
      {"store.writer_cache", &c.store.writer_cache, "Page cache of the writing connection, in bytes."},
      {"store.reader_cache", &c.store.reader_cache, "Page cache of each reading connection, in bytes."},
  };
}

std::vector<Option> LogOptions(Config& c) {
  return {
      {.name = "log.format", .target = &c.log.format, .text = "How lines of log look.", .choices = {"plain", "json"}},
      {.name = "log.level",
       .target = &c.log.level,
       .text = "The least that is logged.",
       .choices = {"debug", "info", "warning", "error", "off"}},
  };
}

std::vector<Option> PostgresOptions(Config& c) {
  Config::Store::Postgres& p = c.store.postgres;
  return {
      {"store.postgres.host", &p.host,
       "The server's host name or the folder of its socket; of several, separated by commas, the one that can write."},
      {"store.postgres.port", &p.port, "The server's port."},
      {"store.postgres.database", &p.database, "The database; it is there already, and Parley makes its tables."},
      {"store.postgres.user", &p.user, "Whose tables they are."},
      {.name = "store.postgres.password", .target = &p.password, .text = "The user's password.", .secret = true},
      {.name = "store.postgres.ssl_mode",
       .target = &p.ssl_mode,
       .text = "How far the connection is protected, as libpq's sslmode.",
       .choices = {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}},
      {"store.postgres.ssl_root_cert", &p.ssl_root_cert, "The authority that the server's certificate must come from."},
      {"store.postgres.connect_timeout", &p.connect_timeout, "How long a connection may take to be made."},
      {"store.postgres.statement_timeout", &p.statement_timeout, "How long one statement may take."},
  };
}

std::vector<Option> RateOptions(Config& c) {
  gateway::Config& g = c.gateway;
  return {
      {"rate_limits.enabled", &c.rate_limits,
       "Answer 429 to those who ask too much. auto: unless the client listener is on loopback."},
      {"rate_limits.read_per_second", &g.read_rate.per_second, "Requests that only read, for each user.", 0},
      {"rate_limits.read_burst", &g.read_rate.burst, "How many of them at once.", 0},
      {"rate_limits.write_per_second", &g.write_rate.per_second, "Requests that send or change something, for each user.",
       0},
      {"rate_limits.write_burst", &g.write_rate.burst, "How many of them at once.", 0},
      {"rate_limits.login_per_second", &g.login_rate.per_second,
       "Logins, registrations and password checks, for each user and address.", 0},
      {"rate_limits.login_burst", &g.login_rate.burst, "How many of them at once.", 0},
      {"rate_limits.address_per_second", &g.address_rate.per_second, "All requests of one address.", 0},
      {"rate_limits.address_burst", &g.address_rate.burst, "How many of them at once.", 0},
  };
}

std::vector<Option> RegistrationOptions(Config& c) {
  accounts::Config& a = c.accounts;
  return {
      {"registration.enabled", &c.open_registration,
       "Anybody may make an account. auto: only while every listener is on loopback."},
      {.name = "registration.tokens",
       .target = &a.registration_tokens,
       .text = "Whoever knows one of these may make an account, also where registration is not enabled.",
       .secret = true},
      {.name = "registration.shared_secret",
       .target = &a.registration_shared_secret,
       .text = "Whoever knows this may make accounts through /_synapse/admin/v1/register. Empty: nobody.",
       .secret = true},
      {"registration.guests", &a.allow_guests, "Guests may come in without an account."},
      {"registration.reserved_names", &a.reserved_localparts,
       "Names that nobody may register; a trailing * stands for any ending."},
      {"password.passes", &a.password_passes, "Cost of the password hash (argon2id): passes over the memory.", 1, 100},
      {"password.memory_kib", &a.password_memory_kib, "Cost of the password hash: memory in KiB.", 8, 4 << 20},
      {"password.checks_at_once", &a.password_checks_at_once, "Passwords that are checked at one time; others wait.", 1,
       1024},
      {"password.failure_burst", &a.login_failure_burst,
       "Wrong passwords of one user that are taken at once. 0: no limit.", 0},
      {"password.failure_interval", &a.login_failure_interval, "How often a further wrong one is taken after that."},
  };
}

std::vector<Option> SessionOptions(Config& c) {
  accounts::Config& a = c.accounts;
  return {
      {"sessions.access_token_lifetime", &a.access_token_lifetime,
       "How long an access token lives that comes with a refresh token; others do not expire."},
      {"sessions.login_token_lifetime", &a.login_token_lifetime, "How long an m.login.token lives."},
      {"sessions.openid_token_lifetime", &a.openid_token_lifetime, "How long an OpenID token lives."},
      {"sessions.uia_lifetime", &a.uia_session_lifetime,
       "How long a user may take between the steps of user-interactive authentication."},
  };
}

std::vector<Option> RoomOptions(Config& c) {
  return {
      {.name = "default_room_version",
       .target = &c.events.default_room_version,
       .text = "Version of rooms that are made without naming one.",
       .choices = {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"}},
  };
}

std::vector<Option> PresenceOptions(Config& c) {
  presence::Config& p = c.presence;
  return {
      {.name = "presence.visibility",
       .target = &p.visibility,
       .text = "Who sees a user's presence at most: rooms (all who share a room), direct (whom the user has direct chats "
               "with), off (nobody, and nothing of it is done). Users can narrow it for themselves.",
       .choices = {"rooms", "direct", "off"}},
      {"presence.busy", &p.busy, "Users may be busy (MSC3026)."},
      {"presence.session_lifetime", &p.session_lifetime,
       "A device whose event streams no gateway has reported for this long is gone."},
      {"presence.offline_grace", &p.offline_grace, "So long after its last event stream a device still counts."},
      {"presence.idle_timeout", &p.idle_timeout, "Online without doing anything for this long becomes unavailable."},
      {"presence.active_window", &p.active_window, "Who did something within this time is currently active."},
      {"presence.max_status_msg_bytes", &p.max_status_msg_bytes, "Longer status messages are refused."},
  };
}

std::vector<Option> ProfileOptions(Config& c) {
  profile::Config& p = c.profile;
  return {
      {"profile.max_bytes", &p.max_profile_bytes, "A whole profile, as JSON."},
      {"profile.max_name_bytes", &p.max_name_bytes,
       "A display name or an avatar's URL: they go into every room of the user."},
      {"profile.room_threads", &p.room_threads, "Rooms that changes of profiles are written to at the same time.", 1, 256},
      {"profile.settle", &p.settle,
       "So long after a change, joins that were under way with the old name are looked for; longer than any request lives."},
  };
}

std::vector<Option> CallOptions(Config& c) {
  return {
      {"turn.uris", &c.calls.turn_uris,
       "TURN servers for calls, such as turn:turn.example.org?transport=udp. Empty: clients get none."},
      {.name = "turn.shared_secret",
       .target = &c.calls.turn_secret,
       .text = "The secret shared with the TURN servers (coturn: static-auth-secret).",
       .secret = true},
      {"turn.lifetime", &c.calls.turn_lifetime, "How long the credentials that clients get are good."},
      {"calls.two_party_rule", &c.events.two_party_calls,
       "Refuse a local user's m.call.invite to a room of more or fewer than two, unless it names its invitee."},
      {"calls.ended_shown", &c.calls.ended_shown, "How long a call that has ended is still told to clients."},
      {"calls.retention", &c.events.call_retention,
       "A call of which nothing was heard for this long is forgotten."},
      {"delayed_events.max_delay", &c.calls.max_delay, "Delayed events (MSC4140) may wait for so long."},
      {"delayed_events.max_per_user", &c.calls.max_delayed_per_user, "So many of one user may wait at a time; each process of calls counts those that it owns."},
      {"delayed_events.send_burst", &c.calls.delayed_burst,
       "So many of one user are sent at once when their time comes; others wait.", 1},
      {"delayed_events.send_per_second", &c.calls.delayed_per_second, "So many a second after that.", 1},
      {"delayed_events.retention", &c.calls.finalised_retention,
       "How long it is remembered what became of a delayed event."},
      {"delayed_events.threads", &c.calls.delayed_threads, "Delayed events that are sent at the same time.", 1, 1024},
      {"rtc.livekit_service_url", &c.calls.livekit_service_url,
       "Where MatrixRTC calls meet: the URL of the LiveKit JWT service. Empty: none."},
  };
}

std::vector<Option> MediaOptions(Config& c) {
  media::Config& m = c.media;
  return {
      {"media.path", &m.path,
       "The folder that holds all files. Where several processes run `media`, all of them see the same. Empty: media in "
       "data_dir."},
      {"media.unauthenticated", &c.gateway.unauthenticated_media,
       "Serve files under /_matrix/media, too, where nobody needs a token: clients and servers of before Matrix 1.11 know "
       "no other way. Without it the answer there is 404."},
      {"media.url_previews", &m.url_previews,
       "Fetch the web page of a URL, over https and from public addresses alone, for clients that ask for its preview."},
      {"media.max_remote_bytes", &m.max_remote_bytes, "Files of other servers beyond this are not fetched."},
      {"media.max_reserved", &m.max_reserved, "So many ids of one user may wait for their upload."},
      {"media.reserved_lifetime", &m.reserved_lifetime, "How long such an id waits."},
      {"media.any_thumbnail_size", &m.any_thumbnail_size,
       "Make thumbnails in whatever size is asked for, up to 800x600, instead of the five standard ones."},
      {"media.max_thumbnail_pixels", &m.max_thumbnail_pixels, "Images with more pixels get no thumbnails."},
      {"media.max_thumbnail_source_bytes", &m.max_thumbnail_source_bytes, "Nor do files with more bytes."},
      {"media.thumbnail_timeout", &m.thumbnail_timeout, "How long making a thumbnail may take."},
      {"media.thumbnails_at_once", &m.thumbnails_at_once,
       "Thumbnails that are made at the same time; others wait for their turn.", 1, 256},
  };
}

std::vector<Option> LimitOptions(Config& c) {
  gateway::Config& g = c.gateway;
  accounts::Config& a = c.accounts;
  return {
      {"limits.loop_threads", &g.loop_threads, "Event loop threads of the gateway. 0: as many as cores.", 0, 256},
      {"limits.handler_threads", &g.handler_threads, "Threads for requests. 0: 16 for each core.", 0, 4096},
      {"limits.max_queued_requests", &g.max_queued_requests,
       "Requests that may wait for such a thread; beyond it the answer is 429."},
      {"limits.request_timeout", &g.request_timeout, "How long a request may take, all calls to services included."},
      {"limits.max_upload_bytes", &g.max_upload_bytes, "Uploads beyond this are refused."},
      {"limits.query_access_tokens", &g.query_access_tokens,
       "Accept access tokens in the query string, which the specification deprecates."},
      {"limits.cached_users", &a.cached_users, "Users whose account is kept in memory."},
      {"limits.room_memory_bytes", &c.events.room_memory_bytes, "Memory for rooms in use."},
      {"limits.max_initial_invites", &c.events.max_initial_invites, "Users that one request may invite to a new room."},
      {"limits.max_account_data_bytes", &a.max_account_data_bytes, "Account data of one user."},
      {"limits.max_filters", &a.max_filters, "Stored filters of one user."},
      {"limits.max_devices", &a.max_devices, "Devices of one user."},
      {"limits.max_one_time_keys", &a.max_one_time_keys, "One-time keys of one device."},
      {"retention.event_transactions", &c.events.txn_retention,
       "How long a sent event's transaction id is remembered, so that a retry doubles nothing."},
      {"retention.device_transactions", &a.transaction_retention, "The same for messages between devices."},
  };
}

std::vector<Option> FederationOptions(Config& c) {
  federation::Config& f = c.federation;
  return {
      {"federation.on_client_listener", &c.inbound.on_client_listener,
       "Serve the server-server API on the client listener, too: for a proxy that has one place to send everything to."},
      {"federation.tls_certificate", &c.inbound.tls_certificate,
       "A PEM file with the federation listener's certificate and its chain. Empty: plain HTTP, for a proxy."},
      {"federation.tls_key", &c.inbound.tls_key, "The PEM file of its private key."},
      {"federation.handler_threads", &c.inbound.handler_threads,
       "Threads for requests of the federation listener. 0: 16 for each core.", 0, 4096},
      {"federation.old_send_membership", &c.gateway.old_send_membership,
       "Serve send_join and send_leave v1, too, which servers of before 2019 use."},
      {"federation.ca_file", &f.ca_file,
       "A PEM file of authorities that other servers' certificates may come from, besides the system's."},
      {"federation.allow_addresses", &f.allow_addresses,
       "Addresses or blocks such as 10.0.0.0/8 that requests to other servers may go to although they are not public."},
      {"federation.deny_addresses", &f.deny_addresses, "Addresses or blocks that they never go to."},
      {"federation.notaries", &f.notaries, "Servers that are asked for the keys of servers that do not answer."},
      {"federation.request_timeout", &f.request_timeout, "How long a request to another server may take."},
      {"federation.long_request_timeout", &f.long_request_timeout,
       "The same for one whose answer may be large, such as the state of a room."},
      {"federation.key_lifetime", &f.key_lifetime, "For how long others may trust our signing keys before they ask again."},
      {"federation.client_threads", &f.client_threads, "Event loop threads of requests to other servers.", 1, 64},
      {"federation.key_threads", &f.key_threads, "Servers whose keys are asked for at the same time.", 1, 1024},
  };
}

std::vector<Option> WellKnownOptions(Config& c) {
  gateway::Config& g = c.gateway;
  return {
      {"well_known.federation_host", &g.federation_host,
       "Where other servers reach this one, for /.well-known/matrix/server. Empty: the server name and port 443."},
      {"well_known.support_email", &g.support_email, "For /.well-known/matrix/support. Empty: not told."},
      {"well_known.support_page", &g.support_page, "The same, as a web page."},
  };
}

}  // namespace

config::Table OptionsOf(Config& config) {
  std::vector<Option> all;
  for (const auto part :
       {GeneralOptions, RoomOptions, ListenOptions, RegistrationOptions, SessionOptions, PresenceOptions, ProfileOptions,
        CallOptions, MediaOptions, RateOptions, LimitOptions, FederationOptions, WellKnownOptions, ClusterOptions, StoreOptions, PostgresOptions, LogOptions}) {
    for (Option& option : part(config)) all.push_back(std::move(option));
  }
  return config::Table(std::move(all));
}

}  // namespace parley
