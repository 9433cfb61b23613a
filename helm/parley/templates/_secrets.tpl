{{/* Secrets that the chart makes once and keeps, and the files that pods see of all secrets. */}}

{{- define "parley.madeSecret" -}}
{{ include "parley.fullname" . }}-made
{{- end -}}

{{/* The value of KEY in the secret the chart has made, as it is there, in base64; FRESH when there is none yet.
     An upgrade that reaches the cluster and finds no secret stops: a new signing key is a new server to all others.
     (dict "root" $ "key" "signing.key" "fresh" "text") */}}
{{- define "parley.made" -}}
{{- $name := include "parley.madeSecret" .root -}}
{{- $there := lookup "v1" "Secret" .root.Release.Namespace $name -}}
{{- $data := dig "data" dict $there -}}
{{- if and (not $there) .root.Release.IsUpgrade (lookup "v1" "Namespace" "" .root.Release.Namespace) -}}
{{- fail (printf "the secret %s is gone; it holds the signing key and passwords: restore it, then upgrade" $name) -}}
{{- end -}}
{{- index $data .key | default (.fresh | b64enc) -}}
{{- end -}}

{{/* One file from a secret: (dict "secret" name-or-empty "made" "the chart's own" "key" "key in it" "path" "file"). */}}
{{- define "parley.secretFile" -}}
- secret:
    name: {{ .secret | default .made }}
    items: [{key: {{ if .secret }}{{ .key }}{{ else }}{{ .path }}{{ end }}, path: {{ .path }}, mode: 0440}]
{{- end -}}

{{/* The sources of /etc/parley/secrets: (dict "root" $ "key" true). Without key: no signing key. */}}
{{- define "parley.secretFiles" -}}
{{- $made := include "parley.madeSecret" .root -}}
{{- $files := list (dict "from" .root.Values.internalToken "path" "rpc-token") -}}
{{- with .root.Values }}
{{- if .registration.sharedSecret.existingSecret }}
{{- $files = append $files (dict "from" .registration.sharedSecret "path" "registration-shared-secret") }}
{{- end }}
{{- if .registration.tokens.existingSecret }}
{{- $files = append $files (dict "from" .registration.tokens "path" "registration-tokens") }}
{{- end }}
{{- if .turn.sharedSecret.existingSecret }}
{{- $files = append $files (dict "from" .turn.sharedSecret "path" "turn-shared-secret") }}
{{- end }}
{{- if or .redis.tryout.enabled .redis.password.existingSecret }}
{{- $files = append $files (dict "from" (.redis.tryout.enabled | ternary dict .redis.password) "path" "redis-password") }}
{{- end }}
{{- if $.key }}
{{- $files = append $files (dict "from" .signingKey "path" "signing.key") }}
{{- end }}
{{- $files = append $files (dict "from" (.postgresql.tryout.enabled | ternary dict .postgresql.password) "path" "postgresql-password") }}
{{- if .postgresql.rootCert.existingSecret }}
{{- $files = append $files (dict "from" .postgresql.rootCert "path" "postgresql-ca.crt") }}
{{- end }}
{{- end }}
{{- range $files }}
{{ include "parley.secretFile" (dict "secret" (.from.existingSecret | default "") "made" $made "key" (.from.key | default "") "path" .path) }}
{{- end }}
{{- end -}}
