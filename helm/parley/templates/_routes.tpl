{{- define "parley.ingressPath" -}}
- path: {{ .path }}
  pathType: Prefix
  backend: {service: {name: {{ .service }}, port: {name: client}}}
{{- end -}}

{{/* Long polls stay open for as long as the client asks: no time-out of the proxy's own. */}}
{{- define "parley.httpRule" -}}
- matches:
    {{- range .paths }}
    - path: {type: PathPrefix, value: {{ . }}}
    {{- end }}
  timeouts: {request: 0s}
  backendRefs:
    - {name: {{ .service }}, port: 8008}
{{- end -}}
