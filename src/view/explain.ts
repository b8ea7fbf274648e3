import { type Ip, printIp } from "#src/ip/address.ts";
import { keyOf } from "#src/model/object.ts";
import type { Service } from "#src/model/service.ts";
import { explainAddresses } from "./explain-addresses.ts";
import { explainCandidates } from "./explain-candidates.ts";
import { explainConfig, explainController } from "./explain-config.ts";
import { type ExplainContext, explainContext, type ExplainInput } from "./explain-context.ts";
import { explainEndpoints } from "./explain-endpoints.ts";
import { explainFreeAddress } from "./explain-free-address.ts";
import { explainIngresses } from "./explain-ingresses.ts";
import { explainKubeProxy } from "./explain-kube-proxy.ts";
import { explainObject, explainRequest, explainStatus, type ReadService } from "./explain-object.ts";
import { explainOwner } from "./explain-owner.ts";
import { explainPools } from "./explain-pools.ts";
import { explainSharing } from "./explain-sharing.ts";
import type { ExplainStep } from "./explain-step.ts";
import { findSubject, type ExplainSubject, type SubjectView } from "./explain-subject.ts";
import { explainSpeakers, explainWire } from "./explain-wire.ts";
import { nextStep } from "./next-step.ts";

/** What `hawser explain` says. Also its JSON. */
export interface Explanation {
  readonly subject: SubjectView;
  /** From the object to its clients. */
  readonly steps: readonly Omit<ExplainStep, "fix">[];
  /** The one thing to do next. */
  readonly next: string;
}

/** An explanation; or why there is none: `usage` where the subject cannot be the name of anything. */
export type Explained =
  | { readonly ok: true; readonly explanation: Explanation }
  | { readonly ok: false; readonly isUsage: boolean; readonly why: string };

/** Explains why a Service has the addresses that it has, or an address its Service, and whether clients reach it. */
export function explain(input: ExplainInput, text: string): Explained {
  const found = findSubject(text, input.services);
  return found.ok ? explainWith(explainContext(input), text) : found;
}

/** What `explain` says of a subject, where an installation was read for several. */
export function explainWith(context: ExplainContext, text: string): Explained {
  const found = findSubject(text, context.input.services);
  if (!found.ok) return found;
  const { subject, steps } = explainSubject(context, found.subject);
  const shown = steps.map(({ fix: _fix, ...step }) => step);
  return { ok: true, explanation: { subject, steps: shown, next: nextStep(context, steps) } };
}

interface Told {
  readonly subject: SubjectView;
  readonly steps: readonly ExplainStep[];
}

function explainSubject(context: ExplainContext, subject: ExplainSubject): Told {
  if (subject.kind === "Service") {
    const service = context.services.find(({ object }) => keyOf(object.metadata) === subject.key);
    if (service === undefined) throw new Error(`findSubject() found ${subject.key}`);
    return explainService(context, service);
  }
  const users = context.usersOf(subject.ip);
  const view = { kind: "Address", address: printIp(subject.ip), services: users.map(({ key }) => key) } as const;
  if (users.length === 0) return { subject: view, steps: explainFreeAddress(context, subject.ip) };
  return { subject: view, steps: explainUsed(context, subject.ip, users) };
}

function explainService(context: ExplainContext, { object, read }: ReadService): Told {
  const { namespace, name } = object.metadata;
  const isKnown = read.ok;
  const addresses = isKnown ? read.value.assignedAddresses.map(printIp) : [];
  const subject = { kind: "Service", namespace, name, addresses } as const;
  const first = explainObject({ object, read }, context.input);
  if (!isKnown || first.verdict !== "ok") return { subject, steps: [first] };
  const service = read.value;
  const announced = service.assignedAddresses.map((ip) => ({ ip, users: context.usersOf(ip), object }));
  const hasAddress = announced.length > 0;
  const steps = [
    first,
    ...explainController(context),
    explainConfig(context),
    ...explainPools(context, service),
    ...explainRequest(service),
    ...explainStatus(object, context.input),
    ...explainAddresses(context, { object, service }),
    ...explainSharing(context, service),
    ...announced.flatMap((one) => [
      explainOwner(context, one),
      ...explainCandidates(context, one),
      ...explainWire(context, one.ip),
    ]),
    ...(hasAddress ? explainSpeakers(context, service.assignedAddresses) : []),
    explainEndpoints(context, service),
    ...explainKubeProxy(object, service),
    ...explainIngresses(context, service),
  ];
  return { subject, steps };
}

/** The steps of an address that Services have. */
function explainUsed(context: ExplainContext, ip: Ip, users: readonly Service[]): readonly ExplainStep[] {
  const objects = users.flatMap(
    ({ key }) => context.services.find(({ object }) => keyOf(object.metadata) === key) ?? [],
  );
  const one = { ip, users, object: objects[0]?.object };
  return [
    ...explainController(context),
    explainConfig(context),
    ...users.flatMap((service, index) => {
      const object = objects[index]?.object;
      return object === undefined
        ? []
        : explainAddresses(context, { object, service }).map((step) => ({
            ...step,
            text: `${service.key}: ${step.text}`,
          }));
    }),
    ...users.slice(0, 1).flatMap((service) => explainSharing(context, service)),
    explainOwner(context, one),
    ...explainCandidates(context, one),
    ...explainWire(context, ip),
    ...explainSpeakers(context, [ip]),
    ...users.map((service) => explainEndpoints(context, service, service.key)),
  ];
}
