import { annotationText } from "./annotation.ts";
import {
  child,
  complain,
  complainMissing,
  descend,
  entry,
  type Field,
  hasError,
  isUnset,
  readList,
  readMap,
  readText,
} from "./field.ts";
import { type HttpsRedirect, isClosed, readHttpsRedirect, readRewrite, type Rewrite } from "./ingress-annotations.ts";
import { type IngressBackend, readBackend } from "./ingress-backend.ts";
import { readHost } from "./ingress-host.ts";
import { type IngressPath, readPath } from "./ingress-path.ts";
import { isDnsSubdomain } from "./name.ts";
import { keyOf, type KubeObject, rootField } from "./object.ts";
import type { Parsed } from "./problem.ts";

interface IngressRule {
  /** Lower case; empty for the catch-all; `*.example.com` for one label. */
  readonly host: string;
  readonly paths: readonly IngressPath[];
}

interface IngressTls {
  readonly hosts: readonly string[];
  readonly secretName: string | undefined;
}

/** An Ingress, strictly read, from any of networking.k8s.io/v1, networking.k8s.io/v1beta1 and extensions/v1beta1. */
export interface Ingress {
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly createdMs: number;
  /** `spec.ingressClassName`, else the annotation `kubernetes.io/ingress.class`; undefined where neither is set. */
  readonly className: string | undefined;
  readonly defaultBackend: IngressBackend | undefined;
  readonly rules: readonly IngressRule[];
  readonly tls: readonly IngressTls[];
  readonly rewrite: Rewrite | undefined;
  readonly httpsRedirect: HttpsRedirect;
}

/** An IngressClass, strictly read. */
export interface IngressClass {
  readonly name: string;
  readonly createdMs: number;
  readonly controller: string;
  /** Annotation `ingressclass.kubernetes.io/is-default-class: "true"`: for Ingresses that name no class. */
  readonly isDefault: boolean;
}

const CLASS_ANNOTATION = "kubernetes.io/ingress.class";
const DEFAULT_CLASS_ANNOTATION = "ingressclass.kubernetes.io/is-default-class";
const API_VERSION = "networking.k8s.io/v1";

/**
 * Reads an Ingress of any version. A rule, path or TLS entry that cannot be read is left out with a Problem and the
 * others are served. Not served at all is an Ingress that asks for a restriction or a rewriting we do not have: without
 * it, it would open or lead to what its writer meant to keep closed or elsewhere.
 */
export function parseIngress(object: KubeObject): Parsed<Ingress> {
  const root = rootField(object);
  const { problems } = root;
  const spec = child(root, "spec");
  const isV1 = object.apiVersion === API_VERSION;
  const rules = child(spec, "rules");
  const backendField = child(spec, isV1 ? "defaultBackend" : "backend");
  const rewrite = readRewrite(root);
  const httpsRedirect = readHttpsRedirect(root);
  if (isClosed(root) || hasError(problems)) return { ok: false, problems };
  if (readMap(spec) && isUnset(rules) && isUnset(backendField))
    complain(spec, "INGRESS_EMPTY", {
      what: "Cannot serve this Ingress",
      why: "it has neither rules nor a default backend",
      fix: `Write spec.rules or ${backendField.path}`,
    });
  if (isUnset(spec)) complainMissing(spec, "Write spec with rules");
  if (hasError(problems)) return { ok: false, problems };
  const { namespace, name, createdMs } = object.metadata;
  const value: Ingress = {
    key: keyOf(object.metadata),
    namespace,
    name,
    createdMs,
    className: readClassName(root),
    defaultBackend: isUnset(backendField) ? undefined : readBackend(backendField, isV1),
    rules: readList(rules).flatMap((field) => readRule(field, isV1) ?? []),
    tls: readList(child(spec, "tls")).flatMap((field) => readTls(field) ?? []),
    rewrite,
    httpsRedirect,
  };
  return { ok: true, value, problems };
}

/** The class that an Ingress names, even one that cannot be read otherwise: whose it is decides who may speak of it. */
export function ingressClassName(object: KubeObject): string | undefined {
  return readClassName({ ...rootField(object), problems: [] });
}

/** Reads an IngressClass. */
export function parseIngressClass(object: KubeObject): Parsed<IngressClass> {
  const root = rootField(object);
  const field = descend(root, "spec", "controller");
  const controller = readText(field);
  if (isUnset(field))
    complainMissing(field, "Write spec.controller: hawser.dev/ingress to have Hawser serve the class");
  const { problems } = root;
  if (controller === undefined) return { ok: false, problems };
  const isDefault = annotationText(root, [DEFAULT_CLASS_ANNOTATION]) === "true";
  const { name, createdMs } = object.metadata;
  return { ok: true, value: { name, createdMs, controller, isDefault }, problems };
}

/** The field wins over the annotation. */
function readClassName(root: Field): string | undefined {
  const field = descend(root, "spec", "ingressClassName");
  const text = readText(field);
  const annotated = annotationText(root, [CLASS_ANNOTATION]);
  if (text === undefined || text === "") return annotated;
  if (annotated !== undefined && annotated !== text)
    complain(entry(descend(root, "metadata", "annotations"), CLASS_ANNOTATION), "INGRESS_CLASS_TWICE", {
      what: `Passes over the class ${JSON.stringify(annotated)}`,
      why: `spec.ingressClassName is ${JSON.stringify(text)} and wins`,
      fix: "Remove the annotation",
      severity: "warning",
    });
  return text;
}

/** A rule whose host cannot be read serves nothing; one without paths leaves its host to the default backend. */
function readRule(field: Field, isV1: boolean): IngressRule | undefined {
  if (!readMap(field)) return undefined;
  const host = readHost(child(field, "host"));
  if (host === undefined) return undefined;
  const paths = readList(descend(field, "http", "paths")).flatMap((path) => readPath(path, isV1) ?? []);
  return { host, paths };
}

function readTls(field: Field): IngressTls | undefined {
  if (!readMap(field)) return undefined;
  const hosts = readList(child(field, "hosts")).flatMap((host) => readHost(host) || []);
  const secretField = child(field, "secretName");
  const secretName = readText(secretField);
  if (secretName === undefined || secretName === "" || isDnsSubdomain(secretName))
    return { hosts, secretName: secretName === "" ? undefined : secretName };
  return complain(secretField, "FIELD_INVALID", {
    what: `Cannot use the Secret ${JSON.stringify(secretName.slice(0, 120))}`,
    why: "it is no name of a Secret; it must be in the namespace of the Ingress",
    fix: "Write the name alone",
  });
}
