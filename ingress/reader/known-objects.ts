import { parseEndpointSlice } from "#src/model/endpoint-slice.ts";
import { type Ingress, ingressClassName, parseIngress, parseIngressClass } from "#src/model/ingress.ts";
import type { Kind } from "#src/model/kind.ts";
import { type Node, parseNode } from "#src/model/node.ts";
import { keyOf, type KubeObject, type ObjectRef } from "#src/model/object.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import { parseService } from "#src/model/service.ts";
import { monotonicMs, wallMs } from "#src/process/clock.ts";
import type { ProblemLog } from "#src/process/problem-log.ts";
import { type Change, markChanged, type ParsedKinds, ParsedObjects } from "#src/source/parsed-objects.ts";
import { isDefaultIngress } from "#src/routing/ingress/default-ingress.ts";
import { classForeign } from "./class-foreign.ts";
import { MissingPorts } from "./missing-ports.ts";
import type { RouteChanges } from "#ingress/server/route-changes.ts";
import { RouteIndex } from "#ingress/server/route-index.ts";
import { ExternalNames } from "#ingress/names/external-names.ts";
import { NamedConfigMaps } from "#ingress/named-config-maps.ts";
import { NamedSecrets } from "#ingress/named-secrets.ts";
import { NamingIngresses } from "./naming-ingresses.ts";
import { NginxConfigReader } from "#ingress/nginx-config-reader.ts";
import { PolicyReader } from "#ingress/policy-reader.ts";
import { ServedNamespaces } from "#ingress/served-namespaces.ts";
import { writtenIngresses } from "#ingress/written-ingresses.ts";
import { publishedAddresses } from "#ingress/status/published-addresses.ts";
import type { Standing } from "#ingress/status/plan-ingress-status.ts";
import type { PublishSettings } from "#ingress/status/publish-settings.ts";
import { TokenKeys } from "#ingress/token-keys.ts";
import { ingressNotice, type IngressNotice } from "#ingress/status/ingress-events.ts";
import type { IngressContext } from "./ingress-context.ts";

/** Rules without requests that are reported at once. */
const MAX_CONFLICTS = 1_000;
/** Other classes that the log names at the start. */
const MAX_LOGGED_CLASSES = 8;
const MAX_NAME_PROBLEMS = 100;
/** Of a Node (well-known labels of Kubernetes). */
const ZONE_LABEL = "topology.kubernetes.io/zone";
const NONE: ReadonlySet<string> = new Set();

