import { isIP } from "node:net";
import { optionInvalid } from "#src/model/option-invalid.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import type { OptionSpecs, OptionValues } from "#src/process/option-spec.ts";

/** The options of the page that the controller serves. */
export const pageOptions = {
  uiPort: {
    kind: "number",
    min: 0,
    max: 65_535,
    help: "Serve the page of hawser ui on this port, to people with a bearer token of the cluster that may get /hawser/ui (default: no page)",
  },
  uiAddress: {
    kind: "string",
    default: "127.0.0.1",
    help: "Address of --ui-port. One beyond the loopback needs a certificate",
  },
  uiHosts: {
    kind: "list",
    placeholder: "NAME,...",
    help: "Names by which browsers reach --ui-port, besides localhost: others are refused (421)",
  },
  uiCertFile: {
    kind: "string",
    placeholder: "FILE",
    help: "Certificate of --ui-port as PEM, with its chain: it serves TLS then. Reloaded when it changes",
  },
  uiKeyFile: { kind: "string", placeholder: "FILE", help: "Key of --ui-cert-file as PEM" },
} as const satisfies OptionSpecs;

/** Where the page is served. */
export interface PagePlace {
  readonly port: number;
  readonly address: string;
  /** In small letters, without ports. */
  readonly hosts: readonly string[];
  /** Undefined: plain HTTP. */
  readonly certificate: { readonly certFile: string; readonly keyFile: string } | undefined;
}

interface OtherOptions {
  readonly manifests: string | undefined;
  readonly adminPort: number;
  readonly metricsTlsPort: number | undefined;
}

/** The names of the machine itself, which a port-forward has. */
const LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"];
const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/;
/** A host name or an address, as a browser sends it in Host, without the port. */
const NAME = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])$/;

/** Where the page is served; undefined where it is not. A certificate that cannot be used is a Problem. */
export async function readPageOptions(
  options: OptionValues<typeof pageOptions> & OtherOptions,
): Promise<Parsed<PagePlace | undefined>> {
  const { uiPort: port, uiAddress: address, uiCertFile: certFile, uiKeyFile: keyFile } = options;
  const hosts = options.uiHosts.map((host) => host.toLowerCase());
  const problem = findProblem(options, hosts);
  if (problem !== undefined) return { ok: false, problems: [problem] };
  if (port === undefined) return { ok: true, value: undefined, problems: [] };
  const certificate = certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile };
  if (certificate !== undefined) {
    // Loaded only where it is asked for: TLS of Node is not small.
    const { certificateUnusable, readCertificatePair } = await import("#src/process/certificate-files.ts");
    try {
      await readCertificatePair(certificate);
    } catch (error) {
      return { ok: false, problems: [certificateUnusable(CERTIFICATE, certificate, error as Error)] };
    }
  }
  return { ok: true, value: { port, address, hosts: [...LOOPBACK_NAMES, ...hosts], certificate }, problems: [] };
}

const CERTIFICATE = ["--ui-cert-file", "--ui-key-file"];

function findProblem(
  options: OptionValues<typeof pageOptions> & OtherOptions,
  hosts: readonly string[],
): Problem | undefined {
  const { uiPort: port, uiAddress: address, uiCertFile, uiKeyFile, adminPort, metricsTlsPort } = options;
  if (port === undefined) {
    const others = [...hosts, uiCertFile, uiKeyFile].filter((value) => value !== undefined);
    if (others.length === 0) return undefined;
    return cannot(["--ui-port"], "its other options are given, and it is not", "Give --ui-port, or none of them");
  }
  if (options.manifests !== undefined) {
    const why = "with --manifests there is no API server that says who may see it";
    return cannot(["--ui-port"], why, "Remove it: hawser ui --manifests DIR shows a folder");
  }
  if (port !== 0 && (port === adminPort || port === metricsTlsPort)) {
    const why = `port ${port} is that of --${port === adminPort ? "admin" : "metrics-tls"}-port`;
    return cannot(["--ui-port"], why, "Choose a port that no other option has");
  }
  if ((uiCertFile === undefined) !== (uiKeyFile === undefined))
    return cannot(CERTIFICATE, "only one of them is given", "Give both, or none");
  const wrong = hosts.find((host) => !NAME.test(host));
  if (wrong !== undefined) {
    const why = `${JSON.stringify(wrong)} is not a host name`;
    return cannot(["--ui-hosts"], why, "Give names without scheme, port and path, such as hawser.example");
  }
  if (isIP(address) === 0 && address !== "localhost")
    return cannot(["--ui-address"], `${JSON.stringify(address)} is not an address`, "Give an IP address");
  if (uiCertFile === undefined && !LOOPBACK.test(address)) {
    const why = `on ${address} tokens would cross the network as plain text`;
    const fix = "Give --ui-cert-file and --ui-key-file, or listen on 127.0.0.1 and use kubectl port-forward";
    return cannot(["--ui-address"], why, fix);
  }
  return undefined;
}

function cannot(names: readonly string[], why: string, fix: string): Problem {
  return optionInvalid(names, { what: "Cannot serve the page", why, fix });
}
