{{/* parley.yaml: what the values say under `config`, and what only the chart knows. */}}

{{- define "parley.config" -}}
{{- if not .Values.serverName }}{{ fail "serverName is missing: --set serverName=example.org. It can never be changed." }}{{ end -}}
{{- $ports := include "parley.ports" . | fromYaml -}}
{{- $own := dict
      "server_name" .Values.serverName
      "public_baseurl" (include "parley.publicUrl" .)
      "data_dir" "/var/lib/parley"
      "partitions" .Values.partitions
      "signing_key_path" "/etc/parley/secrets/signing.key"
      "listen" (include "parley.config.listen" . | fromYaml)
      "services" (include "parley.config.services" . | fromYaml)
      "rpc" (dict "token_file" "/etc/parley/secrets/rpc-token")
      "media" (dict "path" "/var/lib/parley-media/files")
      "bus" (include "parley.config.bus" . | fromYaml)
      "store" (dict "engine" "postgres" "postgres" (include "parley.config.postgres" . | fromYaml)) -}}
{{- if not (dig "listen" "behind_proxy" "" .Values.config) }}
{{- $_ := set $own.listen "behind_proxy" (or .Values.ingress.enabled .Values.gatewayApi.enabled) }}
{{- end }}
{{- if not (hasKey (dig "federation" dict .Values.config) "on_client_listener") }}
{{- $_ := set $own "federation" (dict "on_client_listener" true) }}
{{- end }}
{{- with .Values.registration }}
{{- $registration := dict }}
{{- if .sharedSecret.existingSecret }}{{ $_ := set $registration "shared_secret_file" "/etc/parley/secrets/registration-shared-secret" }}{{ end }}
{{- if .tokens.existingSecret }}{{ $_ := set $registration "tokens_file" "/etc/parley/secrets/registration-tokens" }}{{ end }}
{{- if $registration }}{{ $_ := set $own "registration" $registration }}{{ end }}
{{- end }}
{{- if .Values.turn.sharedSecret.existingSecret }}
{{- $_ := set $own "turn" (dict "shared_secret_file" "/etc/parley/secrets/turn-shared-secret") }}
{{- end }}
{{- mergeOverwrite (deepCopy .Values.config) $own | toYaml -}}
{{- end -}}

{{- define "parley.config.listen" -}}
{{- range $name, $port := include "parley.ports" . | fromYaml }}
{{ $name }}: "0.0.0.0:{{ $port }}"
{{- end }}
{{- end -}}

{{- define "parley.config.services" -}}
{{- $ports := include "parley.ports" . | fromYaml -}}
{{- range $name, $_ := include "parley.graph" . | fromYaml }}
{{- if ne $name "gateway" }}
{{ $name }}: "{{ include "parley.serviceName" (dict "root" $ "service" $name) }}.{{ $.Release.Namespace }}.svc.{{ $.Values.clusterDomain }}:{{ $ports.rpc }}"
{{- end }}
{{- end }}
{{- end -}}

{{- define "parley.config.postgres" -}}
{{- with .Values.postgresql }}
host: {{ include "parley.postgresHost" $ }}
port: {{ .tryout.enabled | ternary 5432 .port }}
database: {{ .tryout.enabled | ternary "parley" .database | quote }}
user: {{ .tryout.enabled | ternary "parley" .user | quote }}
ssl_mode: {{ .tryout.enabled | ternary "disable" .sslMode }}
password_file: /etc/parley/secrets/postgresql-password
{{- if .rootCert.existingSecret }}
ssl_root_cert: /etc/parley/secrets/postgresql-ca.crt
{{- end }}
{{- end }}
{{- end -}}

{{- define "parley.postgresHost" -}}
{{- if .Values.postgresql.tryout.enabled -}}
{{ include "parley.fullname" . }}-postgresql.{{ .Release.Namespace }}.svc.{{ .Values.clusterDomain }}
{{- else -}}
{{ required "postgresql.host is missing: name a server, or set postgresql.tryout.enabled for a simple one that is not for production" .Values.postgresql.host }}
{{- end -}}
{{- end -}}

{{- define "parley.config.bus" -}}
url: {{ include "parley.redisUrl" . | quote }}
{{- if or .Values.redis.tryout.enabled .Values.redis.password.existingSecret }}
password_file: /etc/parley/secrets/redis-password
{{- end }}
{{- end -}}

{{- define "parley.redisUrl" -}}
{{- if .Values.redis.tryout.enabled -}}
redis://{{ include "parley.fullname" . }}-redis.{{ .Release.Namespace }}.svc.{{ .Values.clusterDomain }}:6379
{{- else -}}
{{ required "redis.url is missing: name a server (redis://host:6379), or set redis.tryout.enabled for a simple one" .Values.redis.url }}
{{- end -}}
{{- end -}}
