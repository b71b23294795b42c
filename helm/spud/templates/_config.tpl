{{/* Seconds of a duration such as 500ms, 5s, 2m, 1h, rounded up. */}}
{{- define "spud.seconds" -}}
{{- $number := regexFind "^[0-9]+" . | int64 -}}
{{- $unit := regexFind "[a-z]+$" . -}}
{{- if eq $unit "ms" -}}{{- div (add $number 999) 1000 -}}
{{- else -}}{{- mul $number (get (dict "s" 1 "m" 60 "h" 3600) $unit) -}}{{- end -}}
{{- end -}}

{{/* Seconds of a duration of Go such as 2160h or 1h30m. */}}
{{- define "spud.goSeconds" -}}
{{- $seconds := 0 -}}
{{- range regexFindAll "[0-9]+[hms]" . -1 -}}{{- $seconds = add $seconds (int64 (include "spud.seconds" .)) -}}{{- end -}}
{{- $seconds -}}
{{- end -}}

{{/* After SIGTERM: drain_timeout, then up to 6 s for last words to peers and store, and some for the machine. */}}
{{- define "spud.graceSeconds" -}}
{{- add (int64 (include "spud.seconds" .Values.drainTimeout)) 15 -}}
{{- end -}}

{{/* Threads for a CPU limit, whole cores and at least one; empty without a limit. */}}
{{- define "spud.threads" -}}
{{- with dig "limits" "cpu" "" .Values.resources -}}
{{- $cpu := toString . -}}
{{- $milli := ternary (trimSuffix "m" $cpu | int64) (mulf (float64 $cpu) 1000 | int64) (hasSuffix "m" $cpu) -}}
{{- max 1 (div $milli 1000) -}}
{{- end -}}
{{- end -}}

{{/* The service's configuration: what the chart sets, over what config says. */}}
{{- define "spud.config" -}}
{{- $v := .Values -}}
{{- $config := dict
    "name" $v.name
    "party" $v.party
    "listen" (printf "0.0.0.0:%d" (int $v.port))
    "advertise" (include "spud.advertise" .)
    "data" "/var/lib/spud/data"
    "drain_timeout" $v.drainTimeout
    "tls" (dict "certificate" (printf "/etc/spud/tls/%s" $v.tls.certificateKey) "key" (printf "/etc/spud/tls/%s" $v.tls.privateKeyKey) "bundles" "/etc/spud/trust")
    "operations" (dict "listen" (printf "0.0.0.0:%d" (int $v.operationsPort)))
-}}
{{- if and (ne $v.role "scheduler") $v.scheduler.address -}}
{{- $_ := set $config "scheduler" $v.scheduler.address -}}
{{- $_ := set $config "scheduler_identity" $v.scheduler.identity -}}
{{- end -}}
{{- if and (eq $v.role "node") $v.stock.existingSecret -}}
{{- $files := list -}}
{{- range $v.stock.keys -}}{{- $files = append $files (printf "/etc/spud/stock/%s" .) -}}{{- end -}}
{{- $_ := set $config "stock" (dict "keys" $files) -}}
{{- end -}}
{{- if eq $v.role "node" -}}
{{- with include "spud.threads" . -}}{{- $_ := set $config "threads" (int .) -}}{{- end -}}
{{- end -}}
{{- $further := deepCopy $v.config -}}
{{- if hasKey $further "threads" -}}{{- $_ := unset $config "threads" -}}{{- end -}}
{{- toYaml (mustMergeOverwrite $further $config) -}}
{{- end -}}