/** The objects that the ingress has read, and what it makes of them. */
export class KnownObjects {
  readonly #context: IngressContext;
  readonly #problems: ProblemLog;
  readonly #index: RouteIndex;
  readonly #secrets: NamedSecrets;
  readonly #naming = new NamingIngresses();
  readonly #names: ExternalNames | undefined;
  readonly #configMaps: NamedConfigMaps;
  readonly #tokenKeys: TokenKeys;
  readonly #ports: MissingPorts;
  readonly #nginxConfig: NginxConfigReader | undefined;
  /** Grows whenever an Ingress, a class or a Secret changes. */
  standingsVersion = 0;
  /** What Ingresses name besides certificates is to be read again. */
  #areOthersMarked = true;
  /** What is wrong with Ingresses, ours or not: only that of ours is reported. */
  readonly #ofIngresses = new Map<string, readonly Problem[]>();
  readonly #ingresses = new ParsedObjects({
    get: (key) => this.#context.source.get("Ingress", key),
    parse: (object) =>
      parseIngress(this.#nginxConfig?.applyTo(object) ?? object, { passesTls: this.#context.passesTls }),
    onProblems: (key, found) => {
      if (found.length === 0) this.#ofIngresses.delete(key);
      else this.#ofIngresses.set(key, found);
      this.#problems.report(`Ingress ${key}`, this.#isOurs(key) ? found : []);
    },
  });
  readonly #classes = this.#reader("IngressClass", parseIngressClass);
  readonly #services = this.#reader("Service", parseService);
  readonly #slices = this.#reader("EndpointSlice", parseEndpointSlice);
  readonly #nodes = this.#reader("Node", parseNode);
  readonly #namespaces: ServedNamespaces | undefined;
  readonly policies: PolicyReader;
  readonly #kinds: ParsedKinds = {
    Ingress: this.#ingresses,
    HTTPPolicy: { mark: (key) => this.policies.mark(key) },
    IngressClass: this.#classes,
    Service: this.#services,
    EndpointSlice: this.#slices,
    Node: this.#nodes,
    Namespace: { mark: (name) => this.#namespaces?.mark(name) },
  };

  constructor(context: IngressContext, problems: ProblemLog, mark: () => void) {
    const { source, certificates, namespaceSelector } = context;
    this.#context = context;
    this.#namespaces =
      namespaceSelector && new ServedNamespaces(namespaceSelector, (name) => source.get("Namespace", name));
    const servesNamespace = this.#namespaces && ((name: string) => this.#namespaces?.serves(name) === true);
    const scope = { ...context.scope, servesNamespace };
    this.#problems = problems;
    const { isOwnEndpoint, defaultService, externalNames, compat } = context;
    this.#names = externalNames && new ExternalNames({ ...externalNames, clockMs: monotonicMs, onChange: mark });
    this.#index = new RouteIndex(scope, { isOwnEndpoint, defaultService, compat });
    const markNamed = (isOther: boolean) => {
      this.#areOthersMarked ||= isOther;
      mark();
    };
    const { nginxConfig } = context;
    this.#nginxConfig = nginxConfig && new NginxConfigReader(nginxConfig, source, problems);
    this.#configMaps = new NamedConfigMaps({
      source,
      problems,
      allowedHeaders: context.allowedHeaders ?? new Set(),
      use: context.useHeaders ?? (() => undefined),
      mark: () => markNamed(true),
    });
    const isOurs = (key: string) => this.#index.get(key) !== undefined;
    const { countsTogether = true } = context;
    const written = writtenIngresses(this.#ingresses, defaultService);
    this.policies = new PolicyReader({ source, problems, ingresses: written, isOurs, countsTogether });
    this.#ports = new MissingPorts(this.#index);
    this.#secrets = new NamedSecrets({
      source,
      certificates,
      problems,
      usePasswords: context.usePasswords ?? (() => undefined),
      useOidcSecrets: context.useOidcSecrets ?? (() => undefined),
      useCertificateSecrets: context.useCertificateSecrets ?? (() => undefined),
      defaultSecret: context.defaultSecret,
      mark: markNamed,
    });
    const { tokenKeys } = context;
    tokenKeys?.onChange(mark);
    this.#tokenKeys = new TokenKeys({
      source,
      problems,
      keys: tokenKeys,
      knows: (kind, key) => (kind === "Secret" ? this.#secrets : this.#configMaps).knows(key),
    });
  }

  /** Resolves when the Secrets and ConfigMaps that are named now were looked up. */
  get settled(): Promise<unknown> {
    return Promise.all([this.#secrets.settled, this.#configMaps.settled]);
  }

  /** Resolves when the names of Services that are known now were asked for. */
  get namesSettled(): Promise<unknown> {
    return this.#names?.settled ?? Promise.resolve();
  }

  close(): void {
    this.#names?.close();
  }

  /** Says which objects are to be looked at in the next `update`. */
  mark(changed: readonly ObjectRef[]): void {
    markChanged(this.#kinds, changed);
    for (const ref of changed)
      if (ref.kind === "ConfigMap" || (ref.kind === "Secret" && this.#secrets.mark(keyOf(ref))))
        this.#areOthersMarked = true;
  }

  /** Says that certificates are to be looked at in the next `update`, because time has passed. */
  markSecrets(): void {
    this.#secrets.markAll();
  }

  /** Reads what is new, and hands on what it makes. */
  update(): void {
    const { useRoutes } = this.#context;
    this.#updateNginxConfig();
    // Classes first: they decide which Ingresses are reported on.
    const classes = this.#classes.update();
    this.#index.useClasses(classes);
    const moved = this.#namespaces?.update() ?? NONE;
    const ingresses = this.policies.update([...this.#ingresses.update(), ...this.#ingressesOf(moved)]);
    const services = this.#services.update();
    const slices = this.#slices.update();
    this.#findPlace();
    const names = this.#names;
    const addresses = names?.takeChanged().map((key) => ({ key, addresses: names.addressesOf(key) })) ?? [];
    const changes = { classes, ingresses, services, slices, addresses, place: this.#index.place };
    if (this.#index.hasMoved || hasAny(changes))
      useRoutes(this.#index.update(changes), this.#toServe(changes), () => this.everything());
    if (classes.length > 0 || moved.size > 0) this.#reportAgain();
    if (hasAny(changes)) this.#problems.report("own endpoints", this.#index.ownEndpoints());
    if (this.policies.report()) this.standingsVersion += 1;
    this.#problems.report("default backend", this.#index.defaultProblems());
    this.#findMissingPorts(changes);
    // Endpoints and addresses come and go all the time, and name nothing.
    if (classes.length + ingresses.length + services.length > 0) names?.follow(this.#index.externalNames());
    this.#problems.report("external names", (names?.problems() ?? []).slice(0, MAX_NAME_PROBLEMS));
    this.#tokenKeys.report();
    this.#followNamed(changes);
  }

  /** All that routes are made of now, for what serves and knows nothing yet. */
  everything(): RouteChanges {
    return this.#toServe(this.#index.everything());
  }

  /** What serves gets objects as they are now alone, and none of namespaces that are not served: it does not know Namespaces. */
  #toServe(changes: RouteChanges): RouteChanges {
    const latest = <T>({ key, after }: { readonly key: string; readonly after: T | undefined }) => ({ key, after });
    const isServed = (ingress: Ingress | undefined) =>
      ingress === undefined || isDefaultIngress(ingress) || this.#namespaces?.serves(ingress.namespace) !== false;
    return {
      ...changes,
      classes: changes.classes.map(latest),
      ingresses: changes.ingresses.map(({ key, after }) => ({ key, after: isServed(after) ? after : undefined })),
      services: changes.services.map(latest),
      slices: changes.slices.map(latest),
    };
  }

  /** Follows what Ingresses name, where that may be something else. */
  #followNamed({ classes, ingresses }: RouteChanges): void {
    const haveClaimsChanged = classes.length + ingresses.length > 0;
    if (!haveClaimsChanged && !this.#secrets.isTouched && !this.#areOthersMarked) return;
    this.standingsVersion += 1;
    if (haveClaimsChanged) this.#reportRoutes();
    // A class is rare, and says of any number of Ingresses whether they are ours.
    const others = classes.length === 0 ? [] : Array.from(this.#ingresses.values(), ({ key }) => key);
    const latest = [...ingresses.map(({ key }) => key), ...others].map((key) => ({ key, after: this.#index.get(key) }));
    this.#secrets.claim(latest);
    const areOthersNew = this.#naming.update(latest) || this.#areOthersMarked;
    this.#areOthersMarked = false;
    const naming = areOthersNew ? this.#naming.all() : [];
    if (areOthersNew) {
      this.#tokenKeys.find(naming);
      this.#secrets.updateOthers(naming, this.#tokenKeys.objects("Secret"));
    }
    if (this.#secrets.isTouched) this.#secrets.update(wallMs());
    if (!areOthersNew) return;
    this.#configMaps.update(naming, this.#tokenKeys.objects("ConfigMap").union(new Set(this.#nginxConfig?.named)));
    this.#tokenKeys.read();
  }

  /** The Ingresses of these namespaces, to be settled again. */
  #ingressesOf(namespaces: ReadonlySet<string>): readonly Change<Ingress>[] {
    if (namespaces.size === 0) return [];
    const found = [...this.#ingresses.values()].filter(({ namespace }) => namespaces.has(namespace));
    return found.map((ingress) => ({ key: ingress.key, before: ingress, after: ingress }));
  }

  #findMissingPorts(changes: RouteChanges): void {
    if (!this.#ports.update(changes)) return;
    this.#problems.report(
      "ports",
      this.#ports.found(MAX_CONFLICTS).map(({ problem }) => problem),
    );
    this.standingsVersion += 1;
  }

  #findPlace(): void {
    const { nodeName: node } = this.#context;
    if (node === undefined) return;
    this.#nodes.update();
    this.#index.usePlace({ node, zone: this.#nodes.get(node)?.labels[ZONE_LABEL] });
  }

  /** Reads all Ingresses again where what holds for all of them has changed. */
  #updateNginxConfig(): void {
    if (this.#nginxConfig?.update((key) => this.#configMaps.knows(key)) === true) this.#ingresses.readAgain();
  }

  #reportRoutes(): void {
    const { scope } = this.#context;
    const conflicts = this.#index.conflicts(MAX_CONFLICTS).map(({ problem }) => problem);
    const lostClass = this.#index.foreignClasses().find(({ name }) => name === scope.className);
    this.#problems.report(
      "routes",
      lostClass === undefined ? conflicts : [classForeign(lostClass, scope), ...conflicts],
    );
  }

  /** Says how many Ingresses are left to other controllers. */
  logForeignClasses(): void {
    const classes = this.#index.foreignClasses();
    for (const { name, controller, count } of classes.slice(0, MAX_LOGGED_CLASSES))
      this.#context.log.info(
        { class: name, controller, ingresses: count },
        "Ingresses of another class are not served",
      );
  }

  standingOf(key: string): Standing {
    if (this.#index.serves(key)) return "served";
    return this.#isOurs(key) ? "unserved" : "foreign";
  }

  /** What is wrong with the Ingresses of our class: what of them is not served, rules that lose, certificates. */
  *notices(): Generator<IngressNotice> {
    for (const [key, found] of this.#ofIngresses) {
      const problem = found.find(({ severity }) => severity === "error");
      const object = this.#context.source.get("Ingress", key);
      if (problem === undefined || object === undefined || !this.#isOurs(key)) continue;
      const { namespace, name } = object.metadata;
      yield { kind: "Ingress", namespace, name, reason: "NotServed", problem };
    }
    for (const { loser, reason, problem } of this.#index.conflicts(MAX_CONFLICTS))
      yield ingressNotice(loser, reason, problem);
    for (const { ingress, problem } of this.#ports.found(MAX_CONFLICTS))
      yield ingressNotice(ingress, "NotServed", problem);
    for (const { ingress, reason, problem } of this.#secrets.faults)
      if (!isDefaultIngress(ingress)) yield ingressNotice(ingress, reason, problem);
    yield* this.policies.notices();
  }

  publishedAddresses(settings: PublishSettings) {
    const { source } = this.#context;
    const { service: key = "", usesNodes } = settings;
    if (usesNodes) this.#nodes.update();
    return publishedAddresses({
      settings,
      service: source.get("Service", key),
      slices: this.#index.slicesOf(key),
      nodes: new Map(usesNodes ? [...this.#nodes.values()].map((node: Node) => [node.name, node]) : []),
    });
  }

  /** Whether an Ingress is of our class, as it is listed now and whether or not it can be read. */
  #isOurs(key: string): boolean {
    const object = this.#context.source.get("Ingress", key);
    if (object === undefined) return false;
    const { namespace } = object.metadata;
    return this.#index.isOurs({ className: ingressClassName(object), namespace });
  }

  #reportAgain(): void {
    this.policies.judgeAgain();
    for (const [key, found] of this.#ofIngresses)
      this.#problems.report(`Ingress ${key}`, this.#isOurs(key) ? found : []);
  }

  #reader<T>(kind: Kind, parse: (object: KubeObject) => Parsed<T>): ParsedObjects<T> {
    return new ParsedObjects({
      get: (key) => this.#context.source.get(kind, key),
      parse,
      onProblems: (key, found) => this.#problems.report(`${kind} ${key}`, found),
    });
  }
}

function hasAny({ classes, ingresses, services, slices, addresses = [] }: RouteChanges): boolean {
  return [classes, ingresses, services, slices, addresses].some((list) => list.length > 0);
}
