{{/* The Deployment of a service, the same for all: (dict "root" $ "service" "events"). */}}

{{- define "parley.deployment" -}}
{{- $root := .root -}}
{{- $values := include "parley.service" . | fromYaml -}}
{{- $component := dict "root" $root "component" .service -}}
{{- $key := (index (include "parley.graph" $root | fromYaml) .service).key -}}
{{- $alone := and (eq .service "media") (not (include "parley.mediaIsShared" $root)) -}}
{{- if and $alone (or $values.autoscaling.enabled (gt (int $values.replicas) 1)) -}}
{{- fail "several pods of `media` need a volume that they share: media.storage.accessModes: [ReadWriteMany]" -}}
{{- end -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "parley.metadata" (merge (dict "name" (include "parley.serviceName" .)) $component) | nindent 2 }}
spec:
  {{- if not $values.autoscaling.enabled }}
  replicas: {{ $values.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  {{- if $alone }}
  strategy: {type: Recreate}   # two pods can't have the volume at a time
  {{- else }}
  strategy:
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
  {{- end }}
  selector:
    matchLabels:
      {{- include "parley.selector" $component | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "parley.labels" $component | nindent 8 }}
        {{- with $values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        checksum/config: {{ include "parley.config" $root | sha256sum }}
        {{- with $values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "parley.fullname" $root }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ $values.terminationGraceSeconds }}
      {{- with $values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- with include "parley.pullSecrets" $root }}
      {{- . | nindent 6 }}
      {{- end }}
      securityContext:
        {{- include "parley.podSecurity" $root | nindent 8 }}
      topologySpreadConstraints:
        {{- include "parley.spread" (merge (dict "spread" $values.spread) $component) | trim | nindent 8 }}
      {{- with $values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ .service }}
          {{- include "parley.container" (dict "root" $root "service" .service "values" $values) | nindent 10 }}
      volumes:
        {{- include "parley.volumes" (dict "root" $root "key" $key "config" (include "parley.fullname" $root)) | nindent 8 }}
        {{- if eq .service "media" }}
        - name: files
          persistentVolumeClaim: {claimName: {{ include "parley.mediaClaim" $root }}}
        {{- end }}
{{- end -}}

{{- define "parley.container" -}}
{{- $ports := include "parley.ports" .root | fromYaml -}}
image: {{ include "parley.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
args: [--config, /etc/parley/parley.yaml, --target, {{ .service }}]
env:
  - name: POD_IP
    valueFrom: {fieldRef: {fieldPath: status.podIP}}
  - name: PARLEY_LISTEN_RPC_ADVERTISE
    value: $(POD_IP):{{ $ports.rpc }}
  - {name: PARLEY_RPC_TOKEN_FILE, value: /etc/parley/secrets/rpc-token}   # for parleyctl in this pod
ports:
  {{- if eq .service "gateway" }}
  - {name: client, containerPort: {{ $ports.client }}}
  - {name: federation, containerPort: {{ $ports.federation }}}
  {{- end }}
  - {name: rpc, containerPort: {{ $ports.rpc }}}
  - {name: metrics, containerPort: {{ $ports.metrics }}}
{{- include "parley.probes" . }}
{{- if gt (int .values.drainSeconds) 0 }}
lifecycle:
  preStop: {sleep: {seconds: {{ .values.drainSeconds }}}}
{{- end }}
resources:
  {{- toYaml .values.resources | nindent 2 }}
securityContext:
  {{- include "parley.containerSecurity" .root | nindent 2 }}
volumeMounts:
  {{- include "parley.mounts" .root | nindent 2 }}
  {{- if eq .service "media" }}
  - {name: files, mountPath: /var/lib/parley-media}
  {{- end }}
{{- end -}}

{{/* Started once it is ready for the first time; alive while it answers at all; ready while its gRPC server says so, and
     for the gateway while it takes requests. */}}
{{- define "parley.probes" -}}
{{- $ports := include "parley.ports" .root | fromYaml }}
startupProbe:
  httpGet: {path: /readyz, port: metrics}
  periodSeconds: 1
  timeoutSeconds: 3
  failureThreshold: {{ .values.startupSeconds }}
livenessProbe:
  httpGet: {path: /livez, port: metrics}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  {{- if eq .service "gateway" }}
  httpGet: {path: /readyz, port: metrics}
  {{- else }}
  grpc: {port: {{ $ports.rpc }}}
  {{- end }}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 2
{{- end -}}
