import { withPlacePrinted } from "#src/model/problem.ts";
import type { OptionSpecs } from "#src/process/option-spec.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { readOptions } from "#src/process/read-options.ts";
import { type CertificatesView, viewCertificates } from "#src/view/view-certificates.ts";
import { withFiles } from "./finding-of.ts";
import { ingressLookOptions } from "./ingress-look-options.ts";
import { objectsByKey } from "./objects-by-key.ts";
import { formOf, outputOptions } from "./output-options.ts";
import { printOutput } from "./print-output.ts";
import { printCertificates } from "./print-certificates.ts";
import { seeIngresses } from "./see-ingresses.ts";

/** Its options. */
export const certsOptions = {
  host: { kind: "string", placeholder: "HOST", help: "Only the certificate of this host" },
  ...ingressLookOptions,
  ...outputOptions("one object with certificates and problems"),
} as const satisfies OptionSpecs;

const command = "hawser certs";
const about = `Shows the certificate that clients of each host get, by the Ingresses of a cluster or of a folder of manifests: its Secret, the
names that it is for, who issued it, when it ends, and what clients will refuse about it. docs/routes.md explains each column.

The options about classes and the default certificate are those that the ingress runs with.
Exit code: 0 when no certificate is bad; 1 when one is, or when Ingresses could not be read; 2 for wrong options.`;

/** Runs `hawser certs`. Resolves with the exit code. */
export async function runCerts(args: readonly string[], io: ProgramIo): Promise<number> {
  const read = readOptions(certsOptions, args, io, { command, about });
  if (read.kind === "exit") return read.code;
  const looked = await seeIngresses(read.values, { command, io });
  if (!looked.ok) return looked.code;
  const view = withFiles(viewCertificates(looked.seen, read.values.host?.toLowerCase()), looked.placeOf);
  const output = {
    documents: () => [asJson(view)],
    text: (isWide: boolean) => printCertificates(view, isWide),
    names: () =>
      objectsByKey(
        "Secret",
        (view.certificates ?? []).map(({ secret }) => secret ?? ""),
      ),
  };
  io.stdout.write(printOutput(formOf(read.values), output));
  const { certificates } = view;
  return certificates === undefined || certificates.some(({ verdict }) => verdict === "bad") ? 1 : 0;
}

/** Certificates that cannot be known are null. */
function asJson({ certificates, problems }: CertificatesView): unknown {
  return { certificates: certificates ?? null, problems: problems.map(withPlacePrinted) };
}
