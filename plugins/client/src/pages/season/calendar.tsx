/** The calendar: a square for each orbit, or tile, and day, which leads to the pass. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { seasonApi, seasonPage } from "../../address.ts";
import type { Card, Rows, SeasonSummary, Square, TileOfPass } from "../../api.ts";
import { exists } from "../../pages.ts";
import { moveByArrows } from "../../parts/keyboard.ts";
import { Legend } from "../../parts/legend.tsx";
import { Empty, Loaded, useAnswer } from "../../parts/loaded.tsx";
import { Section } from "../../parts/shell.tsx";
import { State } from "../../parts/state.tsx";
import { Table } from "../../parts/table.tsx";
import {
  type Choice,
  choiceOf,
  chosen,
  FIGURES,
  type Figure,
  type Layout,
  layout,
  tally,
} from "../../passes.ts";
import { look } from "../../states.ts";
import { day, month, num, t, word } from "../../texts/index.ts";
import { CARDS } from "../../vocabulary.ts";

const ROW = 22;
const TOP = 20;
const LEAST_DAY = 4.5;
const WIDEST_SQUARE = 16;

type By = "orbit" | "tile";
type Season = Pick<SeasonSummary, "name" | "starts" | "ends">;

export function CalendarSection({ season }: { season: Season }) {
  const [choice, choose] = useState<Choice>(() => choiceOf(location.search));
  const [by, setBy] = useState<By>("orbit");
  const answer = useAnswer<Rows<Square>>(seasonApi(season.name, ["calendar"]));
  return (
    <Section id="calendar" title="calendar.title" hint="calendar.hint">
      <Loaded of={answer}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty>{t("season.passes.none")}</Empty>
          ) : (
            <>
              <Choices squares={rows} choice={choice} choose={choose} by={by} setBy={setBy} />
              <Shown season={season} squares={rows} choice={choice} by={by} />
            </>
          )
        }
      </Loaded>
    </Section>
  );
}

function Choices(props: {
  squares: readonly Square[];
  choice: Choice;
  choose: (choice: Choice) => void;
  by: By;
  setBy: (by: By) => void;
}) {
  const { squares, choice, choose } = props;
  const cards = CARDS.filter((card) => squares.some((one) => one.card === card));
  const months = [...new Set(squares.map(({ date }) => `${date.slice(0, 7)}-01`))].sort();
  return (
    <form class="choices" onSubmit={(event) => event.preventDefault()}>
      <Select
        label={t("calendar.card")}
        value={choice.card}
        options={cards.map((card) => [card, word("card", card)])}
        set={(card) => choose({ ...choice, card: card as Card | null })}
      />
      <Select
        label={t("season.month")}
        value={choice.month}
        options={months.map((one) => [one, month(one)])}
        set={(one) => choose({ ...choice, month: one })}
      />
      <Select
        label={t("calendar.state")}
        value={choice.show}
        options={FIGURES.map((one) => [one, t(`season.${one}`)])}
        set={(one) => choose({ ...choice, show: one as Figure | null })}
      />
      <label>
        {t("calendar.by")}{" "}
        <select value={props.by} onChange={(event) => props.setBy(event.currentTarget.value as By)}>
          <option value="orbit">{t("calendar.by.orbit")}</option>
          <option value="tile">{t("calendar.by.tile")}</option>
        </select>
      </label>
    </form>
  );
}

function Select(props: {
  label: string;
  value: string | null;
  options: readonly (readonly [string, string])[];
  set: (value: string | null) => void;
}) {
  return (
    <label>
      {props.label}{" "}
      <select
        value={props.value ?? ""}
        onChange={(event) => props.set(event.currentTarget.value || null)}
      >
        <option value="">{t("calendar.all")}</option>
        {props.options.map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function Shown(props: { season: Season; squares: readonly Square[]; choice: Choice; by: By }) {
  const { season, choice, by } = props;
  const squares = useMemo(() => chosen(props.squares, choice), [props.squares, choice]);
  const drawn = useMemo(() => layout(season, squares, CARDS, by === "tile"), [season, squares, by]);
  // Who asked for what a number counts sees it, one row for each.
  const [table, showTable] = useState(choice.show !== null);
  if (squares.length === 0) return <Empty>{t("calendar.none")}</Empty>;
  const counts = tally(squares);
  return (
    <>
      <Legend family="pass" counts={counts} />
      <Picture
        season={season.name}
        drawn={drawn}
        label={t("calendar.described", { counts: spoken(counts) })}
      />
      <p class="actions">
        <button type="button" class="plain" aria-expanded={table} onClick={() => showTable(!table)}>
          {t(table ? "table.hide" : "table.show")}
        </button>
      </p>
      {table && <AsTable season={season.name} squares={squares} />}
    </>
  );
}

function Picture(props: { season: string; drawn: Layout; label: string }) {
  const { drawn } = props;
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  // The last square may be wider than its day.
  const perDay = Math.max(LEAST_DAY, (width - WIDEST_SQUARE) / drawn.days);
  const height = TOP + drawn.lines.length * ROW;
  return (
    <div class="calendar">
      <ol class="lines" aria-hidden="true">
        {drawn.lines.map((line) => (
          <li key={`${line.card} ${line.name}`}>
            <span>{word("card", line.card)}</span> {line.name}
          </li>
        ))}
      </ol>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <div ref={frame} class="days" role="group" aria-label={t("calendar.title")} tabIndex={0}>
        <svg
          role="group"
          aria-label={props.label}
          width={Math.floor(perDay * drawn.days + WIDEST_SQUARE)}
          height={height}
          onKeyDown={(event) => moveByArrows(event, event.currentTarget)}
        >
          {drawn.months.map(({ at, day: first }, number) => (
            <g key={first} aria-hidden="true">
              <line x1={at * perDay + 0.5} x2={at * perDay + 0.5} y1="0" y2={height} class="rule" />
              {monthWidth(drawn, number) * perDay > 54 && (
                <text x={at * perDay + 5} y="13" class="month">
                  {month(first)}
                </text>
              )}
            </g>
          ))}
          {drawn.lines.map((line, row) => (
            <g key={`${line.card} ${line.name}`}>
              {line.squares.map(({ at, square }, number) => (
                <OneSquare
                  key={`${square.date} ${square.satellite}`}
                  season={props.season}
                  square={square}
                  name={line.name}
                  row={row}
                  column={at}
                  x={at * perDay}
                  width={Math.min(Math.max(perDay, 12), WIDEST_SQUARE)}
                  first={row === 0 && number === 0}
                />
              ))}
            </g>
          ))}
        </svg>
      </div>
    </div>
  );
}

function OneSquare(props: {
  season: string;
  square: Square;
  name: string;
  row: number;
  column: number;
  x: number;
  width: number;
  first: boolean;
}) {
  const { square, x, width } = props;
  const { colour, ink, sign } = look("pass", square.state);
  const href = passPage(props.season, square);
  const label = t("calendar.cell", {
    line: `${word("card", square.card)} ${props.name}`,
    date: day(square.date),
    tiles: spoken(tally([square])),
  });
  const y = TOP + props.row * ROW;
  const common = {
    "data-row": props.row,
    "data-column": props.column,
    // In a drawing its name is written small.
    tabindex: props.first ? 0 : -1,
    "aria-label": label,
    class: "square",
  };
  const inside = (
    <>
      <title>{label}</title>
      <rect x={x + 0.5} y={y + 1.5} width={width - 1} height={ROW - 4} rx="2" fill={colour} />
      <text x={x + width / 2} y={y + 14.5} text-anchor="middle" fill={ink}>
        {sign}
      </text>
    </>
  );
  return href ? (
    <a href={href} {...common}>
      {inside}
    </a>
  ) : (
    // biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: a shape is not interactive
    <g role="img" {...common}>
      {inside}
    </g>
  );
}

interface Pass {
  square: Square;
  tile: TileOfPass;
}

function AsTable({ season, squares }: { season: string; squares: readonly Square[] }) {
  const passes = squares.flatMap((square) => square.tiles.map((tile) => ({ square, tile })));
  return (
    <Table<Pass>
      caption={t("calendar.title")}
      rows={passes}
      id={({ square: { card, rel_orbit, satellite, date }, tile }) =>
        `${card} ${rel_orbit} ${satellite} ${date} ${tile.tile}`
      }
      columns={[
        {
          name: "date",
          title: t("calendar.date"),
          value: ({ square }) => square.date,
          show: ({ square }) => <PassLink season={season} square={square} />,
        },
        {
          name: "card",
          title: t("calendar.card"),
          value: ({ square }) => word("card", square.card),
        },
        {
          name: "satellite",
          title: t("calendar.satellite"),
          value: ({ square }) => square.satellite,
        },
        {
          name: "orbit",
          title: t("calendar.orbit"),
          value: ({ square }) => square.rel_orbit,
          show: ({ square }) => `${square.rel_orbit} ${square.direction}`,
        },
        { name: "tile", title: t("calendar.tile"), value: ({ tile }) => tile.tile },
        {
          name: "state",
          title: t("calendar.state"),
          value: ({ tile }) => word("pass", tile.state),
          show: ({ tile }) => <State family="pass" state={tile.state} />,
        },
        {
          name: "cause",
          title: t("gaps.cause"),
          value: ({ tile }) => (tile.cause === null ? null : word("cause", tile.cause)),
        },
      ]}
    />
  );
}

function PassLink({ season, square }: { season: string; square: Square }) {
  const href = passPage(season, square);
  const text = day(square.date);
  return href ? <a href={href}>{text}</a> : <span>{text}</span>;
}

function passPage(season: string, { acquisition }: Square): string | null {
  return acquisition !== null && exists("pass")
    ? seasonPage(season, ["passes", acquisition])
    : null;
}

function spoken(counts: ReturnType<typeof tally>): string {
  return Object.entries(counts)
    .map(([state, n]) => `${num(n)} ${word("pass", state)}`)
    .join(", ");
}

function monthWidth(drawn: Layout, number: number): number {
  const [here, next] = [drawn.months[number], drawn.months[number + 1]];
  return (next?.at ?? drawn.days) - (here?.at ?? 0);
}

function useWidth(element: { current: HTMLElement | null }): number {
  const [width, set] = useState(0);
  useEffect(() => {
    const watched = element.current;
    if (!watched) return;
    const observer = new ResizeObserver(() => set(watched.clientWidth));
    observer.observe(watched);
    return () => observer.disconnect();
  }, [element]);
  return width;
}
