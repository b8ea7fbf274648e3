import { hash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { BucketUse } from "#src/filters/keyed-buckets.ts";
import { exactLimit } from "#src/filters/leaky-bucket.ts";
import { COUNT_SCRIPT, countArguments } from "./count-script.ts";
import type { LimitStore, OpenLimitStore } from "./limit-store.ts";

/** Where a Valkey or Redis is, and how it is spoken to. */
export interface RedisSettings {
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
  readonly database: number;
  readonly username: string | undefined;
  /** Files are read again for each connection. */
  readonly passwordFile: string | undefined;
  /** Certificates of the authorities that may have signed the store's; undefined: those that Node.js trusts. */
  readonly authoritiesFile: string | undefined;
}

/** What the store knows the script by. */
const SCRIPT_DIGEST = hash("sha1", COUNT_SCRIPT);
/** How long opening may take: connecting, logging in, a first count. */
const OPEN_MS = 5_000;
/** What it is tried with: it must be possible to write. */
const TRIAL: readonly BucketUse[] = [{ bucket: "trial", limit: exactLimit(1_000_000, 1, 1_000_000) }];

/** What is used of the library's client. */
interface CommandSender {
  sendCommand(words: readonly string[]): Promise<unknown>;
}

/** Opens connections to a Valkey or Redis (5 or later). The library is loaded with the first of them. */
export function redisStore(settings: RedisSettings): OpenLimitStore {
  return async (onLost) => {
    const { createClient } = await import("@redis/client");
    const { host, port, isSecure, database, username, passwordFile, authoritiesFile } = settings;
    const password = passwordFile === undefined ? undefined : (await readFile(passwordFile, "utf8")).trim();
    const ca = authoritiesFile === undefined ? undefined : await readFile(authoritiesFile, "utf8");
    const connecting = { host, port, connectTimeout: OPEN_MS, reconnectStrategy: false } as const;
    const client = createClient({
      // What the oldest servers speak, and enough for one number.
      RESP: 2,
      database,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      name: "hawser",
      disableOfflineQueue: true,
      disableClientInfo: true,
      maintNotifications: "disabled",
      socket: isSecure ? { ...connecting, tls: true, ...(ca !== undefined && { ca }) } : connecting,
    });
    let isOpen = false;
    let isClosed = false;
    const close = (): void => {
      if (!isClosed && client.isOpen) client.destroy();
      isClosed = true;
    };
    client.on("error", (error: Error) => {
      const wasOpen = isOpen && !isClosed;
      close();
      if (wasOpen) onLost(error);
    });
    const store: LimitStore = {
      async ask(uses) {
        const wait = await count(client, countArguments(uses));
        if (typeof wait !== "number") throw new Error("the store answered something else than a number");
        return wait;
      },
      close,
    };
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error(`no answer within ${OPEN_MS / 1_000} s`)), OPEN_MS);
    try {
      await Promise.race([late.promise, client.connect().then(() => store.ask(TRIAL))]);
      isOpen = true;
      return store;
    } finally {
      clearTimeout(timer);
      if (!isOpen) close();
    }
  };
}

/** Runs the script, of which the store knows the digest from the second time on. */
async function count(client: CommandSender, counted: readonly string[]): Promise<unknown> {
  try {
    return await client.sendCommand(["EVALSHA", SCRIPT_DIGEST, ...counted]);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
    return client.sendCommand(["EVAL", COUNT_SCRIPT, ...counted]);
  }
}
