{{/* Names and labels. */}}
{{- define "spud.chartName" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* 52 characters at most: a StatefulSet's pods carry its name and a hash of 10 in a label of 63. */}}
{{- define "spud.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "spud.chartName" . -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What never changes over the life of a release: selectors, and labels of claims. */}}
{{- define "spud.selectorLabels" -}}
app.kubernetes.io/name: {{ include "spud.chartName" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "spud.labels" -}}
{{ include "spud.selectorLabels" . }}
app.kubernetes.io/component: {{ .Values.role }}
app.kubernetes.io/part-of: spud
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name (.Chart.Version | replace "+" "_") }}
{{- end -}}

{{- define "spud.headlessService" -}}
{{ include "spud.fullname" . }}-headless
{{- end -}}

{{- define "spud.serviceAccount" -}}
{{- if .Values.serviceAccount.name -}}
{{- .Values.serviceAccount.name -}}
{{- else -}}
{{- ternary (include "spud.fullname" .) "default" .Values.serviceAccount.create -}}
{{- end -}}
{{- end -}}

{{- define "spud.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "spud.tlsSecret" -}}
{{- default (printf "%s-tls" (include "spud.fullname" .)) .Values.tls.existingSecret -}}
{{- end -}}

{{/* The identity in its certificate. */}}
{{- define "spud.identity" -}}
{{- $roles := dict "scheduler" "scheduler" "node" "compute" "dealer" "dealer" -}}
{{- $domain := default (printf "%s.spud" .Values.party) .Values.domain -}}
{{- printf "spiffe://%s/spud/%s/%s" $domain (get $roles .Values.role) .Values.name -}}
{{- end -}}

{{- define "spud.advertise" -}}
{{- if .Values.advertise -}}
{{- .Values.advertise -}}
{{- else -}}
{{- printf "%s.%s.svc.%s:%d" (include "spud.headlessService" .) .Release.Namespace .Values.clusterDomain (int .Values.port) -}}
{{- end -}}
{{- end -}}

{{/* Where a client of this party finds the scheduler, and whom. */}}
{{- define "spud.schedulerAddress" -}}
{{- ternary (include "spud.advertise" .) .Values.scheduler.address (eq .Values.role "scheduler") -}}
{{- end -}}
{{- define "spud.schedulerIdentity" -}}
{{- ternary (include "spud.identity" .) .Values.scheduler.identity (eq .Values.role "scheduler") -}}
{{- end -}}
