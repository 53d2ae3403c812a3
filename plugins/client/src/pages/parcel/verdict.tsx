/** What the newest run says of the declared crop: how probable, why, and what else it may be. */

import type { Answer } from "../../parts/loaded.tsx";
import { Empty, Loaded } from "../../parts/loaded.tsx";
import { Section } from "../../parts/shell.tsx";
import { State } from "../../parts/state.tsx";
import { Table } from "../../parts/table.tsx";
import { count, day, num, percent, t, time, word } from "../../texts/index.ts";
import type { Blame, Verdict, Verdicts } from "./answers.ts";

export function VerdictSection({ answer }: { answer: Answer<Verdicts> }) {
  return (
    <Section id="verdict" title="parcel.verdict">
      <Loaded of={answer}>{(data) => <Newest data={data} />}</Loaded>
    </Section>
  );
}

function Newest({ data }: { data: Verdicts }) {
  const { newest, explanation, because, history } = data;
  if (newest === null) return <Empty>{t("parcel.verdict.none")}</Empty>;
  return (
    <>
      <p class="state big-state">
        <State family="verdict" state={newest.status} />
        <Chance verdict={newest} />
      </p>
      {explanation && (
        <p class="why" lang={explanation.language ?? "en"}>
          {explanation.sentence}
        </p>
      )}
      {!explanation && because && <Empty>{because}</Empty>}
      {explanation?.remark && <p lang={explanation.language ?? "en"}>{explanation.remark}</p>}
      {explanation?.since.map((text) => (
        <p key={text} class="note" lang={explanation.language ?? "en"}>
          {t("parcel.since", { text })}
        </p>
      ))}
      <dl class="facts">
        <Fact name={t("parcel.declared")}>{newest.declared ?? t("parcel.crop.none")}</Fact>
        <Fact name={t("parcel.fits")}>
          {newest.predicted ?? "–"}
          {newest.predicted_probability !== null && ` (${percent(newest.predicted_probability)})`}
        </Fact>
        <Fact name={t("parcel.plausible")}>{plausible(newest.plausible)}</Fact>
        <Fact name={t("parcel.share_declared")}>
          {newest.probability === null ? "–" : percent(newest.probability)}
        </Fact>
        {newest.rank !== null && <Fact name={t("parcel.rank")}>{num(newest.rank)}</Fact>}
        {newest.observations !== null && (
          <Fact name={t("parcel.observations")}>{num(newest.observations)}</Fact>
        )}
        {newest.longest_gap_days !== null && (
          <Fact name={t("parcel.longest_gap")}>
            {count("parcel.days", newest.longest_gap_days)}
          </Fact>
        )}
        {newest.inconclusive_because && (
          <Fact name={t("parcel.inconclusive")}>
            {word("undecided", newest.inconclusive_because)}
          </Fact>
        )}
      </dl>
      {explanation && explanation.blame.length > 0 && (
        <BlameTable blame={explanation.blame} method={explanation.method} />
      )}
      {history.length > 1 && <Earlier history={history.slice(1)} />}
      <p class="fine">
        {t("parcel.verdict.made", {
          run: newest.run,
          time: time(newest.made_at),
          model: newest.model,
        })}
      </p>
    </>
  );
}

/** How sure it is that the declaration is wrong: calibrated, or at least. */
function Chance({ verdict }: { verdict: Verdict }) {
  const { wrong_probability: calibrated, wrong_at_least: least } = verdict;
  if (calibrated !== null) return <>{t("parcel.wrong", { share: percent(calibrated) })}</>;
  // A bound near nothing says nothing, and none is certain.
  if (least !== null && least >= 0.01)
    return <>{t("parcel.wrong_at_least", { share: percent(Math.min(least, 0.999)) })}</>;
  return null;
}

function plausible(crops: readonly string[] | null): string {
  if (crops === null) return "–";
  return crops.length === 0 ? t("parcel.plausible.none") : crops.join(", ");
}

function BlameTable({ blame, method }: { blame: readonly Blame[]; method: string | null }) {
  return (
    <details>
      <summary>{t("parcel.blame")}</summary>
      <p class="hint">{word("blame", method ?? "distance")}</p>
      <Table
        caption={t("parcel.blame")}
        rows={blame}
        id={(row) => `${row.card} ${row.band} ${row.from}`}
        columns={[
          { name: "card", title: t("season.card"), value: (row) => word("card", row.card) },
          { name: "band", title: t("parcel.band"), value: (row) => row.band },
          {
            name: "from",
            title: t("parcel.from"),
            value: (row) => row.from,
            show: (row) => day(row.from),
          },
          { name: "to", title: t("parcel.to"), value: (row) => row.to, show: (row) => day(row.to) },
          { name: "blame", title: t("parcel.weight"), value: (row) => row.blame },
        ]}
      />
    </details>
  );
}

function Earlier({ history }: { history: readonly Verdict[] }) {
  return (
    <details>
      <summary>{t("parcel.earlier")}</summary>
      <Table
        caption={t("parcel.earlier")}
        rows={history}
        id={(row) => row.run}
        columns={[
          { name: "run", title: t("parcel.run"), value: (row) => row.run },
          {
            name: "made_at",
            title: t("parcel.made"),
            value: (row) => row.made_at,
            show: (row) => time(row.made_at),
          },
          {
            name: "status",
            title: t("help.state"),
            value: (row) => row.status,
            show: (row) => <State family="verdict" state={row.status} />,
          },
          { name: "predicted", title: t("parcel.fits"), value: (row) => row.predicted },
          {
            name: "sentence",
            title: t("parcel.why"),
            value: (row) => row.sentence,
            show: (row) => <span lang={row.language ?? "en"}>{row.sentence ?? "–"}</span>,
          },
        ]}
      />
    </details>
  );
}

export function Fact(props: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}
