/** The form of a decision: finding, true crop, note, photo; "same as before"; what others decided. */

import { useRef, useState } from "preact/hooks";
import { seasonApi } from "../../address.ts";
import { config } from "../../config.ts";
import { ApiError, tell } from "../../fetch.ts";
import { useShortcuts } from "../../parts/keyboard.ts";
import { Failed } from "../../parts/loaded.tsx";
import { t, time, word } from "../../texts/index.ts";
import type { Decided, Decision } from "./answers.ts";
import {
  BLANK,
  bodyOf,
  type Draft,
  FINDINGS,
  LONGEST_NOTE,
  remembered,
  requestKey,
  saidOrNot,
  says,
} from "./decisions.ts";
import { SaveActions } from "./saving.tsx";

/** The decision that this reader made last, whatever the parcel. Airflow's pages share the store. */
const STORE = "cbm-window.last-decision";

function stored(): Draft | null {
  try {
    return remembered(localStorage.getItem(STORE));
  } catch {
    return null; // a browser may forbid it
  }
}

function store(draft: Draft): void {
  try {
    localStorage.setItem(STORE, JSON.stringify(draft));
  } catch {
    // Then "same as before" is not offered.
  }
}

export function Deciding(props: {
  season: string;
  pid: string;
  run: number | null;
  crops: readonly string[];
  history: readonly Decision[];
  next: string | null;
  done: () => void;
}) {
  const { season, pid, run, crops, history, next, done } = props;
  const [draft, show] = useState<Draft>(BLANK);
  // What was typed last is sent, also by a key that comes before the page is drawn again.
  const now = useRef({ draft: BLANK, key: requestKey(), sending: false });
  const [before] = useState(stored);
  const [sending, setSending] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const [decided, setDecided] = useState<Decided | null>(null);
  const set = (some: Partial<Draft>): void => {
    // Other content is another request.
    now.current = { ...now.current, draft: { ...now.current.draft, ...some }, key: requestKey() };
    show(now.current.draft);
  };
  const busy = (is: boolean): void => {
    now.current.sending = is;
    setSending(is);
  };
  const send = async (further: string | null): Promise<void> => {
    const { draft: sent, key } = now.current;
    if (sent.finding === null || now.current.sending) return;
    busy(true);
    setError(null);
    try {
      const url = seasonApi(season, ["decisions"]);
      const answer = await tell<Decided>(url, bodyOf(pid, sent, run, history), key);
      store(sent);
      // What others decided meanwhile has to be read before one goes on.
      if (further !== null && answer.newer.length === 0) location.assign(further);
      else setDecided(answer);
      // A browser may show the page as it was left when the reader comes back.
      set(BLANK);
      done();
    } catch (failure) {
      setError(failure instanceof ApiError ? failure : new ApiError("broken", String(failure)));
    }
    busy(false);
  };
  useShortcuts({
    "1": () => set({ finding: "right" }),
    "2": () => set({ finding: "wrong" }),
    "3": () => set({ finding: "unclear" }),
    s: () => before && set(before),
    "Ctrl+Enter": () => void send(next),
  });
  return (
    <form
      class="decide"
      onSubmit={(event) => {
        event.preventDefault();
        void send(null);
      }}
    >
      <fieldset class="findings">
        <legend>{t("decide.finding")}</legend>
        {FINDINGS.map((finding, at) => (
          <label key={finding}>
            <input
              type="radio"
              name="finding"
              checked={draft.finding === finding}
              onChange={() => set({ finding })}
            />
            {word("finding", finding)} <kbd>{at + 1}</kbd>
          </label>
        ))}
      </fieldset>
      <label>
        {t("decide.true_crop")}
        <input
          name="true_crop"
          list="crops"
          maxLength={300}
          disabled={draft.finding !== "wrong"}
          value={draft.true_crop}
          onInput={(event) => set({ true_crop: event.currentTarget.value })}
        />
        <datalist id="crops">
          {crops.map((crop) => (
            <option key={crop} value={crop} />
          ))}
        </datalist>
      </label>
      <label>
        {t("decide.note")}
        <textarea
          name="note"
          rows={2}
          maxLength={LONGEST_NOTE}
          value={draft.note}
          onInput={(event) => set({ note: event.currentTarget.value })}
        />
      </label>
      <div class="actions" role="group" aria-label={t("decide.action")}>
        {(["decide.action.visit", "decide.action.pass"] as const).map((action) => (
          <button
            key={action}
            type="button"
            aria-pressed={says(draft.note, t(action))}
            onClick={() => set({ note: saidOrNot(now.current.draft.note, t(action)) })}
          >
            {t(action)}
          </button>
        ))}
      </div>
      <label>
        {t("decide.photo")}
        <input
          name="photo"
          maxLength={2000}
          value={draft.photo}
          onInput={(event) => set({ photo: event.currentTarget.value })}
        />
      </label>
      <SaveActions
        off={draft.finding === null || sending}
        save={null}
        saveNext={next === null ? null : () => void send(next)}
        same={before && { finding: inWords(before), repeat: () => set(before) }}
      />
      <div aria-live="polite">
        {error && <Failed error={error} again={() => void send(null)} />}
        {decided && <Saved decided={decided} />}
      </div>
    </form>
  );
}

/** What was saved, and by whom else meanwhile. */
function Saved({ decided }: { decided: Decided }) {
  const { newer, decision } = decided;
  return (
    <div class="saved">
      <p>{t("decide.saved", { finding: inWords({ ...BLANK, ...cropOf(decision) }) })}</p>
      {newer.length > 0 && (
        <div class="trouble" role="alert">
          <p>{t("decide.meanwhile")}</p>
          <ul>
            {newer.map((one) => (
              <li key={one.id}>
                {t("decide.by", { name: one.decided_by, time: time(one.recorded_at) })}:{" "}
                {one.withdraws === null
                  ? inWords({ ...BLANK, ...cropOf(one) })
                  : t("decide.withdrew")}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}

function cropOf(
  one: Pick<Decision, "finding" | "true_crop">,
): Pick<Draft, "finding" | "true_crop"> {
  return { finding: one.finding, true_crop: one.true_crop ?? "" };
}

function inWords(draft: Draft): string {
  const finding = draft.finding === null ? "" : word("finding", draft.finding);
  return draft.true_crop ? `${finding}: ${draft.true_crop}` : finding;
}

/** Whether the reader may decide. */
export function mayDecide(): boolean {
  return config.rights.includes("decide");
}
