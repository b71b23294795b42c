{{/* What ties several values together; what one value may be is in values.schema.json. */}}
{{- define "spud.check" -}}
{{- $v := .Values -}}
{{- if and $v.tls.existingSecret $v.tls.certManager.enabled -}}
{{- fail "tls: both existingSecret and certManager.enabled are set; expected one of them" -}}
{{- end -}}
{{- if not (or $v.tls.existingSecret $v.tls.certManager.enabled) -}}
{{- fail (printf "tls: there is no certificate; set tls.existingSecret to a Secret with the certificate and key of %s (spud keys issue), or tls.certManager.enabled. The chart makes no keys" (include "spud.identity" .)) -}}
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
