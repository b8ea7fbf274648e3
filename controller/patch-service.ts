import type { Source } from "#src/source/source.ts";
import { refOf } from "./service-events.ts";
import type { PlannedWrite } from "./plan-write.ts";
import type { WriteResult } from "./write-outcome.ts";

/** What was written on a Service, and how that ended. */
interface Patched {
  /** What was sent last. */
  readonly write: PlannedWrite;
  readonly result: WriteResult;
  /** Why the API server refused the annotations, so that the status was written alone; undefined where it did not. */
  readonly refused: Error | undefined;
}

/**
 * Sends a write. Never rejects. A Service has room for 256 KiB of annotations, which its owner may fill: where the API server
 * refuses a write that has annotations as invalid (422), the status is written without them.
 */
export async function patchService(source: Pick<Source, "patch">, write: PlannedWrite): Promise<Patched> {
  const result = await send(source, write);
  const { annotations, ...alone } = write.patch;
  if (annotations === undefined || !isInvalid(result)) return { write, result, refused: undefined };
  const without = { ...write, patch: alone };
  const second = alone.status === undefined ? "unchanged" : await send(source, without);
  // The status itself may be what cannot be written.
  return isInvalid(second)
    ? { write, result, refused: undefined }
    : { write: without, result: second, refused: result.error };
}

async function send(source: Pick<Source, "patch">, { object, patch }: PlannedWrite): Promise<WriteResult> {
  return source.patch(refOf(object), patch).catch((error: unknown) => ({ error }));
}

function isInvalid(result: WriteResult): result is { readonly error: Error } {
  return typeof result === "object" && result.error instanceof Error && codeOf(result.error) === "HTTP_422";
}

function codeOf(error: NodeJS.ErrnoException): string | undefined {
  return error.code;
}
