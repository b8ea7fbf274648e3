import { type IngressAddress, parseIngressAddress } from "#src/model/ingress-address.ts";
import { optionInvalid } from "#src/model/option-invalid.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import { isDnsLabel } from "#src/model/name.ts";
import type { OptionSpecs, OptionValues } from "#src/process/option-spec.ts";

/** The options that say which addresses are written into the statuses of Ingresses. */
export const publishOptions = {
  publishService: {
    kind: "string",
    placeholder: "NAMESPACE/NAME",
    help: "Publish the addresses of this Service, the one in front of the ingress, in the status of each Ingress",
  },
  publishNodeAddresses: {
    kind: "boolean",
    help: "Publish the addresses of nodes that run a ready endpoint of --publish-service; external addresses first, otherwise internal",
  },
  publishStatusAddress: {
    kind: "list",
    placeholder: "ADDRESS",
    help: "Publish these addresses or host names instead, whatever any Service says",
  },
  updateStatus: {
    kind: "boolean",
    default: true,
    help: "Write statuses of Ingresses. Without it none is written, whatever the options above say, as long as another controller does",
  },
} as const satisfies OptionSpecs;

/** Where the addresses come from that are written into statuses. */
export interface PublishSettings {
  /** `namespace/name` of the Service in front of us. */
  readonly service: string | undefined;
  readonly usesNodes: boolean;
  readonly addresses: readonly IngressAddress[];
}

/** Reads the options; undefined where statuses are not to be written at all. */
export function readPublishSettings(options: OptionValues<typeof publishOptions>): Parsed<PublishSettings | undefined> {
  const {
    publishService: service,
    publishNodeAddresses: usesNodes,
    publishStatusAddress: texts,
    updateStatus,
  } = options;
  const problems: Problem[] = [];
  const addresses = texts.flatMap((text) => {
    const address = parseIngressAddress(text);
    if (address === undefined)
      problems.push(invalid("--publish-status-address", text, "it is neither an address nor a host name"));
    return address ?? [];
  });
  const [namespace = "", name = "", ...rest] = service?.split("/") ?? [];
  if (service !== undefined && (rest.length > 0 || !isDnsLabel(namespace) || !isDnsLabel(name)))
    problems.push(invalid("--publish-service", service, "it is not NAMESPACE/NAME"));
  if (usesNodes && service === undefined)
    problems.push({
      code: "OPTION_MISSING",
      at: { kind: "option", names: ["--publish-service"] },
      what: "Cannot start",
      why: "--publish-node-addresses takes the nodes from the endpoints of a Service",
      fix: "Give --publish-service with the Service that selects the pods of the ingress; a headless one will do",
      severity: "error",
    });
  if (problems.length > 0) return { ok: false, problems };
  const isOff = !updateStatus || (service === undefined && addresses.length === 0);
  return { ok: true, value: isOff ? undefined : { service, usesNodes, addresses }, problems };
}

function invalid(flag: string, text: string, why: string): Problem {
  const fix = "Write a value as --help describes it";
  return optionInvalid([flag], { what: `Cannot read "${text}"`, why, fix });
}
