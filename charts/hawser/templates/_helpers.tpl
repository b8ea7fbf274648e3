{{/* The image: by digest where there is one, otherwise by tag. */}}
{{- define "hawser.image" -}}
{{- with .Values.image -}}
{{- if .digest }}{{ printf "%s@%s" .repository .digest }}{{ else }}{{ printf "%s:%s" .repository (default $.Chart.AppVersion .tag) }}{{ end -}}
{{- end -}}
{{- end }}

{{/* Variables of a program besides those of its manifest: (list root values). The namespace is said where it is not the default of the programs. */}}
{{- define "hawser.env" -}}
{{- $root := index . 0 -}}
{{- $values := index . 1 -}}
{{- if ne $root.Release.Namespace "hawser-system" }}
- name: HAWSER_NAMESPACE
  value: {{ $root.Release.Namespace }}
{{- end }}
{{- with $values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Where Prometheus finds the metrics of a pod: dict root, values, isOnNodes, plain, secure. */}}
{{- define "hawser.podAnnotations" -}}
{{- $metrics := .root.Values.metrics -}}
{{- $annotations := dict -}}
{{- if $metrics.tls.enabled -}}
{{- $annotations = dict "prometheus.io/scrape" "true" "prometheus.io/port" .secure "prometheus.io/scheme" "https" -}}
{{- else if or $metrics.open (not .isOnNodes) -}}
{{- $annotations = dict "prometheus.io/scrape" "true" "prometheus.io/port" .plain -}}
{{- end -}}
{{- with merge (dict) .values.podAnnotations $annotations }}{{ toYaml . }}{{ end -}}
{{- end }}

{{/* Whether there is an ingress: its class, rights and objects come with it. */}}
{{- define "hawser.hasIngress" -}}
{{- if ne .Values.expose "none" }}yes{{ end -}}
{{- end }}

{{/* Whether the ingress is reached at addresses of nodes. */}}
{{- define "hawser.isOnNodes" -}}
{{- if has .Values.expose (list "daemonset-hostnetwork" "deployment-nodeport") }}yes{{ end -}}
{{- end }}
