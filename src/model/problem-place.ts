/** Names an object of any kind, also of one that Hawser does not read. */
export interface NamedObject {
  readonly kind: string;
  /** Empty for objects without a namespace. */
  readonly namespace: string;
  readonly name: string;
}

interface ObjectPlace {
  readonly kind: "object";
  readonly object: NamedObject;
  /** A field of it, `spec.ports[0].port`, or a named part of it, `pool "edge"`. */
  readonly path?: string;
}

/** A place in a file. */
export interface FilePlace {
  readonly kind: "file";
  /** Several where a kubeconfig is, with `:` between them. */
  readonly file: string;
  /** From 1. */
  readonly line?: number;
  /** Where the text has no object yet: the way in it. */
  readonly path?: string;
}

/** What holds fields: the place of a field is that of its holder and a path. */
export type HolderPlace =
  | ObjectPlace
  | FilePlace
  /** An object that the API server sent, and whose name cannot be read. */
  | { readonly kind: "answer"; readonly of: string; readonly path?: string };

/** Where a Problem is, as data. `printPlace` makes the text of it that logs, Events and JSON have as `where`. */
export type ProblemPlace =
  | HolderPlace
  /** An object (`Service/shop/web`) that a file repeats. */
  | { readonly kind: "copy"; readonly file: string; readonly id: string }
  /** Flags or environment variables: `--kubeconfig`, `HAWSER_KUBECONFIG`. */
  | { readonly kind: "option"; readonly names: readonly string[] }
  /** A word of the command line that is not an option. */
  | { readonly kind: "argument"; readonly text: string }
  /** A path of the API server. */
  | { readonly kind: "url"; readonly url: string; readonly isWatch?: boolean }
  | { readonly kind: "namespace"; readonly name: string }
  /** A network interface of this machine. */
  | { readonly kind: "interface"; readonly name: string }
  /** The speaker of a node, or what is between the speakers of several. */
  | { readonly kind: "speaker"; readonly nodes: readonly string[] }
  /** A part of this program: `heartbeats`, `http listener`. */
  | { readonly kind: "part"; readonly name: string }
  /** The statuses of Services (by `namespace/name`); empty: of too many to name. */
  | { readonly kind: "statuses"; readonly services: readonly string[] }
  /** As another program printed it; `nodes`: the speakers that report it, where that is to be said. */
  | { readonly kind: "reported"; readonly where: string; readonly nodes: readonly string[] };

/** The place of an object by its key, `namespace/name` or `name`. */
export function objectAt(kind: string, key: string, path = ""): ObjectPlace {
  const slash = key.indexOf("/");
  const object = { kind, namespace: key.slice(0, Math.max(0, slash)), name: key.slice(slash + 1) };
  return { kind: "object", object, ...(path === "" ? {} : { path }) };
}

/** The place of what is inside another; an empty path is that place itself. */
export function placeInside(holder: HolderPlace, path: string): HolderPlace {
  if (path === "") return holder;
  return { ...holder, path: holder.path === undefined ? path : `${holder.path} ${path}` };
}

/** `Service "shop/web"`. */
export function printObjectName({ kind, namespace, name }: NamedObject): string {
  return `${kind} "${namespace === "" ? name : `${namespace}/${name}`}"`;
}

/** A place as a person reads it: `Service "shop/web" spec.ports[0].port`, `shop.yaml:12 kind`, `--kubeconfig`. */
export function printPlace(place: ProblemPlace): string {
  const print = printers[place.kind] as (place: ProblemPlace) => string;
  return print(place);
}

type Printers = {
  readonly [K in ProblemPlace["kind"]]: (place: Extract<ProblemPlace, { readonly kind: K }>) => string;
};

const printers: Printers = {
  object: ({ object, path }) => withPath(printObjectName(object), path),
  file: ({ file, line, path }) => withPath(line === undefined ? file : `${file}:${line}`, path),
  answer: ({ of, path }) => withPath(`a ${of} of the API server`, path),
  copy: ({ file, id }) => `${file}: ${id}`,
  option: ({ names }) => names.join(", "),
  argument: ({ text }) => `"${text}"`,
  url: ({ url, isWatch }) => (isWatch === true ? `${url} (events)` : url),
  namespace: ({ name }) => `namespace "${name}"`,
  interface: ({ name }) => `interface ${name}`,
  speaker: ({ nodes }) => `speaker${nodes.length > 1 ? "s" : ""} ${nodes.join(" and ")}`,
  part: ({ name }) => name,
  statuses: ({ services }) =>
    services.length === 0
      ? "statuses of Services"
      : `status of ${services.map((key) => `Service "${key}"`).join(", ")}`,
  reported: ({ where, nodes }) => (nodes.length === 0 ? where : `speaker on ${nodes.join(", ")}: ${where}`),
};

function withPath(holder: string, path: string | undefined): string {
  return path === undefined ? holder : `${holder} ${path}`;
}
