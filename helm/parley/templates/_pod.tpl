{{/* What all pods of the chart share: nobody's rights, no token, a read-only root. */}}

{{- define "parley.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "parley.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
capabilities: {drop: [ALL]}
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{/* Folders of a container that runs Parley's image. */}}
{{- define "parley.mounts" -}}
- {name: config, mountPath: /etc/parley/parley.yaml, subPath: parley.yaml, readOnly: true}
- {name: secrets, mountPath: /etc/parley/secrets, readOnly: true}
- {name: data, mountPath: /var/lib/parley}
{{- end -}}

{{/* (dict "root" $ "key" true "config" "name of the ConfigMap") */}}
{{- define "parley.volumes" -}}
- name: config
  configMap: {name: {{ .config }}, defaultMode: 0444}
- name: secrets
  projected:
    sources:
      {{- include "parley.secretFiles" . | trim | nindent 6 }}
- name: data
  emptyDir: {sizeLimit: 256Mi}
{{- end -}}

{{/* Pods of one component apart from each other: over zones first, then over hosts. (dict "root" $ "component" c "spread" s) */}}
{{- define "parley.spread" -}}
{{- range list (list "topology.kubernetes.io/zone" .spread.zone) (list "kubernetes.io/hostname" .spread.host) }}
- topologyKey: {{ first . }}
  whenUnsatisfiable: {{ last . }}
  maxSkew: 1
  matchLabelKeys: [pod-template-hash]
  labelSelector:
    matchLabels:
      {{- include "parley.selector" $ | nindent 6 }}
{{- end }}
{{- end -}}

{{- define "parley.pullSecrets" -}}
{{- with .Values.image.pullSecrets -}}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}
