/** What is true now: how far the season is, what runs, and how much work is left. */

import { seasonPage } from "../../address.ts";
import type { Card, SeasonSummary } from "../../api.ts";
import { exists } from "../../pages.ts";
import { Progress } from "../../parts/bar.tsx";
import { Empty } from "../../parts/loaded.tsx";
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
function Proof({ summary: { failing, sentence, months } }: { summary: SeasonSummary }) {
  // A season of which nothing is known is not finished.
  const done = failing.length === 0 && sum(months).expected > 0;
  return (
    <>
      <p class={done ? "verdict holds" : "verdict fails"}>
        {t(done ? "season.proof.holds" : "season.proof.fails")}
      </p>
      <p lang="en">{sentence}</p>
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
    .map(({ since }) => since)
    .filter((since) => since !== null)
    .sort()[0];
  const passes = sum(summary.months.filter((one) => one.card === card));
  const done = passes.expected - passes.open;
  const of = t("season.running.of", { done: num(done), total: num(passes.expected) });
  const counts = { working: num(units("inprogress")), waiting: num(units("ready")) };
  return (
    <div class="run">
      <Progress done={done} total={passes.expected} label={`${word("card", card)}: ${of}`} />
      <p>
        {t("season.running.units", counts)}
        {oldest && `, ${t("season.running.since", { time: time(oldest) })}`}
      </p>
    </div>
  );
}

function WorkLeft({ summary: { name, work } }: { summary: SeasonSummary }) {
  const total = work?.outlier ?? 0;
  if (work === null || total === 0) return <Empty>{t("season.work.none")}</Empty>;
  const done = work.decided.outlier ?? 0;
  const label = t("season.work.done", { done: num(done), total: num(total) });
  const left = t("season.work.left", { left: num(total - done) });
  return (
    <>
      <p class="big">{percent(done / total)}</p>
      <Progress done={done} total={total} label={label} />
      <p>{exists("work") ? <a href={seasonPage(name, ["work"])}>{left}</a> : left}</p>
    </>
  );
}
