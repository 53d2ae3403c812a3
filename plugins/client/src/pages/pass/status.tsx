/** The state of a scene or of its extraction, with the reason if it is not a good one. */

import { Swatch } from "../../parts/state.tsx";
import { t, word } from "../../texts/index.ts";
import { passState } from "./state.ts";

export function Status(props: {
  status: string;
  cause: string | null;
  reason: string | null;
  attempts: number;
}) {
  const { status, cause, reason, attempts } = props;
  return (
    <>
      <span class="state">
        <Swatch family="pass" state={passState(status)} />
        {word("status", status)}
      </span>
      {cause && <small>{word("cause", cause)}</small>}
      {/* As the program that failed has said it. */}
      {reason && <small lang="en">{reason}</small>}
      {attempts > 0 && <small>{t("passage.attempts", { count: attempts })}</small>}
    </>
  );
}
