/** The form of a finding on an item of the quality sample: in a dialog, or beside the parcel. */

import { useRef, useState } from "preact/hooks";
import { seasonApi } from "../address.ts";
import type { QualityAnswer } from "../api.ts";
import { type ApiError, known, tell } from "../fetch.ts";
import { t, time, word } from "../texts/index.ts";
import { Dialog } from "./dialog.tsx";
import { Failed } from "./loaded.tsx";

export const COMPLIANCES = ["compliant", "not_compliant", "cannot_tell"] as const;
export type Compliance = (typeof COMPLIANCES)[number];

export interface Draft {
  finding: Compliance;
  reason: string;
}

interface Wish {
  finding: Compliance | null;
  reason: string;
  photo: string;
}

const BLANK: Wish = { finding: null, reason: "", photo: "" };

/** The finding that this reader noted last, whatever the parcel: "same as before". */
const STORE = "cbm-window.last-finding";

export function lastFinding(): Draft | null {
  try {
    return draftOf(localStorage.getItem(STORE));
  } catch {
    return null; // a browser may forbid it
  }
}

/** A finding that was stored as text; null for what is none. */
export function draftOf(text: string | null): Draft | null {
  try {
    const { finding, reason } = JSON.parse(text ?? "null") ?? {};
    if (!COMPLIANCES.includes(finding)) return null;
    return { finding, reason: typeof reason === "string" ? reason : "" };
  } catch {
    return null;
  }
}

function keep(draft: Draft): void {
  try {
    localStorage.setItem(STORE, JSON.stringify(draft));
  } catch {
    // Then "same as before" is not offered.
  }
}

interface Item {
  season: string;
  sample: number;
  item: { pid: string; scheme: string | null };
}

/** A finding on its way: what is written, and how it is sent. */
export function useFinding(
  { season, sample, item }: Item,
  done: (draft: Draft, answer: QualityAnswer) => void,
) {
  const [wish, show] = useState<Wish>(BLANK);
  // What was typed last is sent, also by a key that comes before the page is drawn again.
  const now = useRef({ wish: BLANK, key: requestKey(), sending: false });
  const [busy, setBusy] = useState(false);
  const [error, fail] = useState<ApiError | null>(null);
  const set = (some: Partial<Wish>): void => {
    // Other content is another request.
    now.current = { ...now.current, wish: { ...now.current.wish, ...some }, key: requestKey() };
    show(now.current.wish);
  };
  const send = async (): Promise<void> => {
    const { finding, reason, photo } = now.current.wish;
    if (finding === null || now.current.sending) return;
    now.current.sending = true;
    setBusy(true);
    fail(null);
    const draft = { finding, reason: reason.trim() };
    const own = { sample, group: item.scheme, pid: item.pid };
    try {
      const url = seasonApi(season, ["quality", "findings"]);
      const body = { ...own, ...draft, photo: photo.trim() || null };
      const answer = await tell<QualityAnswer>(url, body, now.current.key);
      keep(draft);
      set(BLANK);
      done(draft, answer);
    } catch (failure) {
      fail(known(failure));
    }
    now.current.sending = false;
    setBusy(false);
  };
  return { wish, set, send, busy, error };
}

/** The fields of a finding. */
export function FindingFields(props: {
  group: string | null;
  wish: Wish;
  set: (some: Partial<Wish>) => void;
  /** Whether keys choose a finding. */
  keyed?: boolean;
}) {
  const { wish, set } = props;
  return (
    <>
      <fieldset class={props.keyed ? "findings" : "ticks"}>
        <legend>{props.group}</legend>
        {COMPLIANCES.map((one, at) => (
          <label key={one}>
            <input
              type="radio"
              name="compliance"
              checked={wish.finding === one}
              onChange={() => set({ finding: one })}
            />{" "}
            {word("compliance", one)} {props.keyed && <kbd>{at + 1}</kbd>}
          </label>
        ))}
      </fieldset>
      <label>
        {t(wish.finding === "cannot_tell" ? "quality.reason.needed" : "quality.reason")}{" "}
        <input
          name="reason"
          maxLength={2000}
          required={wish.finding === "cannot_tell"}
          value={wish.reason}
          onInput={(event) => set({ reason: event.currentTarget.value })}
        />
      </label>
      <label>
        {t("quality.photo")}{" "}
        <input
          name="photo"
          maxLength={2000}
          value={wish.photo}
          onInput={(event) => set({ photo: event.currentTarget.value })}
        />
      </label>
    </>
  );
}

export function QualityFinding(
  props: Item & { close: () => void; done: (draft: Draft, answer: QualityAnswer) => void },
) {
  const { item, close } = props;
  const { wish, set, send, busy, error } = useFinding(props, props.done);
  const [before] = useState(lastFinding);
  return (
    <Dialog
      title={t("quality.of", { pid: item.pid })}
      close={close}
      actions={
        <>
          <button type="submit" form="quality" disabled={busy || wish.finding === null}>
            {t("quality.save")}
          </button>
          {before && (
            <button type="button" onClick={() => set(before)}>
              {t("quality.same", { finding: word("compliance", before.finding) })}
            </button>
          )}
          <button type="button" onClick={close}>
            {t("dialog.cancel")}
          </button>
        </>
      }
    >
      <form
        id="quality"
        class="decide"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <FindingFields group={item.scheme} wish={wish} set={set} />
      </form>
      {error && <Failed error={error} />}
    </Dialog>
  );
}

/** What was saved, which parcel takes its place, and what others had found before. */
export function sentenceOf({ finding, newer }: QualityAnswer): string {
  const others = newer.map((one) =>
    t("quality.before", {
      name: one.inspector,
      finding: word("compliance", one.finding),
      time: time(one.recorded_at),
    }),
  );
  return [
    t("quality.saved", { pid: finding.pid, finding: word("compliance", finding.finding) }),
    finding.replaced_by ? t("quality.replaced", { pid: finding.replaced_by }) : "",
    ...others,
  ]
    .filter(Boolean)
    .join(" ");
}

/** A key of one request. It needs no secure context, unlike `crypto.randomUUID`. */
function requestKey(): string {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((one) => one.toString(36)).join("");
}
