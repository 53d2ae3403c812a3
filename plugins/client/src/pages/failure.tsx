/** The page in place of another that the server could not give. */

import { config } from "../config.ts";
import { troubleOf } from "../fetch.ts";
import { Failed } from "../parts/loaded.tsx";
import { start } from "../start.tsx";

function Failure() {
  const error = troubleOf(config.status ?? 500, { detail: config.detail });
  return <Failed error={error} again={() => location.reload()} alone />;
}

start(Failure);
