{{/* Grows at once, shrinks slowly: a replica that goes hands its partitions over. (dict "root" $ "component" c "values" v) */}}
{{- define "parley.autoscaler" -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "parley.metadata" .component | nindent 2 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ .component.name }}}
  minReplicas: {{ .values.minReplicas }}
  maxReplicas: {{ .values.maxReplicas }}
  behavior:
    scaleUp:
      stabilizationWindowSeconds: 0
      policies:
        - {type: Percent, value: 100, periodSeconds: 15}
        - {type: Pods, value: 2, periodSeconds: 15}
    scaleDown:
      stabilizationWindowSeconds: {{ .values.scaleDownSeconds }}
      policies:
        - {type: Pods, value: 1, periodSeconds: 30}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {type: Utilization, averageUtilization: {{ .values.cpuPercent }}}
    {{- if and .root.Values.autoscaling.customMetrics .values.metric.name }}
    - type: Pods
      pods:
        metric: {name: {{ .values.metric.name }}}
        target: {type: AverageValue, averageValue: {{ .values.metric.averageValue | quote }}}
    {{- end }}
{{- end -}}
