import { ToldOnce } from "#src/model/told-once.ts";
import type { Logger } from "#src/process/log.ts";
import type { ApiConfig } from "#src/source/kubernetes/api/api-config.ts";
import { ApiClient } from "#src/source/kubernetes/api/client.ts";
import { backOffMs, pause, type Timing } from "#src/source/kubernetes/api/timing.ts";

export interface HeartbeatSecretOptions {
  readonly config: ApiConfig;
  readonly namespace: string;
  readonly name: string;
  /** What the speakers shall sign with: one line of text, from a good source of chance. */
  readonly key: string;
  readonly log: Logger;
  readonly timing: Timing;
  /** Aborts when the program ends. */
  readonly signal: AbortSignal;
}

/**
 * Creates the Secret with the key of the speakers' heartbeats (v1 Secret, `data.key`) unless there is one: an installation
 * is one command then, and no key is in a file that everyone has. The API server lets one of several writers win,
 * so this needs the right to create and none to read. Tries until there is one; resolves then, or when the signal aborts.
 */
export async function makeHeartbeatSecret(options: HeartbeatSecretOptions): Promise<void> {
  const { config, namespace, name, log, timing, signal } = options;
  const client = new ApiClient(config, timing);
  try {
    const told = new ToldOnce();
    for (let failures = 1; !signal.aborted; failures += 1) {
      const failure = await attempt(client, options);
      if (failure === undefined || signal.aborted) return;
      if (told.isNews("failure", [failure]))
        log.warn({ secret: `${namespace}/${name}`, reason: failure }, "cannot make the heartbeat Secret");
      await pause(timing, backOffMs(failures, timing.chance()), signal);
    }
  } finally {
    client.close();
  }
}

/** Undefined if the Secret exists, otherwise why it does not. */
async function attempt(client: ApiClient, options: HeartbeatSecretOptions): Promise<string | undefined> {
  const { namespace, name, key, log, signal } = options;
  const labels = { "app.kubernetes.io/name": "hawser", "app.kubernetes.io/component": "speaker" };
  const data = { key: Buffer.from(`${key}\n`).toString("base64") };
  const body = { apiVersion: "v1", kind: "Secret", metadata: { name, namespace, labels }, type: "Opaque", data };
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets?fieldManager=hawser`;
  try {
    const outcome = await client.request({ method: "POST", path, body, signal });
    if (outcome.kind === "ok") log.info({ secret: `${namespace}/${name}` }, "made the heartbeat Secret");
    return outcome.kind === "ok" || outcome.kind === "conflict" ? undefined : `${outcome.status} ${outcome.message}`;
  } catch (error) {
    return (error as Error).message;
  }
}
