/** The form of a finding on an item of the quality sample. */

import { useState } from "preact/hooks";
import { seasonApi } from "../address.ts";
import type { QualityAnswer } from "../api.ts";
import { type ApiError, known, tell } from "../fetch.ts";
import { t, time, word } from "../texts/index.ts";
import { Dialog } from "./dialog.tsx";
import { Failed } from "./loaded.tsx";

const FINDINGS = ["compliant", "not_compliant", "cannot_tell"] as const;
export type Compliance = (typeof FINDINGS)[number];

export interface Draft {
  finding: Compliance;
  reason: string;
}

interface Wish {
  finding: Compliance | null;
  reason: string;
  photo: string;
  /** Of the request: sent again it changes nothing. */
  key: string;
}

const BLANK = { finding: null, reason: "", photo: "" };

export function QualityFinding(props: {
  season: string;
  sample: number;
  item: { pid: string; scheme: string | null };
  /** What was found last: "same as before". */
  before: Draft | null;
  close: () => void;
  done: (draft: Draft, answer: QualityAnswer) => void;
}) {
  const { item, before, close } = props;
  const [wish, change] = useState<Wish>(() => ({ ...BLANK, key: requestKey() }));
  const { finding, reason, photo } = wish;
  // Other content is another request.
  const set = (some: Partial<Wish>): void => change({ ...wish, ...some, key: requestKey() });
  const [busy, setBusy] = useState(false);
  const [error, fail] = useState<ApiError | null>(null);
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (finding === null) return;
    setBusy(true);
    fail(null);
    const body = {
      sample: props.sample,
      group: item.scheme,
      pid: item.pid,
      finding,
      reason: reason.trim(),
      photo: photo.trim() || null,
    };
    try {
      const url = seasonApi(props.season, ["quality", "findings"]);
      props.done({ finding, reason }, await tell<QualityAnswer>(url, body, wish.key));
    } catch (failure) {
      fail(known(failure));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={t("quality.of", { pid: item.pid })}
      close={close}
      actions={
        <>
          <button type="submit" form="quality" disabled={busy || finding === null}>
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
      <form id="quality" onSubmit={save}>
        <fieldset class="ticks">
          <legend>{item.scheme}</legend>
          {FINDINGS.map((one) => (
            <label key={one}>
              <input
                type="radio"
                name="finding"
                checked={finding === one}
                onChange={() => set({ finding: one })}
              />{" "}
              {word("compliance", one)}
            </label>
          ))}
        </fieldset>
        <p class="choices">
          <label>
            {t(finding === "cannot_tell" ? "quality.reason.needed" : "quality.reason")}{" "}
            <input
              size={40}
              maxLength={2000}
              required={finding === "cannot_tell"}
              value={reason}
              onInput={(event) => set({ reason: event.currentTarget.value })}
            />
          </label>
          <label>
            {t("quality.photo")}{" "}
            <input
              size={20}
              maxLength={2000}
              value={photo}
              onInput={(event) => set({ photo: event.currentTarget.value })}
            />
          </label>
        </p>
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
