{{/* The services, what each needs, and whom it calls: what services/parley wires, as far as Kubernetes has to know. */}}

{{/* calls: whose gRPC port it reaches (its own: a replica hands to the owner of a partition). key: it has the signing key.
     internet: it calls other servers. All reach the database, which says who owns what. */}}
{{- define "parley.graph" -}}
gateway: {calls: [accounts, calls, events, federation, media, presence, profile], key: false}
events: {calls: [accounts, events, federation], key: true}
accounts: {calls: [accounts, events, federation, profile], key: true}
presence: {calls: [federation, presence, profile], key: true}
profile: {calls: [accounts, events, presence, profile], key: true}
calls: {calls: [calls, events], key: true}
federation: {calls: [accounts, events, federation, presence], key: true, internet: true}
media: {calls: [federation, media], key: true}
{{- end -}}

{{- define "parley.ports" -}}
client: 8008
federation: 8448
metrics: 9008
rpc: 9007
{{- end -}}

{{/* A service's values over the defaults of all: (dict "root" $ "service" "events"). */}}
{{- define "parley.service" -}}
{{- $all := deepCopy .root.Values.serviceDefaults -}}
{{- mergeOverwrite $all (deepCopy (index .root.Values.services .service)) | toYaml -}}
{{- end -}}

{{/* Yes, where several pods may use the claim of the files at a time. */}}
{{- define "parley.mediaIsShared" -}}
{{- if has "ReadWriteMany" .Values.media.storage.accessModes -}}yes{{- end -}}
{{- end -}}

{{- define "parley.mediaClaim" -}}
{{ .Values.media.storage.existingClaim | default (printf "%s-media" (include "parley.fullname" .)) }}
{{- end -}}

{{- define "parley.serviceName" -}}
{{ include "parley.fullname" .root }}-{{ .service }}
{{- end -}}
