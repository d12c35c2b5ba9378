/** Which screen is at which path. All but the first come when they are asked for. */

import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from "@tanstack/react-router";

import { App } from "./App";
import { Home } from "./home/Home";
import { NotFound, Stumbled } from "./screens/Trouble";

export interface Prefill {
  url?: string;
  text?: string;
  title?: string;
}

const root = createRootRoute({
  component: App,
  notFoundComponent: NotFound,
  errorComponent: Stumbled,
});

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: Home,
  validateSearch: (search: Record<string, unknown>): Prefill => {
    const text = (name: string) =>
      typeof search[name] === "string" ? { [name]: search[name] } : {};
    return { ...text("url"), ...text("text"), ...text("title") };
  },
});

const account = createRoute({
  getParentRoute: () => root,
  path: "/account",
  component: lazyRouteComponent(() => import("./screens/Account"), "Account"),
});

const users = createRoute({
  getParentRoute: () => root,
  path: "/users",
  component: lazyRouteComponent(() => import("./screens/Users"), "Users"),
});

const audit = createRoute({
  getParentRoute: () => root,
  path: "/audit",
  component: lazyRouteComponent(() => import("./screens/Audit"), "Audit"),
});

const about = createRoute({
  getParentRoute: () => root,
  path: "/about",
  component: lazyRouteComponent(() => import("./screens/About"), "About"),
});

export function makeRouter() {
  return createRouter({
    routeTree: root.addChildren([home, account, users, audit, about]),
    defaultPreload: "intent",
    // Restoring would need an inline script, which the page's policy forbids.
    scrollRestoration: false,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
