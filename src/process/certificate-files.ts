import { readFile } from "node:fs/promises";
import type { Server } from "node:https";
import { createSecureContext } from "node:tls";
import { optionInvalid } from "#src/model/option-invalid.ts";
import type { Problem } from "#src/model/problem.ts";
import { ToldOnce } from "#src/model/told-once.ts";
import type { Logger } from "./log.ts";

/** How often the files of a certificate are looked at. */
const RELOAD_MS = 30_000;

/** Files of PEM, which may change while the program runs. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** What is in them, as PEM. */
export interface CertificatePair {
  readonly cert: string;
  readonly key: string;
}

export interface KeepCertificateOptions extends CertificateFiles {
  /** What the server serves first. */
  readonly pair: CertificatePair;
  /** What the server is for, in the log: `the metrics`. */
  readonly what: string;
  readonly log: Logger;
  readonly reloadMs?: number | undefined;
}

/** Rejects where the files cannot be read, or do not go together. */
export async function readCertificatePair({ certFile, keyFile }: CertificateFiles): Promise<CertificatePair> {
  const [cert, key] = await Promise.all([readFile(certFile, "utf8"), readFile(keyFile, "utf8")]);
  createSecureContext({ cert, key });
  return { cert, key };
}

/** Why the files that two options name cannot be used. */
export function certificateUnusable(
  names: readonly string[],
  { certFile, keyFile }: CertificateFiles,
  { message: why }: Error,
): Problem {
  const what = `Cannot use ${JSON.stringify(certFile)} and ${JSON.stringify(keyFile)}`;
  return optionInvalid(names, { what, why, fix: "Name files with a certificate and its key, both as PEM" });
}

/**
 * Gives a server each certificate that is renewed in its files; one that cannot be used leaves the last one in use. Returns
 * what ends that.
 */
export function keepCertificate(server: Server, options: KeepCertificateOptions): () => void {
  const { certFile, what, log, reloadMs = RELOAD_MS } = options;
  const told = new ToldOnce();
  let last = options.pair;
  const reload = async (): Promise<void> => {
    try {
      const pair = await readCertificatePair(options);
      told.isNews("certificate", []);
      if (pair.cert === last.cert && pair.key === last.key) return;
      server.setSecureContext(pair);
      last = pair;
      log.info({ file: certFile }, `the certificate of ${what} was replaced`);
    } catch (err) {
      if (told.isNews("certificate", [(err as Error).message]))
        log.warn({ err, file: certFile }, `cannot read the certificate of ${what}, the last one stays in use`);
    }
  };
  const timer = setInterval(() => void reload(), reloadMs).unref();
  return () => clearInterval(timer);
}
