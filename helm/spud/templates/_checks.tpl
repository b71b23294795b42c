{{/* What ties several values together; what one value may be is in values.schema.json. */}}
{{- define "spud.check" -}}
{{- $v := .Values -}}
{{- if and $v.tls.existingSecret $v.tls.certManager.enabled -}}
{{- fail "tls: both existingSecret and certManager.enabled are set; expected one of them" -}}
{{- end -}}
{{- if not (or $v.tls.existingSecret $v.tls.certManager.enabled) -}}
{{- fail (printf "tls: there is no certificate; set tls.existingSecret to a Secret with the certificate and key of %s (spud keys issue), or tls.certManager.enabled. The chart makes no keys" (include "spud.identity" .)) -}}
{{- end -}}
{{- with $v.tls.certManager -}}
{{- if .enabled -}}
{{- include "spud.checkCertManager" (dict "asked" . "tls" $v.tls) -}}
{{- end -}}
{{- end -}}
{{- $trusted := 0 -}}
{{- range list $v.trust.bundles $v.trust.existingConfigMap $v.trust.existingSecret -}}
{{- if . -}}{{- $trusted = add1 $trusted -}}{{- end -}}
{{- end -}}
{{- if ne (int $trusted) 1 -}}
{{- fail (printf "trust: %d of bundles, existingConfigMap and existingSecret are set; expected exactly one, with a file PARTY.pem for each party (spud keys bundle)" (int $trusted)) -}}
{{- end -}}
{{- if gt (int (include "spud.seconds" $v.drainTimeout)) 3600 -}}
{{- fail (printf "drainTimeout: %s is more than 1h" $v.drainTimeout) -}}
{{- end -}}
{{- if and $v.serviceMonitor.enabled $v.podMonitor.enabled -}}
{{- fail "serviceMonitor and podMonitor are both enabled: everything would be counted twice; expected one of them" -}}
{{- end -}}
{{- if and (or $v.serviceMonitor.enabled $v.podMonitor.enabled) $v.networkPolicy.enabled (not $v.networkPolicy.prometheus) -}}
{{- fail "networkPolicy.prometheus: it is empty and a monitor is enabled, so Prometheus would find a closed port; list where Prometheus is" -}}
{{- end -}}
{{- if eq (int $v.port) (int $v.operationsPort) -}}
{{- fail (printf "port and operationsPort are both %d; expected two ports" (int $v.port)) -}}
{{- end -}}
{{- if and $v.test.existingSecret (ne $v.role "scheduler") (not $v.scheduler.address) -}}
{{- fail "test.existingSecret is set and there is no scheduler to ask; set scheduler.address and scheduler.identity" -}}
{{- end -}}
{{- if and $v.dashboard.enabled (not (.Files.Glob "dashboards/*.json")) -}}
{{- fail "dashboard.enabled: this version of the chart brings no dashboard" -}}
{{- end -}}
{{- end -}}


{{/* What cert-manager refuses only when the Certificate is there, or answers with a Secret in which the pod would wait for its files. */}}
{{- define "spud.checkCertManager" -}}
{{- $duration := int64 (include "spud.goSeconds" .asked.duration) -}}
{{- $before := int64 (include "spud.goSeconds" .asked.renewBefore) -}}
{{- if lt $duration 3600 -}}
{{- fail (printf "tls.certManager.duration: %s is less than 1h, the least that cert-manager takes" .asked.duration) -}}
{{- end -}}
{{- if lt $before 300 -}}
{{- fail (printf "tls.certManager.renewBefore: %s is less than 5m, the least that cert-manager takes" .asked.renewBefore) -}}
{{- end -}}
{{- if ge $before $duration -}}
{{- fail (printf "tls.certManager.renewBefore: %s is not less than duration, %s" .asked.renewBefore .asked.duration) -}}
{{- end -}}
{{- range $value, $key := dict "certificateKey" "tls.crt" "privateKeyKey" "tls.key" -}}
{{- if ne (get $.tls $value) $key -}}
{{- fail (printf "tls.%s: it is %s; cert-manager writes %s" $value (get $.tls $value) $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
