/** A kubeconfig whose one context is for this cluster and this user. */
export function kubeconfig(cluster: object, user: object = {}): string {
  return JSON.stringify({
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "k", user: "u" } }],
    clusters: [{ name: "k", cluster }],
    users: [{ name: "u", user }],
  });
}
