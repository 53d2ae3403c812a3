/** One parcel: what is declared, what was seen and when not, why it is doubted, and what people say. */

import { useMemo, useState } from "preact/hooks";
import { seasonApi, seasonPage } from "../address.ts";
import type { Rows } from "../api.ts";
import { config } from "../config.ts";
import { exists } from "../pages.ts";
import { KeysDialog } from "../parts/dialog.tsx";
import { useShortcuts } from "../parts/keyboard.ts";
import { type Answer, Loaded, Loading, useAnswer } from "../parts/loaded.tsx";
import { Heading, Section } from "../parts/shell.tsx";
import { start } from "../start.tsx";
import { t } from "../texts/index.ts";
import { About } from "./parcel/about.tsx";
import type {
  Around,
  Decision,
  MarkerState,
  Parcel,
  Schemes,
  Span,
  Verdicts,
} from "./parcel/answers.ts";
import { AroundBar, useAround } from "./parcel/around.tsx";
import { ChartsSection } from "./parcel/charts.tsx";
import { Deciding, mayDecide } from "./parcel/deciding.tsx";
import { EvidenceSection } from "./parcel/evidence.tsx";
import { GapsSection } from "./parcel/gaps.tsx";
import { History } from "./parcel/history.tsx";
import { useLeaving } from "./parcel/leaving.tsx";
import { LooksSection } from "./parcel/looks.tsx";
import { MarkersSection, SchemesSection } from "./parcel/marks.tsx";
import { SampledSection } from "./parcel/sampled.tsx";
import { VerdictSection } from "./parcel/verdict.tsx";
import { isSampled } from "./parcel/walk.ts";
import { WeatherSection } from "./parcel/weather.tsx";

const season = config.season ?? "";
const pid = config.pid ?? "";
const about = (...parts: string[]): string => seasonApi(season, ["parcels", pid, ...parts]);

function ParcelPage() {
  const parcel = useAnswer<Parcel>(about());
  const around = useAround(season, pid);
  const [asked, ask] = useState(false);
  const { previous, next } = around.way;
  useShortcuts({
    n: () => next && location.assign(next),
    p: () => previous && location.assign(previous),
    g: () => scrollTo("gaps"),
    i: () => scrollTo("images"),
    d: () => scrollTo("decision"),
    "?": () => ask(true),
  });
  return (
    <>
      <AroundBar season={season} around={around} />
      <Heading title={t("parcel.title", { pid })}>
        <span class="actions">
          {exists("map") && <a href={seasonPage(season, ["map"], { pid })}>{t("parcel.on_map")}</a>}
          <button type="button" class="plain" onClick={() => ask(true)}>
            {t("keys.title")} <kbd>?</kbd>
          </button>
        </span>
      </Heading>
      <Loaded of={parcel}>
        {(data) => <Parts parcel={data} around={around.answer} next={next} />}
      </Loaded>
      {asked && <KeysDialog keys={keys()} close={() => ask(false)} />}
    </>
  );
}

function Parts(props: { parcel: Parcel; around: Answer<Around>; next: string | null }) {
  const { parcel, around, next } = props;
  const verdict = useAnswer<Verdicts>(about("verdict"));
  const markers = useAnswer<Rows<MarkerState>>(about("markers"));
  const schemes = useAnswer<Schemes>(about("schemes"));
  const gaps = useAnswer<Rows<Span>>(about("gaps"));
  const events = useMemo(() => markers.data?.rows ?? [], [markers.data]);
  const leaving = useLeaving();
  const blame = useMemo(() => verdict.data?.explanation?.blame ?? [], [verdict.data]);
  return (
    <>
      <About parcel={parcel} />
      <div class="parcel">
        <div class="judged">
          <VerdictSection answer={verdict} />
          <SchemesSection answer={schemes} />
        </div>
        <Decisions
          around={around}
          next={next}
          ready={verdict.data !== null || verdict.error !== null}
          run={verdict.data?.newest?.run ?? null}
          crops={cropsOf(verdict.data)}
        />
        <div class="seen">
          <ChartsSection
            parcel={parcel}
            gaps={gaps}
            markers={markers}
            verdict={verdict}
            leaving={leaving}
          />
          <GapsSection season={season} pid={pid} answer={gaps} />
          <LooksSection parcel={parcel} markers={events} blame={blame} leaving={leaving} />
          <MarkersSection answer={markers} />
          <WeatherSection parcel={parcel} />
          <EvidenceSection season={season} pid={pid} leaving={leaving} />
        </div>
      </div>
    </>
  );
}

function Decisions(props: {
  /** A decision names the run that it is about: before that is known, nobody decides. */
  ready: boolean;
  around: Answer<Around>;
  next: string | null;
  run: number | null;
  crops: readonly string[];
}) {
  const { ready, around, ...known } = props;
  const answer = useAnswer<Rows<Decision>>(about("decisions"));
  if (isSampled(location.search)) {
    return (
      <aside class="beside-parcel">
        {around.data && (
          <SampledSection
            season={season}
            around={around.data}
            next={props.next}
            done={around.again}
          />
        )}
        <Section id="history" title="decide.history">
          <Loaded of={answer}>
            {({ rows }) => <History season={season} pid={pid} rows={rows} done={answer.again} />}
          </Loaded>
        </Section>
      </aside>
    );
  }
  return (
    <aside class="beside-parcel">
      <Section id="decision" title="decide.title">
        <Loaded of={answer}>
          {({ rows }) => (
            <>
              {!mayDecide() && <p class="hint">{t("decide.may_not")}</p>}
              {mayDecide() && !ready && <Loading />}
              {mayDecide() && ready && (
                <Deciding {...known} season={season} pid={pid} history={rows} done={answer.again} />
              )}
              <h3>{t("decide.history")}</h3>
              <History season={season} pid={pid} rows={rows} done={answer.again} />
            </>
          )}
        </Loaded>
      </Section>
    </aside>
  );
}

/** Crops to choose from: those that are plausible, and the one that fits best. */
function cropsOf(verdicts: Verdicts | null): string[] {
  const newest = verdicts?.newest;
  const all = [newest?.predicted ?? null, ...(newest?.plausible ?? [])];
  return [...new Set(all.filter((crop) => crop !== null))];
}

function keys(): [string, string][] {
  return [
    ["n", t("keys.next")],
    ["p", t("keys.previous")],
    ["g", t("keys.gaps")],
    ["i", t("keys.images")],
    ["d", t("keys.decision")],
    ...(mayDecide()
      ? ([
          ["1 2 3", t(isSampled(location.search) ? "keys.compliance" : "keys.finding")],
          ["s", t("decide.same")],
          ["Ctrl+Enter", t("keys.save")],
        ] as [string, string][])
      : []),
    ["/", t("map.keys.search")],
    ["?", t("keys.title")],
  ];
}

function scrollTo(id: string): void {
  const section = document.getElementById(id);
  section?.scrollIntoView();
  section?.querySelector<HTMLElement>("input, button, [tabindex]")?.focus({ preventScroll: true });
}

start(ParcelPage);
