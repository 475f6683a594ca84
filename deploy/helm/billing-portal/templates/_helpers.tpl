{{- define "portal.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "portal.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "portal.image" -}}
{{ .Values.image.repository }}{{ ternary "@" ":" (hasPrefix "sha256:" .Values.image.tag) }}{{ .Values.image.tag }}
{{- end }}

{{- /* The settings. Secrets are files: environment variables are visible to whoever can read /proc of the process. */ -}}
{{- define "portal.environment" -}}
{{- $values := .root.Values -}}
{{- $set := dict
  "ALLOWED_HOSTS" $values.host
  "TRUSTED_PROXIES" $values.trustedProxies
  "HOST" "0.0.0.0"
  "PORT" "8000"
  "WEB_CONCURRENCY" (toString $values.processes)
  "WORKER_CONCURRENCY" (toString $values.worker.concurrency)
  "DRAIN_SECONDS" (toString $values.drainSeconds)
  "ALTOSTRAT_DEADLINE" (toString $values.altostratDeadline)
-}}
{{- $set = merge (dict) $values.settings $set -}}
{{- range $name := .keys }}{{ $_ := set $set (printf "%s_FILE" $name) (printf "/run/secrets/portal/%s" $name) }}{{ end -}}
{{- if .owner }}{{ $_ := set $set "DATABASE_URL_FILE" "/run/secrets/owner/DATABASE_URL" }}{{ end -}}
{{- range $name := keys $set | sortAlpha -}}
{{- $value := get $set $name }}
- name: {{ $name }}
  {{- /* Helm reads integers as floats. */}}
  value: {{ ternary (int64 $value) $value (kindIs "float64" $value) | toString | quote }}
{{- end }}
{{- end }}

{{- define "portal.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "portal.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- /* A pod of the portal's image: root, component, command, resources, and optionally owner, probes, grace and restart. */ -}}
{{- define "portal.pod" -}}
{{- $values := .root.Values -}}
{{- $keys := $values.secrets.portal.keys -}}
{{- if .owner }}{{ $keys = without $keys "DATABASE_URL" }}{{ end -}}
metadata:
  labels:
    {{- include "portal.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
  {{- with $values.podAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .grace | default 30 }}
  {{- with .restart }}
  restartPolicy: {{ . }}
  {{- end }}
  securityContext: {{- include "portal.podSecurity" . | nindent 4 }}
  {{- with $values.image.pullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.affinity }}
  affinity: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if .spread }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels: {{- include "portal.selector" . | nindent 10 }}
  {{- end }}
  containers:
    - name: {{ .component }}
      image: {{ include "portal.image" .root }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      command: {{ toJson .command }}
      env: {{- include "portal.environment" (dict "root" .root "keys" $keys "owner" .owner) | nindent 8 }}
      securityContext: {{- include "portal.containerSecurity" . | nindent 8 }}
      resources: {{- toYaml .resources | nindent 8 }}
      {{- with .http }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
      volumeMounts:
        - {name: temporary, mountPath: /tmp}
        - {name: secrets, mountPath: /run/secrets/portal, readOnly: true}
        {{- if .owner }}
        - {name: owner, mountPath: /run/secrets/owner, readOnly: true}
        {{- end }}
  volumes:
    - name: temporary
      emptyDir: {sizeLimit: {{ $values.temporaryFiles }}}
    - name: secrets
      secret:
        secretName: {{ $values.secrets.portal.name }}
        defaultMode: 0440
        items:
          {{- range $keys }}
          - {key: {{ . }}, path: {{ . }}}
          {{- end }}
    {{- if .owner }}
    - name: owner
      secret:
        secretName: {{ $values.secrets.owner.name }}
        defaultMode: 0440
        items: [{key: DATABASE_URL, path: DATABASE_URL}]
    {{- end }}
{{- end }}
