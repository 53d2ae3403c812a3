/** The help: what each colour, state and cause means, in the words that the other pages use. */

import type { ComponentChildren } from "preact";
import { Heading, Section } from "../parts/shell.tsx";
import { Swatch } from "../parts/state.tsx";
import { start } from "../start.tsx";
import { type Family, statesOf } from "../states.ts";
import { type Key, t, word } from "../texts/index.ts";
import { CARDS, namesOf } from "../vocabulary.ts";

function Help() {
  return (
    <div class="help">
      <Heading title={t("page.help")} />
      <p>{t("help.intro")}</p>
      <Section id="passes" title="help.passes" hint="help.passes.text">
        <States family="pass" />
      </Section>
      <Section id="causes" title="help.causes" hint="help.causes.text">
        <Words
          heads={["help.cause", "help.act", "help.name"]}
          rows={namesOf("cause").map((name) => [
            <span class="sentence">{word("cause", name)}</span>,
            word("act", name),
            <code>{name}</code>,
          ])}
        />
      </Section>
      <Section id="verdicts" title="help.verdicts" hint="help.verdicts.text">
        <States family="verdict" />
      </Section>
      <Section id="schemes" title="help.schemes" hint="help.schemes.text">
        <States family="scheme" />
      </Section>
      <Section id="markers" title="help.markers" hint="help.markers.text">
        <States family="marker" />
        <h3>{t("help.reasons")}</h3>
        <Words
          heads={["help.meaning", "help.name"]}
          rows={namesOf("reason").map((name) => [
            <span class="sentence">{word("reason", name)}</span>,
            <code>{name}</code>,
          ])}
        />
      </Section>
      <Section id="scenes" title="help.scenes" hint="help.scenes.text">
        <Words
          heads={["help.state", "help.meaning", "help.name"]}
          rows={namesOf("status").map((name) => [
            word("status", name),
            word("status", `${name}.means`),
            <code>{name}</code>,
          ])}
        />
      </Section>
      <Section id="products" title="help.products">
        <Words
          heads={["season.card", "help.meaning", "help.name"]}
          rows={CARDS.map((card) => [
            word("card", card),
            t(`help.product.${card}`),
            <code>{card}</code>,
          ])}
        />
      </Section>
    </div>
  );
}

function States({ family }: { family: Family }) {
  return (
    <Words
      heads={["help.state", "help.meaning", "help.name"]}
      rows={statesOf(family).map((state: string) => [
        <span class="state">
          <Swatch family={family} state={state} />
          {word(family, state)}
        </span>,
        word(family, `${state}.means`),
        <code>{state}</code>,
      ])}
    />
  );
}

function Words({ heads, rows }: { heads: Key[]; rows: ComponentChildren[][] }) {
  return (
    <table class="words">
      <thead>
        <tr>
          {heads.map((key) => (
            <th key={key} scope="col">
              {t(key)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, at) => (
          <tr key={at}>
            {row.map((cell, column) => (
              <td key={column}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

start(Help);
