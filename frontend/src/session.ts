/** Who is logged in. */

import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";

import { useEffect } from "react";

import { account } from "./api/calls";
import { ApiError } from "./api/http";
import type { Profile } from "./api/types";
import { recents } from "./home/recents";
import { removals } from "./home/removals";
import { keys } from "./live/cache";
import { toasts } from "./ui/toasts";

/** Set while someone is logged in here, so that others are not asked about in vain. */
const HINT = "magpie.session";

/** The account; null when nobody is logged in. */
export function useMe() {
  return useQuery({
    queryKey: keys.me,
    queryFn: ({ signal }) => fetchMe(signal),
    staleTime: 60_000,
  });
}

async function fetchMe(signal: AbortSignal): Promise<Profile | null> {
  if (!localStorage.getItem(HINT)) {
    return null;
  }
  try {
    return await account.profile(signal);
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) {
      localStorage.removeItem(HINT);
      return null;
    }
    throw error;
  }
}

/** Logs in and fetches the account. */
export async function logIn(
  client: QueryClient,
  login: string,
  password: string,
): Promise<Profile | null> {
  await account.login(login, password);
  localStorage.setItem(HINT, "yes");
  return client.query({
    queryKey: keys.me,
    queryFn: ({ signal }) => fetchMe(signal),
    staleTime: 0,
  });
}

/** Shows the door. What others knew is forgotten when nobody looks at it any more. */
export function leave(client: QueryClient): void {
  localStorage.removeItem(HINT);
  client.setQueryData(keys.me, null);
}

/** While nobody is logged in, nothing is kept of whoever was. */
export function useForgetting(me: Profile | null | undefined): void {
  const client = useQueryClient();
  useEffect(() => {
    if (me === null) {
      recents.clear();
      toasts.clear();
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.me[0] });
    }
  }, [me, client]);
}

export function useLogOut(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    await removals.flush();
    // First, so that nothing asks any more when the answer is no.
    leave(client);
    try {
      await account.logout();
    } catch (error) {
      // An ended session is what was asked for.
      if (!(error instanceof ApiError) || error.status !== 401) {
        localStorage.setItem(HINT, "yes");
        await client.invalidateQueries({ queryKey: keys.me });
        throw error;
      }
    }
  };
}
