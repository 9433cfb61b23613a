{{/* One component's pods as the other side of a rule. */}}
{{- define "parley.peer" -}}
- podSelector:
    matchLabels:
      {{- include "parley.selector" . | nindent 6 }}
{{- end -}}

{{/* Out to Redis and PostgreSQL: (dict "root" $). */}}
{{- define "parley.backends" -}}
{{- with .root.Values }}
{{- if .redis.tryout.enabled }}
- ports: [{port: 6379}]
  to:
    {{- include "parley.peer" (dict "root" $.root "component" "redis") | nindent 4 }}
{{- else }}
- ports: [{port: {{ regexFind ":[0-9]+$" .redis.url | trimPrefix ":" | default "6379" | int }}}]
  {{- with include "parley.databases" .networkPolicy }}
  {{- . | nindent 2 }}
  {{- end }}
{{- end }}
{{- if .postgresql.tryout.enabled }}
- ports: [{port: 5432}]
  to:
    {{- include "parley.peer" (dict "root" $.root "component" "postgresql") | nindent 4 }}
{{- else }}
- ports: [{port: {{ .postgresql.port }}}]
  {{- with include "parley.databases" .networkPolicy }}
  {{- . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Where external databases may be; anywhere when the values do not say. */}}
{{- define "parley.databases" -}}
{{- with .databaseTo -}}
to:
  {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end -}}

{{/* In to the chart's own PostgreSQL or Redis, from its own pods alone; nothing out. (dict "component" c "port" 5432) */}}
{{- define "parley.tryoutPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "parley.metadata" .component | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "parley.selector" .component | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    - ports: [{port: {{ .port }}}]
      from:
        {{- include "parley.peer" (dict "root" .component.root) | nindent 8 }}
{{- end -}}
