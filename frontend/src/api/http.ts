/** The one way in which the page asks this origin for anything. */

import createClient from "openapi-fetch";

import { reachability } from "../live/reachability";
import type { paths } from "./schema";
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
    this.remedy = problem.remedy ?? undefined;
    this.requestId = problem.request_id ?? undefined;
    this.errors = problem.errors ?? [];
  }

  /** What is wrong with one field of the request. */
  of(pointer: string): string | undefined {
    return this.errors.find((error) => error.pointer === pointer)?.detail;
  }
}

/** Knows every path, parameter and answer of the API. The session's cookie goes along by itself. */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: send });

async function send(request: Request): Promise<Response> {
  try {
    const response = await fetch(request);
    reachability.report(response.status !== 502 && response.status !== 503);
    return response;
  } catch (error) {
    if (request.signal.aborted) {
      throw error;
    }
    reachability.report(false);
    throw new ApiError({ status: 0, code: "offline", detail: "The server cannot be reached." });
  }
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a success; any other answer is thrown as an `ApiError`. */
export async function body<T>(asked: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await asked;
  if (response.ok && data !== undefined) {
    return data;
  }
  throw new ApiError(problem(response, error));
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
