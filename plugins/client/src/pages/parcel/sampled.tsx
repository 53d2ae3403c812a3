/** The parcel as an item of the quality sample: the form of its finding, and what was found before. */

import { useRef, useState } from "preact/hooks";
import { seasonPage } from "../../address.ts";
import type { QualityAnswer } from "../../api.ts";
import { useShortcuts } from "../../parts/keyboard.ts";
import { Failed } from "../../parts/loaded.tsx";
import {
  COMPLIANCES,
  type Draft,
  FindingFields,
  lastFinding,
  sentenceOf,
  useFinding,
} from "../../parts/quality.tsx";
import { Section } from "../../parts/shell.tsx";
import { t, word } from "../../texts/index.ts";
import type { Around } from "./answers.ts";
import { mayDecide } from "./deciding.tsx";
import { SaveActions } from "./saving.tsx";
import { itemQuery } from "./walk.ts";

export function SampledSection(props: {
  season: string;
  around: Around;
  next: string | null;
  done: () => void;
}) {
  const { season, around } = props;
  const { pid, scheme, finding } = around.item;
  return (
    <Section id="decision" title="work.kind.quality" hint="quality.hint">
      {finding && (
        <p>{t("quality.so_far", { finding: word("compliance", finding), group: scheme ?? "" })}</p>
      )}
      {!mayDecide() && <p class="hint">{t("decide.may_not")}</p>}
      {mayDecide() && around.sample !== null && <Form {...props} sample={around.sample} />}
      <p>
        <a href={seasonPage(season, ["parcels", pid])}>{t("quality.decide_instead")}</a>
      </p>
    </Section>
  );
}

function Form(props: {
  season: string;
  around: Around;
  sample: number;
  next: string | null;
  done: () => void;
}) {
  const { season, around, sample, next, done } = props;
  const form = useRef<HTMLFormElement>(null);
  const goesOn = useRef(false);
  const [saved, say] = useState<QualityAnswer | null>(null);
  const [before, remember] = useState(lastFinding);
  const told = (draft: Draft, answer: QualityAnswer): void => {
    remember(draft);
    // What others have found, and what takes its place, has to be read before one goes on.
    const quiet = answer.newer.length === 0 && !answer.finding.replaced_by;
    if (goesOn.current && next !== null && quiet) location.assign(next);
    else say(answer);
    // An item that another one replaces is not on the list any more.
    if (!answer.finding.replaced_by) done();
  };
  const { wish, set, send, busy, error } = useFinding({ season, sample, item: around.item }, told);
  const submit = (on: boolean): void => {
    goesOn.current = on;
    form.current?.requestSubmit();
  };
  useShortcuts({
    "1": () => set({ finding: COMPLIANCES[0] }),
    "2": () => set({ finding: COMPLIANCES[1] }),
    "3": () => set({ finding: COMPLIANCES[2] }),
    s: () => before && set(before),
    "Ctrl+Enter": () => submit(true),
  });
  const off = wish.finding === null || busy;
  return (
    <form
      ref={form}
      class="decide"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <FindingFields group={around.item.scheme} wish={wish} set={set} keyed />
      <SaveActions
        off={off}
        save={() => submit(false)}
        saveNext={next === null ? null : () => submit(true)}
        same={
          before && {
            finding: word("compliance", before.finding),
            repeat: () => set(before),
          }
        }
      />
      <div aria-live="polite">
        {error && <Failed error={error} again={() => void send()} />}
        {saved && (
          <p class="saved">
            {sentenceOf(saved)} <Replacing season={season} answer={saved} />
          </p>
        )}
      </div>
    </form>
  );
}

/** The way to the parcel that takes an item's place. */
function Replacing({ season, answer }: { season: string; answer: QualityAnswer }) {
  const { replaced_by: pid, bucket } = answer.finding;
  if (!pid) return null;
  const query = itemQuery(location.search, { kind: "quality", scheme: bucket, pid });
  return (
    <a href={`${seasonPage(season, ["parcels", pid])}?${query}`}>{t("quality.open", { pid })}</a>
  );
}
