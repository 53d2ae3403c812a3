/** The sign of why something is on the work list. */

import type { Kind } from "../list.ts";
import { Swatch } from "./state.tsx";

/** The colour and sign of a kind; the sample was drawn from all colours and has none. */
export function KindSign({ kind }: { kind: Kind }) {
  if (kind === "quality") return null;
  return kind === "outlier" ? (
    <Swatch family="verdict" state="outlier" />
  ) : (
    <Swatch family="scheme" state={kind} />
  );
}
