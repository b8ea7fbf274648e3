import { createSecureContext, type SecureContext } from "node:tls";
import type { KeyPair } from "./self-signed.ts";

/** What OpenSSL serves certificates by. Each is opened when it is asked for first: one takes about 30 KB and a third of a millisecond. */
export class OpenedContexts {
  readonly #ciphers: string;
  readonly #byPair = new WeakMap<KeyPair, SecureContext>();

  constructor(ciphers: string) {
    this.#ciphers = ciphers;
  }

  of(pair: KeyPair): SecureContext {
    let context = this.#byPair.get(pair);
    if (context === undefined) this.#byPair.set(pair, (context = openContext(pair, this.#ciphers)));
    return context;
  }
}

/** Throws an Error with what OpenSSL says where it refuses the certificate or the key; keeps nothing of them. */
export function tryContext(pair: KeyPair, ciphers: string): void {
  const { context } = openContext(pair, ciphers);
  // Node's own, and not documented. Without it the memory is handed back when the garbage collector finds it, which does not know how much it is.
  (context as { close?: () => void }).close?.();
}

function openContext({ cert, key }: KeyPair, ciphers: string): SecureContext {
  return createSecureContext({ cert, key, ciphers });
}
