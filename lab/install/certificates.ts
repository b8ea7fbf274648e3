import { existsSync } from "node:fs";
import { join } from "node:path";
import { mustRun } from "#lab/rack/run-command.ts";

/** Two files in PEM. */
interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** The files by which the API server proves to kubelets who it is. */
export interface KubeletClient extends CertificateFiles {
  /** What a kubelet trusts. */
  readonly authority: string;
}

const EC_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/** Makes an authority and, signed by it, a client certificate that may do everything at a kubelet; needs openssl(1). */
export async function makeKubeletClient(directory: string): Promise<KubeletClient> {
  const file = (name: string): string => join(directory, name);
  const client = { authority: file("kubelets.crt"), certificate: file("kubelet.crt"), key: file("kubelet.key") };
  if (existsSync(client.certificate)) return client;
  const signed = ["-CA", client.authority, "-CAkey", file("kubelets.key"), "-addext", "extendedKeyUsage=clientAuth"];
  await makeCertificate(["-subj", "/CN=kubelets", "-keyout", file("kubelets.key"), "-out", client.authority]);
  const subject = "/O=system:masters/CN=kube-apiserver";
  await makeCertificate(["-subj", subject, ...signed, "-keyout", client.key, "-out", client.certificate]);
  return client;
}

/** Makes a certificate for a web server of this name, which is its own authority. */
export async function makeServerCertificate(directory: string, host: string): Promise<CertificateFiles> {
  const files = { certificate: join(directory, `${host}.crt`), key: join(directory, `${host}.key`) };
  const name = ["-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`];
  await makeCertificate([...name, "-keyout", files.key, "-out", files.certificate]);
  return files;
}

async function makeCertificate(args: readonly string[]): Promise<void> {
  await mustRun("make a certificate", ["openssl", "req", "-x509", "-days", "2", ...EC_KEY, ...args]);
}
