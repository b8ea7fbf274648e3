import type { Backend } from "./route-table.ts";

/** Made once for each backend; kept for as long as that is. */
const made = new WeakMap<Backend, Backend>();
const all = new WeakSet<Backend>();

/** A backend whose Service chooses the endpoint: its only endpoint is the Service itself. A headless one stays as it is. */
export function byService(backend: Backend): Backend {
  const { serviceAddress: address } = backend;
  if (address === undefined) return backend;
  const known = made.get(backend);
  if (known !== undefined) return known;
  const port = Number(backend.key.slice(backend.key.lastIndexOf(":") + 1));
  const reached = { ...backend, endpoints: [{ key: `service ${backend.key} ${address}`, address, port }] };
  made.set(backend, reached);
  all.add(reached);
  return reached;
}

/** Whether a backend was made by `byService`. */
export function isByService(backend: Backend): boolean {
  return all.has(backend);
}
