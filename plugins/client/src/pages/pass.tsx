/** A pass: what the satellite saw on its way over the season's area, and what became of it. */

import { seasonApi, seasonPage } from "../address.ts";
import type { PassAnswer } from "../api.ts";
import { config } from "../config.ts";
import { Loaded, useAnswer } from "../parts/loaded.tsx";
import { Heading, Section } from "../parts/shell.tsx";
import { start } from "../start.tsx";
import { count, minute, t, time } from "../texts/index.ts";
import { Footprints } from "./pass/footprints.tsx";
import { GapsOfPass } from "./pass/gaps.tsx";
import { Operate } from "./pass/operate.tsx";
import { QuickLook } from "./pass/quicklook.tsx";
import { Scenes } from "./pass/scenes.tsx";

function Pass() {
  const season = config.season ?? "";
  const answer = useAnswer<PassAnswer>(seasonApi(season, ["passes", config.acquisition ?? ""]));
  return <Loaded of={answer}>{(pass) => <Shown season={season} pass={pass} />}</Loaded>;
}

function Shown({ season, pass }: { season: string; pass: PassAnswer }) {
  const orbit = `${pass.rel_orbit ?? "–"} ${pass.direction ?? ""}`.trim();
  const title = t("passage.title", { satellite: pass.satellite, orbit, time: time(pass.time) });
  const made = pass.scenes.filter(({ card, status }) => card !== null && status !== "superseded");
  return (
    <>
      <Heading title={title}>
        <p class="about">
          <span>{t("passage.until", { time: time(pass.ends) })}</span>
          <span>{count("passage.scenes", pass.scenes.length)}</span>
          <span>{count("passage.records", pass.records)}</span>
          <a href={`${seasonPage(season, [], monthOf(pass))}#calendar`}>{t("passage.calendar")}</a>
        </p>
      </Heading>
      <Operate season={season} runs={pass.runs} />
      <div class="with-side">
        <Section id="scenes" title="passage.products" hint="passage.products.hint">
          <Scenes season={season} scenes={pass.scenes} />
        </Section>
        <Section id="footprint" title="passage.footprint">
          <Footprints scenes={pass.scenes} />
        </Section>
      </div>
      <GapsOfPass gaps={pass.gaps} />
      {made.length > 0 && (
        <Section id="look" title="passage.look">
          <div class="looks">
            {made.map((scene) => (
              <QuickLook
                key={scene.obsid}
                season={season}
                obsid={scene.obsid}
                name={`${scene.obsid}, ${minute(scene.time)}`}
              />
            ))}
          </div>
        </Section>
      )}
    </>
  );
}

function monthOf({ time }: PassAnswer): { month: string } {
  return { month: `${time.slice(0, 7)}-01` };
}

start(Pass);
