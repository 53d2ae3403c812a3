/** One image with the parcel's outline over it, or why there is none. */

import { useEffect, useState } from "preact/hooks";
import { config } from "../../config.ts";
import { ApiError, ask } from "../../fetch.ts";
import { day, t, word } from "../../texts/index.ts";
import type { Frame, Look } from "./answers.ts";

/** What an image shows, in words. */
export function lookInWords(look: Look): string {
  const where = t("parcel.image.alt", { day: day(look.day), satellite: look.satellite });
  return `${where}: ${word("bands", look.bands)}`;
}

/** A small image of the calendar; the browser fetches it when it comes into view. */
export function Thumbnail({ look }: { look: Look }) {
  const [broken, breaks] = useState(false);
  if (look.why_not !== null || broken)
    return <span class="no-image">{t("parcel.image.none")}</span>;
  return (
    <img
      src={config.root + look.image}
      alt=""
      width="72"
      height="72"
      loading="lazy"
      decoding="async"
      onError={() => breaks(true)}
    />
  );
}

/** How a large image is shown. */
export interface Drawn {
  outlined: boolean;
  /** Only its clear pixels. */
  masked: boolean;
}

/** A large image. Its outline is asked for once: before that, nobody has cut the image. */
export function Picture({ look, drawn }: { look: Look; drawn: Drawn }) {
  const { outlined, masked } = drawn;
  const [frame, setFrame] = useState<Frame | null>(look.frame);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    setFrame(look.frame);
    setError(null);
    if (look.why_not !== null || look.frame !== null) return;
    const stop = new AbortController();
    ask<Frame>(config.root + look.about, stop.signal).then(setFrame, (failure: unknown) => {
      if (!stop.signal.aborted) setError(failure instanceof ApiError ? failure.said : "");
    });
    return () => stop.abort();
  }, [look]);
  const why = look.why_not ?? error;
  return (
    <div class="picture">
      {why !== null ? (
        <p class="no-image" role="status">
          {t("parcel.image.missing")}{" "}
          <span lang={look.why_not === null ? "en" : (look.language ?? "en")}>{why}</span>
        </p>
      ) : (
        <>
          <img
            key={look.image}
            src={config.root + look.image + (masked ? "&clear_only=true" : "")}
            alt={lookInWords(look)}
            onError={() => setError((said) => said ?? t("parcel.image.failed"))}
          />
          {outlined && frame && (
            <svg
              viewBox={`0 0 ${frame.width} ${frame.height}`}
              preserveAspectRatio="none"
              aria-hidden="true"
            >
              <path class="casing" d={frame.outline} />
              <path class="outline" d={frame.outline} />
            </svg>
          )}
        </>
      )}
    </div>
  );
}
