import "./styles.css";

import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { ApiError } from "./api/http";
import { loadLanguage } from "./i18n";
import { makeRouter } from "./router";
import { leave } from "./session";
import { applyTheme } from "./theme";

const MAX_RETRIES = 2;

/** A refusal stays one; what may pass is tried again. */
function isWorthRetrying(failures: number, error: Error): boolean {
  const isRefusal = error instanceof ApiError && error.status > 0 && error.status < 500;
  return failures < MAX_RETRIES && !isRefusal;
}

const client: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      if (error instanceof ApiError && error.status === 401) {
        leave(client);
      }
    },
  }),
  defaultOptions: {
    queries: { retry: isWorthRetrying, staleTime: 15_000, networkMode: "always" },
    mutations: { networkMode: "always" },
  },
});

applyTheme();
await loadLanguage();

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <RouterProvider router={makeRouter()} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
