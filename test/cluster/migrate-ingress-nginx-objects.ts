// What is in a cluster before it changes from ingress-nginx to Hawser.
/** What the chart of ingress-nginx makes, but for its webhook. */
export const INGRESS_NGINX = `
{ apiVersion: v1, kind: Namespace, metadata: { name: ingress-nginx } }
---
{ apiVersion: v1, kind: ServiceAccount, metadata: { name: ingress-nginx, namespace: ingress-nginx } }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: ingress-nginx }
rules:
- { apiGroups: [""], resources: [pods, nodes, services], verbs: [get, list, watch] }
- { apiGroups: [networking.k8s.io], resources: [ingresses, ingressclasses], verbs: [get, list, watch] }
- { apiGroups: [networking.k8s.io], resources: [ingresses/status], verbs: [update] }
- { apiGroups: [coordination.k8s.io], resources: [leases], verbs: [get, create, update] }
- { apiGroups: [""], resources: [events], verbs: [create, patch] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: ingress-nginx }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ingress-nginx }
subjects: [{ kind: ServiceAccount, name: ingress-nginx, namespace: ingress-nginx }]
---
apiVersion: v1
kind: ConfigMap
metadata: { name: ingress-nginx-controller, namespace: ingress-nginx }
data: { proxy-body-size: 20m }
---
{ apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: { name: nginx }, spec: { controller: k8s.io/ingress-nginx } }
---
apiVersion: v1
kind: Service
metadata: { name: ingress-nginx-controller, namespace: ingress-nginx }
spec:
  type: LoadBalancer
  selector: { app.kubernetes.io/name: ingress-nginx, app.kubernetes.io/component: controller }
  ports: [{ name: http, port: 80, targetPort: http }]
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ingress-nginx-controller
  namespace: ingress-nginx
  labels: { app.kubernetes.io/name: ingress-nginx, app.kubernetes.io/component: controller }
spec:
  replicas: 1
  selector: { matchLabels: { app.kubernetes.io/name: ingress-nginx, app.kubernetes.io/component: controller } }
  template:
    metadata: { labels: { app.kubernetes.io/name: ingress-nginx, app.kubernetes.io/component: controller } }
    spec:
      serviceAccountName: ingress-nginx
      containers:
      - name: controller
        image: registry.k8s.io/ingress-nginx/controller:v1.12.1
        args:
        - /nginx-ingress-controller
        - --publish-service=$(POD_NAMESPACE)/ingress-nginx-controller
        - --election-id=ingress-nginx-leader
        - --controller-class=k8s.io/ingress-nginx
        - --ingress-class=nginx
        - --configmap=$(POD_NAMESPACE)/ingress-nginx-controller
        env:
        - { name: POD_NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
        - { name: POD_NAMESPACE, valueFrom: { fieldRef: { fieldPath: metadata.namespace } } }
        ports: [{ name: http, containerPort: 80 }]
        readinessProbe: { httpGet: { path: /healthz, port: 10254 }, periodSeconds: 1 }
`;

/** An application with its Ingress, whose host is `NAME.example.com`. */
export function applicationText(name: string): string {
  return `---
{ apiVersion: v1, kind: Namespace, metadata: { name: ${name} } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: ${name} }
spec:
  selector: { matchLabels: { app: web } }
  template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: web, image: web }] } }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: ${name} }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: ${name}, annotations: { nginx.ingress.kubernetes.io/proxy-read-timeout: "120" } }
spec:
  ingressClassName: nginx
  rules: [{ host: ${name}.example.com, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }]
`;
}
