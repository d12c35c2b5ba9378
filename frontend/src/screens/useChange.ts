import { useMutation, useQueryClient } from "@tanstack/react-query";

import { explain } from "../failure";
import { toasts } from "../ui/toasts";

/** Asks, tells what was refused, and reads the list again. */
export function useChange<T>(queryKey: string, change: (value: T) => Promise<unknown>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onError: (error) => toasts.show(explain(error), { isError: true }),
    onSettled: () => client.invalidateQueries({ queryKey: [queryKey] }),
  });
}
