/** Passes by card and month; each number leads to what it counts. */

import { seasonPage } from "../../address.ts";
import type { Card, Month, SeasonSummary } from "../../api.ts";
import { Empty } from "../../parts/loaded.tsx";
import { Scroll } from "../../parts/scroll.tsx";
import { Section } from "../../parts/shell.tsx";
import { FIGURES, type Figure, sum } from "../../passes.ts";
import { month as monthName, num, percent, t, word } from "../../texts/index.ts";
import { CARDS } from "../../vocabulary.ts";

export function Passes({ summary }: { summary: SeasonSummary }) {
  const cards = CARDS.filter((card) => summary.months.some((one) => one.card === card));
  return (
    <Section id="passes" title="season.passes" hint="season.passes.hint">
      {cards.length === 0 ? (
        <Empty>{t("season.passes.none")}</Empty>
      ) : (
        <Scroll label={t("season.passes")}>
          <table class="months">
            <thead>
              <tr>
                <th scope="col">{t("season.month")}</th>
                {FIGURES.map((name) => (
                  <th key={name} scope="col" class="number">
                    {t(`season.${name}`)}
                  </th>
                ))}
              </tr>
            </thead>
            {cards.map((card) => (
              <OfCard key={card} season={summary.name} card={card} months={summary.months} />
            ))}
          </table>
        </Scroll>
      )}
    </Section>
  );
}

function OfCard(props: { season: string; card: Card; months: readonly Month[] }) {
  const { season, card } = props;
  const months = props.months.filter((one) => one.card === card);
  const total = sum(months);
  const done = total.found + total.cloudy;
  return (
    <tbody>
      <tr class="total">
        <th scope="rowgroup">
          {word("card", card)}
          {total.expected > 0 && (
            <small>{t("season.complete", { share: percent(done / total.expected) })}</small>
          )}
        </th>
        <Figures season={season} card={card} month={null} of={total} />
      </tr>
      {months.map((one) => (
        <tr key={one.month}>
          <th scope="row">{monthName(one.month)}</th>
          <Figures season={season} card={card} month={one.month} of={one} />
        </tr>
      ))}
    </tbody>
  );
}

function Figures(props: {
  season: string;
  card: Card;
  month: string | null;
  of: Record<Figure, number>;
}) {
  const { season, card, month, of } = props;
  return (
    <>
      {FIGURES.map((name) => (
        <td key={name} class={`number ${name === "open" && of[name] > 0 ? "bad" : ""}`}>
          {of[name] === 0 ? (
            <span class="zero">0</span>
          ) : (
            <a href={hrefOf(season, card, month, name)} aria-label={labelOf(card, month, name, of)}>
              {num(of[name])}
            </a>
          )}
        </td>
      ))}
    </>
  );
}

function hrefOf(season: string, card: Card, month: string | null, show: Figure): string {
  return `${seasonPage(season, [], { card, month, show })}#calendar`;
}

// A link must say by itself what it leads to.
function labelOf(
  card: Card,
  month: string | null,
  name: Figure,
  of: Record<Figure, number>,
): string {
  const when = month ? monthName(month) : t("season.whole");
  return `${word("card", card)}, ${when}, ${t(`season.${name}`)}: ${num(of[name])}`;
}
