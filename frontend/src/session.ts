/** Who is logged in. */

import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";

import { account } from "./api/calls";
import { ApiError } from "./api/http";
import type { Profile } from "./api/types";
import { recents } from "./home/recents";
import { removals } from "./home/removals";
import { keys } from "./live/cache";

/** The account; null when nobody is logged in. */
export function useMe() {
  return useQuery({ queryKey: keys.me, queryFn: ({ signal }) => fetchMe(signal), staleTime: 60_000 });
}

async function fetchMe(signal: AbortSignal): Promise<Profile | null> {
  try {
    return await account.profile(signal);
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) {
      return null;
    }
    throw error;
  }
}

/** Logs in and fetches the account. */
export async function logIn(client: QueryClient, login: string, password: string): Promise<Profile | null> {
  await account.login(login, password);
  return client.fetchQuery({
    queryKey: keys.me,
    queryFn: ({ signal }) => fetchMe(signal),
    staleTime: 0,
  });
}

/** Forgets everything that belonged to whoever was logged in. */
export function forgetSession(client: QueryClient): void {
  recents.clear();
  client.clear();
  client.setQueryData(keys.me, null);
}

export function useLogOut(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    await removals.flush();
    await account.logout().catch((error: unknown) => {
      // An ended session is what was asked for.
      if (!(error instanceof ApiError) || error.status !== 401) {
        throw error;
      }
    });
    forgetSession(client);
  };
}
