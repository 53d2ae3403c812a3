/** API keys: for programs that cannot log in. A key is shown once, when it is made. */

import { useState } from "preact/hooks";
import { address } from "../address.ts";
import type { KeyMade, KeyRow } from "../api.ts";
import { Loaded, useAnswer } from "../parts/loaded.tsx";
import { Heading, Section } from "../parts/shell.tsx";
import { start } from "../start.tsx";
import { t } from "../texts/index.ts";
import { KeyList } from "./keys/list.tsx";
import { NewKey } from "./keys/new.tsx";
import { KeyOnce } from "./keys/once.tsx";

function Keys() {
  const answer = useAnswer<{ rows: KeyRow[] }>(address(["api", "v1", "keys"]));
  const [made, show] = useState<KeyMade | null>(null);
  return (
    <>
      <Heading title={t("page.keys")} />
      <p>{t("apikey.intro")}</p>
      <Section id="new" title="apikey.new">
        <NewKey
          done={(key) => {
            show(key);
            answer.again();
          }}
        />
      </Section>
      <Section id="list" title="apikey.list">
        <Loaded of={answer}>{({ rows }) => <KeyList rows={rows} changed={answer.again} />}</Loaded>
      </Section>
      {made && <KeyOnce made={made} close={() => show(null)} />}
    </>
  );
}

start(Keys);
