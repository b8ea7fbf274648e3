import { readInstallation } from "#src/view/seen-installation.ts";
import type { StatusInput } from "#src/view/status-input.ts";
import type { Problem } from "#src/model/problem.ts";
import type { ConvertedPool } from "./convert-address-pools.ts";
import { type ForetoldAdoption, foretellAdoption } from "./foretell-adoption.ts";
import type { MetallbEra, MetallbInstallation } from "./metallb-installation.ts";
import type { MigrationFacts } from "./migration-facts.ts";
import type { MigrationItem } from "./migration-item.ts";
import { type MigrationStep, migrationProcedure } from "./migration-procedure.ts";
import { isAboutBgp, notServed } from "./not-served.ts";
import { type MigrationFile, ourForm } from "./our-form.ts";
import { serviceUseOf } from "./service-use.ts";
import { worksAsItIs } from "./works-as-it-is.ts";
import { worksDifferently } from "./works-differently.ts";

/** What comes of a migration, and how it is done. */
export interface MigrationReport {
  /** MetalLB's namespace, and how it is configured. */
  readonly namespace: string;
  readonly era: MetallbEra | undefined;
  readonly same: readonly MigrationItem[];
  readonly different: readonly MigrationItem[];
  readonly notServed: readonly MigrationItem[];
  readonly files: readonly MigrationFile[];
  /** Undefined: there is no configuration that can be used. */
  readonly plan: ForetoldAdoption | undefined;
  readonly steps: readonly MigrationStep[];
  readonly problems: readonly Problem[];
  /** Something cannot be read, so that the report may be wrong. */
  readonly isUnreadable: boolean;
}

/**
 * Reports on a migration. `input` is what Hawser sees of the cluster when it is installed in our form: with MetalLB's
 * configuration, the pools that are converted, and the class of Services that MetalLB serves.
 */
export function reportMigration(
  input: StatusInput,
  { metallb, converted }: { readonly metallb: MetallbInstallation; readonly converted: readonly ConvertedPool[] },
  problems: readonly Problem[],
): MigrationReport {
  const seen = readInstallation(input);
  const facts: MigrationFacts = {
    metallb,
    converted,
    serviceClass: input,
    seen,
    use: serviceUseOf(input.services ?? [], input),
    configMap: input.configMap,
    plan: foretellAdoption(input),
  };
  const { namespace, era } = metallb;
  return {
    namespace,
    era,
    same: worksAsItIs(facts),
    different: worksDifferently(facts),
    notServed: notServed(facts),
    files: ourForm(facts),
    plan: facts.plan,
    steps: migrationProcedure(facts),
    problems,
    isUnreadable: facts.plan === undefined || [...input.problems, ...seen.configProblems].some(isFault),
  };
}

function isFault(problem: Problem): boolean {
  // An AddressPool is converted.
  const isSaid = isAboutBgp(problem) || problem.code === "RESOURCE_KIND_REPLACED";
  return problem.severity === "error" && !isSaid;
}
