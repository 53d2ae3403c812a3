/** One way to ask the API: typed, with a limit in time, and with errors that a page can show. */

import { language } from "./texts/index.ts";

export type Trouble = "login" | "forbidden" | "missing" | "refused" | "busy" | "away" | "broken";

/** A question that has no answer. `said` is the server's sentence, `hint` what to do about it. */
export class ApiError extends Error {
  readonly trouble: Trouble;
  readonly said: string;
  readonly hint: string;

  constructor(trouble: Trouble, said = "", hint = "") {
    super(said || trouble);
    this.trouble = trouble;
    this.said = said;
    this.hint = hint;
  }
}

const LONGEST_MS = 30_000;
const NO_CONTENT = 204;

const TROUBLES: Record<number, Trouble> = {
  401: "login",
  403: "forbidden",
  404: "missing",
  409: "refused",
  410: "missing",
  422: "refused",
  429: "busy",
  503: "busy",
};

/** What an answer's status and body say went wrong. */
export function troubleOf(status: number, body: unknown): ApiError {
  const text = (name: string): string => {
    const value = (body as Record<string, unknown> | null)?.[name];
    return typeof value === "string" ? value : "";
  };
  return new ApiError(TROUBLES[status] ?? "broken", text("error") || text("detail"), text("hint"));
}

/**
 * Ask for JSON.
 *
 * @throws ApiError whatever goes wrong, but for a question that was taken back: an AbortError.
 */
export async function ask<T>(url: string, signal?: AbortSignal): Promise<T> {
  const answer = await send(url, { signal: signal ?? null });
  // A question always has an answer; null means "not yet" to those who ask.
  if (answer === null) throw new ApiError("broken");
  return answer as T;
}

/**
 * Send JSON, e.g. a decision, and return the answer.
 *
 * @param key with it the request may be sent again, and changes nothing the second time.
 */
export async function tell<T>(url: string, body: unknown, key?: string): Promise<T> {
  const headers = {
    "Content-Type": "application/json",
    ...(key ? { "Idempotency-Key": key } : {}),
  };
  return (await send(url, { method: "POST", headers, body: JSON.stringify(body) })) as T;
}

/** Delete what an address names. */
export async function remove(url: string): Promise<void> {
  await send(url, { method: "DELETE" });
}

/** What went wrong, as an error that a page can show. */
export function known(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError("broken", String(error));
}

async function send(url: string, request: RequestInit): Promise<unknown> {
  const limit = AbortSignal.timeout(LONGEST_MS);
  const signal = request.signal ? AbortSignal.any([request.signal, limit]) : limit;
  let answer: Response;
  let body: unknown;
  try {
    // The reader may have chosen another language than the browser's.
    const headers = {
      Accept: "application/json",
      "Accept-Language": language,
      ...request.headers,
    };
    answer = await fetch(url, { credentials: "same-origin", ...request, headers, signal });
    body =
      answer.status === NO_CONTENT
        ? null
        : await answer.json().catch((error: unknown) => {
            // An error may come as a page of a proxy; a good answer is JSON.
            if (answer.ok) throw error;
            return null;
          });
  } catch (error) {
    if (request.signal?.aborted) throw error;
    throw new ApiError(error instanceof SyntaxError ? "broken" : "away");
  }
  if (!answer.ok) throw troubleOf(answer.status, body);
  return body;
}
