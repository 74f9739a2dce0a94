package export

import (
	"fmt"
	"strings"
)

// kubernetes makes a Deployment and the volume for its history.
func kubernetes(p Project) ([]File, error) {
	var environ strings.Builder
	for _, v := range p.environ() {
		fmt.Fprintf(&environ, "            - {name: %s, value: %s}\n", v[0], quoted(v[1]))
	}
	variables := ""
	for _, name := range p.variables() {
		variables += " \\\n#     --from-literal=" + name + "=…"
	}
	if variables != "" {
		variables = "#   kubectl create secret generic " + p.name() + "-env" + variables + "\n"
	}
	text := strings.NewReplacer(
		"{heading}", heading("kubernetes", "#"),
		"{name}", p.name(),
		"{args}", quotedList(p.served()),
		"{environ}", environ.String(),
		"{folder}", quoted(p.inContainer()),
		"{state}", quoted(p.inContainer()+"/.scheduled"),
		"{tokens}", tokenFile[:strings.LastIndex(tokenFile, "/")],
		"{port}", fmt.Sprint(port),
		"{user}", fmt.Sprint(imageUser),
		"{grace}", fmt.Sprint(grace),
		"{variables}", variables,
	).Replace(kubernetesFile)
	p.note("%s.yaml runs the image %s, which has to hold the project: `scheduled export compose` builds it", p.name(), p.name())
	return []File{{p.name() + ".yaml", text}}, nil
}

// kubernetesFile has one replica, and stops it before it starts the next one: the history
// is on one volume, and a second serve would only wait. The probes need no token.
const kubernetesFile = `{heading}#
# The Secret {name} has the token of the page and of /metrics, {name}-env the
# variables that the jobs need, if they need any:
#
#   kubectl create secret generic {name} --from-literal=token="$(openssl rand -hex 32)"
{variables}#   kubectl apply -f {name}.yaml
#
# To set the name of your image and to change the rest, use kustomize: this file is made
# again when the jobs change.
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {name}
  labels: {app.kubernetes.io/name: {name}}
spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests: {storage: 1Gi}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  labels: {app.kubernetes.io/name: {name}}
spec:
  replicas: 1
  strategy: {type: Recreate}
  selector:
    matchLabels: {app.kubernetes.io/name: {name}}
  template:
    metadata:
      labels: {app.kubernetes.io/name: {name}}
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      shareProcessNamespace: true # so that what jobs leave behind is reaped
      terminationGracePeriodSeconds: {grace}
      securityContext:
        runAsNonRoot: true
        runAsUser: {user}
        runAsGroup: {user}
        fsGroup: {user}
        fsGroupChangePolicy: OnRootMismatch
        seccompProfile: {type: RuntimeDefault}
      containers:
        - name: serve
          image: {name}
          args: {args}
          workingDir: {folder}
          env:
{environ}          envFrom:
            - secretRef: {name: {name}-env, optional: true}
          ports:
            - {name: http, containerPort: {port}}
          livenessProbe:
            httpGet: {path: /healthz, port: http}
            periodSeconds: 20
            timeoutSeconds: 5
            failureThreshold: 6
          readinessProbe:
            httpGet: {path: /readyz, port: http}
            periodSeconds: 10
            timeoutSeconds: 5
          # The jobs run in this container too: give it what they need together.
          resources:
            requests: {cpu: 100m, memory: 256Mi}
            limits: {memory: 1Gi}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
          volumeMounts:
            - {name: history, mountPath: {state}}
            - {name: tmp, mountPath: /tmp}
            - {name: token, mountPath: {tokens}, readOnly: true}
      volumes:
        - name: history
          persistentVolumeClaim: {claimName: {name}}
        - name: tmp
          emptyDir: {}
        - name: token
          secret:
            secretName: {name}
            defaultMode: 0440
            items: [{key: token, path: token}]
`
