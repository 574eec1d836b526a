/** A pipeline's parameters with the secret ones opened: for connection settings only, never for mappings. */
import type { PipelineConfig, SealedSecret } from "./snapshot.ts";

/**
 * @param open opens a secret sealed for the object and field; what it throws is passed on
 */
export function openParameters(
  pipeline: Pick<PipelineConfig, "id" | "parameters" | "secretParameters">,
  open: (sealed: SealedSecret, object: string, field: string) => string,
): Record<string, string> {
  const secret = Object.entries(pipeline.secretParameters ?? {}).map(([key, sealed]) => [
    key,
    open(sealed, pipeline.id, key),
  ]);
  return { ...pipeline.parameters, ...Object.fromEntries(secret) };
}
