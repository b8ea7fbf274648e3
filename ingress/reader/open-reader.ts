import { networkInterfaces } from "node:os";
import { monotonicMs } from "#src/process/clock.ts";
import type { GivenOptions } from "#ingress/given-options.ts";
import { hostAddresses } from "#ingress/host-addresses.ts";
import { isInForce } from "#ingress/is-in-force.ts";
import { listeningOf } from "#ingress/listening-of.ts";
import { reachableAddresses } from "#ingress/names/reachable-address.ts";
import { resolverByTtl } from "#ingress/names/resolve-by-ttl.ts";
import { ownEndpoints } from "#ingress/own-endpoints.ts";
import type { ServingUpdate } from "#ingress/server/serving-update.ts";
import { classScope } from "./class-scope.ts";
import type { IngressContext } from "./ingress-context.ts";
import { type IngressLoop, startIngressLoop } from "./ingress-loop.ts";
import type { ReadingSettings } from "./reading-settings.ts";

export interface OpenReaderOptions
  extends
    Pick<GivenOptions, "options" | "env">,
    Pick<
      IngressContext,
      "source" | "log" | "certificates" | "tokenKeys" | "countsTogether" | "allowedHeaders" | "useRoutes"
    > {
  readonly settings: ReadingSettings;
  /** Takes what else is to be served by. */
  readonly tell: (update: ServingUpdate) => void;
}

/** Opens what reads objects as the options say, writes statuses, and says what is wrong. Resolves when the first routes are in use. */
export async function openReader({ options, settings, env, tell, ...given }: OpenReaderOptions): Promise<IngressLoop> {
  const { publish, defaultSecret, defaultService, nginxConfigKey, namespaceSelector } = settings;
  const isOfThisNode = hostAddresses(networkInterfaces, monotonicMs);
  const { forRequests: isReachable } = reachableAddresses({ env, isOfThisNode });
  return startIngressLoop({
    ...given,
    scope: classScope(options),
    namespaceSelector,
    isOwnEndpoint: ownEndpoints(listeningOf(options)),
    compat: options.compat,
    passesTls: options.sslPassthrough,
    defaultSecret,
    defaultService,
    nodeName: options.node,
    externalNames: options.disableSvcExternalName ? undefined : { resolve: resolverByTtl(), isReachable },
    publish,
    usePasswords: (lists) => tell({ kind: "passwords", lists }),
    useOidcSecrets: (secrets) => tell({ kind: "sign-in", secrets }),
    useCertificateSecrets: (secrets) => tell({ kind: "certificate-secrets", secrets }),
    useHeaders: (headers) => tell({ kind: "headers", headers }),
    nginxConfig:
      nginxConfigKey === undefined
        ? undefined
        : {
            key: nginxConfigKey,
            isInForce: (flag) => isInForce(flag, options),
            useHeaders: (headers) => tell({ kind: "headers-of-all", headers }),
            useBlocked: (blocked) => tell({ kind: "blocked", blocked }),
            useProgram: (program) => tell({ kind: "program", settings: program }),
          },
  });
}
