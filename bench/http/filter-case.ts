/** An object of Kubernetes. */
export type Manifest = Readonly<Record<string, unknown>>;

/** One filter, as it is written for Hawser, and what is asked of it. */
export interface FilterCase {
  /** Of its cases (`cpu-filter-NAME`); its host is `NAME.bench.test`. */
  readonly name: string;
  /** Of its Ingress, by name without prefix. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** `spec` of an HTTPPolicy at its Ingress, without `targetRefs`. */
  readonly policy?: Manifest;
  /** Objects that it names, and Ingresses beside its own. */
  readonly objects?: readonly Manifest[];
  /** Of its Ingress; `/` of type Prefix by default. */
  readonly path?: { readonly path: string; readonly pathType: string };
  /** The Service of its Ingress; `bench` by default. */
  readonly service?: string;
  /** A process of its own, with these options; by default one for all without. */
  readonly options?: readonly string[];
  /** It asks a service of the endpoint's machine, at an address that is not loopback. */
  readonly needsService?: true;
  /** By TLS. */
  readonly isSecure?: true;
  /** What it is compared with; by default the bare request. */
  readonly base?: string;
  readonly request: FilterRequest;
  /** How nginx does the same, written by hand; without it nginx does not run. */
  readonly nginx?: NginxFilter;
}

/** What is asked again and again. */
interface FilterRequest {
  readonly method?: string;
  /** `/` by default. */
  readonly target?: string;
  /** Header lines besides Host. */
  readonly headers?: readonly string[];
  readonly body?: string;
  /** Header lines of which each request has another one: as many as one run needs, made before it. */
  readonly eachHeader?: () => readonly string[];
  /** The status of its answer. */
  readonly status: number;
  /** The name and the start of the value of a field that the answer must have: the filter has done something. */
  readonly answered?: readonly [name: string, start: string];
  /** The first answer sets a cookie, with which all others come. */
  readonly keepsCookie?: true;
}

interface NginxFilter {
  /** In the block `http`. */
  readonly http?: string;
  /** In the block of its server. */
  readonly server?: string;
  /** In its location, beside what each has. */
  readonly location?: string;
  /** `/` by default; as it is written after the word `location`. */
  readonly path?: string;
  /** Beside its configuration, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** In place of `http://endpoint`; empty: nothing is forwarded. */
  readonly pass?: string;
}

/** The host of a case. */
export function hostOfCase({ name }: Pick<FilterCase, "name">): string {
  return `${name}.bench.test`;
}
