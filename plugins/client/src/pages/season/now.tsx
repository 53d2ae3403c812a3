/** What is true now: how far the season is, what runs, and how much work is left. */

import { seasonApi, seasonPage } from "../../address.ts";
import type { Card, Rows, SeasonSummary, WorkGroup } from "../../api.ts";
import { KINDS } from "../../list.ts";
import { exists } from "../../pages.ts";
import { Progress } from "../../parts/bar.tsx";
import { KindSign } from "../../parts/kind.tsx";
import { Empty, useAnswer } from "../../parts/loaded.tsx";
import { Section } from "../../parts/shell.tsx";
import { sum } from "../../passes.ts";
import { num, percent, t, time, word } from "../../texts/index.ts";
import { CARDS } from "../../vocabulary.ts";

export function Now({ summary }: { summary: SeasonSummary }) {
  return (
    <div class="panels">
      <Section id="proof" title="season.proof">
        <Proof summary={summary} />
      </Section>
      <Section id="running" title="season.running">
        {summary.running.length === 0 && <Empty>{t("season.running.none")}</Empty>}
        {CARDS.filter((card) => summary.running.some((one) => one.card === card)).map((card) => (
          <Run key={card} card={card} summary={summary} />
        ))}
      </Section>
      <Section id="work" title="season.work">
        <WorkLeft summary={summary} />
      </Section>
    </div>
  );
}

// Sentences of the mails, in their language.
function Proof({ summary: { failing, sentence, language, months } }: { summary: SeasonSummary }) {
  // A season of which nothing is known is not finished.
  const done = failing.length === 0 && sum(months).expected > 0;
  return (
    <>
      <p class={done ? "verdict holds" : "verdict fails"}>
        {t(done ? "season.proof.holds" : "season.proof.fails")}
      </p>
      <p lang={language ?? "en"}>{sentence}</p>
      {failing.length > 0 && (
        <details>
          <summary>{t("season.proof.more")}</summary>
          <ul lang="en">
            {failing.map(({ check, count, items }) => (
              <li key={check}>
                {check}: {num(count)}
                <ul>
                  {items.map((item) => (
                    <li key={item}>{item}</li>
                  ))}
                </ul>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function Run({ card, summary }: { card: Card; summary: SeasonSummary }) {
  const own = summary.running.filter((one) => one.card === card);
  const units = (status: string): number =>
    own.filter((one) => one.status === status).reduce((total, one) => total + one.units, 0);
  const oldest = own
    .map(({ begun, since }) => begun ?? since)
    .filter((since) => since !== null)
    .sort()[0];
  const { done, total } = own[0] ?? { done: 0, total: 0 };
  const of = t("season.running.of", { done: num(done), total: num(total) });
  const counts = { working: num(units("inprogress")), waiting: num(units("ready")) };
  return (
    <div class="run">
      <Progress done={done} total={total} label={`${word("card", card)}: ${of}`} />
      <p>
        <a href={`${seasonPage(summary.name, [], { card })}#calendar`}>
          {t("season.running.units", counts)}
        </a>
        {oldest && `, ${t("season.running.since", { time: time(oldest) })}`}
      </p>
    </div>
  );
}

/** How far each part of the work list is; outliers alone are in the summary already. */
function WorkLeft({ summary: { name, work } }: { summary: SeasonSummary }) {
  const url = exists("work") ? seasonApi(name, ["work", "groups"], { by: "kind" }) : null;
  const kinds = useAnswer<Rows<WorkGroup>>(url);
  const total = work?.outlier ?? 0;
  const rows = kinds.data?.rows ?? [];
  if (rows.length === 0 && total === 0) return <Empty>{t("season.work.none")}</Empty>;
  const done = work?.decided.outlier ?? 0;
  return (
    <>
      {total > 0 && <p class="big">{percent(done / total)}</p>}
      {total > 0 && (
        <Progress
          done={done}
          total={total}
          label={t("season.work.done", { done: num(done), total: num(total) })}
        />
      )}
      <ul class="legend">
        {KINDS.map((kind) => {
          const row = rows.find((one) => one.name === kind);
          return (
            row && (
              <li key={kind}>
                <span>
                  <KindSign kind={kind} />
                  {t(`work.kind.${kind}`)}
                  <a href={seasonPage(name, ["work"], { kind, decided: false })}>
                    {t("season.work.left", { left: num(row.left) })}
                  </a>
                </span>
              </li>
            )
          );
        })}
      </ul>
    </>
  );
}
