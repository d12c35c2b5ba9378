/** The one way in which the page asks this origin for anything. */

import { reachability } from "../live/reachability";
import type { FieldError, Problem } from "./types";

/** A refusal, or no answer at all (`code` is then `offline`). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly remedy: string | undefined;
  readonly requestId: string | undefined;
  readonly errors: FieldError[];

  constructor(problem: Problem) {
    super(problem.detail);
    this.status = problem.status;
    this.code = problem.code;
    this.remedy = problem.remedy;
    this.requestId = problem.request_id;
    this.errors = problem.errors ?? [];
  }

  /** What is wrong with one field of the request. */
  of(pointer: string): string | undefined {
    return this.errors.find((error) => error.pointer === pointer)?.detail;
  }
}

export interface Options {
  body?: unknown;
  query?: Record<string, string | number | undefined>;
  signal?: AbortSignal | undefined;
  /** Makes a POST that creates safe to repeat. */
  idempotencyKey?: string;
  /** Lets the request outlive the page. */
  keepalive?: boolean;
}

/** Calls the API with the session's cookie. Throws `ApiError`, or `AbortError` when told to stop. */
export async function call<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const response = await send(method, path, options);
  reachability.report(response.status !== 502 && response.status !== 503);
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) {
    return answer as T;
  }
  throw new ApiError(problem(response, answer));
}

async function send(method: string, path: string, options: Options): Promise<Response> {
  const headers: Record<string, string> = { accept: "application/json" };
  const init: RequestInit = { method, headers, signal: options.signal ?? null };
  if (options.body !== undefined) {
    headers["content-type"] = "application/json";
    init.body = JSON.stringify(options.body);
  }
  if (options.idempotencyKey) {
    headers["idempotency-key"] = options.idempotencyKey;
  }
  if (options.keepalive) {
    init.keepalive = true;
  }
  try {
    return await fetch(withQuery(path, options.query), init);
  } catch (error) {
    if (options.signal?.aborted) {
      throw error;
    }
    reachability.report(false);
    throw new ApiError({ status: 0, code: "offline", detail: "The server cannot be reached." });
  }
}

function withQuery(path: string, query: Options["query"]): string {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return search.size > 0 ? `${path}?${search.toString()}` : path;
}

function problem(response: Response, answer: unknown): Problem {
  const told = typeof answer === "object" && answer !== null ? (answer as Partial<Problem>) : {};
  return {
    ...told,
    status: response.status,
    code: told.code ?? "internal",
    detail: told.detail ?? `${response.status} ${response.statusText}`.trim(),
  };
}
