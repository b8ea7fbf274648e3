import { fileURLToPath } from "node:url";

const LAB_SERVER = fileURLToPath(new URL("pod-server.ts", import.meta.url));
/** Ports of a container that names none: those of the usual web servers. */
const USUAL_PORTS: readonly number[] = [80, 8080];

/** What a process of a pod is. */
export interface PodProgram {
  readonly command: readonly string[];
  /** The line it prints once it serves; without it, it serves as soon as it runs. */
  readonly ready?: RegExp;
}

/** The program behind an image: its entry point, as the image's own file would say. */
export interface ImageProgram extends PodProgram {
  /** Without registry, tag and digest: `hawser` stands for `registry.example/team/hawser:1.0` too. */
  readonly image: string;
}

/** What the lab's server serves, every port on both families. */
export interface ServerOptions {
  /** How it names itself in its answers. */
  readonly name: string;
  /** Ports that speak HTTP: a text page naming the pod, or with `page` an HTML one. Default 8080, where no port is given. */
  readonly httpPorts?: readonly number[];
  /** Ports that greet each TCP connection with `NAME CLIENT-ADDRESS` and then echo. */
  readonly tcpPorts?: readonly number[];
  /** Ports that echo each UDP datagram, followed by ` NAME CLIENT-ADDRESS`. */
  readonly udpPorts?: readonly number[];
  /** Heading of an HTML page instead of the plain text. */
  readonly page?: string;
}

/** A container as far as its image's program depends on it. */
export interface ImageUse {
  /** Of the pod. */
  readonly name: string;
  readonly image: string;
  /** Those that the container names. */
  readonly ports: readonly { readonly port: number; readonly protocol: "TCP" | "UDP" }[];
  /** Served over HTTP where the container names no port. */
  readonly otherPorts?: readonly number[];
}

/** The lab's server as a program. */
export function labServer(options: ServerOptions): PodProgram {
  const { name, tcpPorts = [], udpPorts = [], page } = options;
  const { httpPorts = tcpPorts.length + udpPorts.length === 0 ? [8080] : [] } = options;
  const command = [
    process.execPath,
    LAB_SERVER,
    `--name=${name}`,
    ...httpPorts.map((port) => `--http=${port}`),
    ...tcpPorts.map((port) => `--tcp=${port}`),
    ...udpPorts.map((port) => `--udp=${port}`),
    ...(page === undefined ? [] : [`--page=${page}`]),
  ];
  return { command, ready: /^ready$/ };
}

/** What an image runs: the program given for it, else the lab's server, which speaks HTTP on TCP ports and echoes UDP. */
export function programOf(use: ImageUse, programs: readonly ImageProgram[] = []): PodProgram {
  const { name, image, ports, otherPorts = [] } = use;
  const given = programs.find((program) => program.image === imageName(image));
  if (given !== undefined) return given;
  const of = (wanted: "TCP" | "UDP"): number[] =>
    ports.filter(({ protocol }) => protocol === wanted).map(({ port }) => port);
  const httpPorts = ports.length === 0 ? [...new Set([...USUAL_PORTS, ...otherPorts])] : of("TCP");
  return labServer({ name, httpPorts, udpPorts: of("UDP"), page: image });
}

/** `registry.example:5000/team/web:1.0@sha256:...` is `web`. */
function imageName(image: string): string {
  const last = image.split("/").at(-1) ?? "";
  return last.split(/[:@]/)[0] ?? "";
}
