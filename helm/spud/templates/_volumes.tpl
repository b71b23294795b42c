{{/* Where the trust bundles come from. */}}
{{- define "spud.trustVolume" -}}
{{- if .Values.trust.existingSecret -}}
secret:
  secretName: {{ .Values.trust.existingSecret | quote }}
{{- else -}}
configMap:
  name: {{ default (printf "%s-trust" (include "spud.fullname" .)) .Values.trust.existingConfigMap | quote }}
{{- end -}}
{{- end -}}
