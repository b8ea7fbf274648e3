import { randomBytes } from "node:crypto";
import { wallMs } from "#src/process/clock.ts";
import { TICKET_KEYS_BYTES } from "#ingress/io/servers.ts";
import { ClientAuthorities } from "#ingress/tls/client-authorities.ts";
import type { ServingUpdate } from "./serving-update.ts";

/** How long sessions are sealed with the same keys: who gets hold of these can read no more than was said in that time (RFC 9325 section 4.2.2). */
const ROTATION_MS = 12 * 3_600_000;

/** What keeps the keys of sessions. */
export interface TicketKeys {
  /** Takes what is said to what serves, to say after it what the keys are from now on where sessions must not be resumed. */
  heard(update: ServingUpdate): void;
  close(): void;
}

/**
 * Makes the keys that all servers of this program seal sessions of TLS with, and others after half a day, or where other clients are
 * trusted than before. Sessions of earlier keys are not resumed: their clients make a full handshake.
 */
export function ticketKeys(tell: (update: ServingUpdate) => void, rotationMs: number = ROTATION_MS): TicketKeys {
  const renew = (): void => tell({ kind: "ticket-keys", keys: randomBytes(TICKET_KEYS_BYTES) });
  const trust = new ClientAuthorities(wallMs);
  trust.onChange(renew);
  renew();
  const timer = setInterval(renew, rotationMs);
  return {
    heard(update) {
      if (update.kind === "certificate-secrets") trust.useSecrets(update.secrets);
    },
    close: () => clearInterval(timer),
  };
}
