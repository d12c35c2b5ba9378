import { defineConfig } from "vitest/config";

/** The tests in a real browser, against a stack of their own. One after the other: they share it. */
export default defineConfig({
  test: {
    environment: "node",
    include: ["tests/browser/**/*.test.ts"],
    globalSetup: ["tests/browser/stack.ts"],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // As long as the browser waits for what it is asked to find.
    expect: { poll: { timeout: 60_000, interval: 100 } },
  },
});
